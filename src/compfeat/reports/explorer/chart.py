"""The explorer's charts as Vega-Lite: their look here, their data filled in by the page as the reader chooses.

There is no legend in a chart: the form's own labels carry each method's line and each codec's mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from compfeat.reports.explorer.tables import OURS, PUBLISHED
from compfeat.reports.looks import Look
from compfeat.tasks.base import Metric

RATES = {"bpe": "rate (bits per feature element)", "bytes": "rate (bytes per image)"}
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
SEED, CONTEXT, LEVEL, FRAME = "single seed", "other method", "not coded", "frame"
"""Roles of rows beside OURS and PUBLISHED; FRAME makes all panels span the same ranges and is not seen."""
LINES, WHISKERS = "lines", "intervals"
"""Names of layers that are not named by one role."""
ROLES = {"seed": SEED, "context": CONTEXT, "level": LEVEL, "frame": FRAME, "lines": LINES, "whiskers": WHISKERS}
"""The names for the page's scripts."""
WIDTHS = {OURS: 2.2, SEED: 0.8, PUBLISHED: 1.2}
"""Widths of lines by what they are of."""
FONT = "system-ui, sans-serif"


def chart_spec(
    metric: Metric, styles: Mapping[str, Look], codecs: Sequence[str], rate: str, logarithmic: bool
) -> dict[str, Any]:
    """Return the chart of one metric; its dataset ``points`` is empty.

    Rows of ``points``: method, label, codec, quality, seed, rate, value, source, role, line (what a line joins), and, where there
    is one, the value's interval: low, high, and between (the same for reading). Layers that would be empty are for the page to
    leave out: each is named by its role, or as LINES and WHISKERS.
    """
    names = list(styles)
    color = alt.Color("method:N", scale=alt.Scale(domain=names, range=[s.colour for s in styles.values()]), legend=None)
    dashes = [[2.0 * part for part in style.dash] or [1, 0] for style in styles.values()]
    dash = alt.StrokeDash("method:N", scale=alt.Scale(domain=names, range=dashes), legend=None)
    shape = alt.Shape("codec:N", scale=alt.Scale(domain=list(codecs), range=shapes_of(codecs)), legend=None)
    scale = alt.Scale(zero=False, reverse=not metric.higher_is_better, padding=12)
    x, y = rate_axis(rate, logarithmic), alt.Y("value:Q", title=metric.title, scale=scale)
    width = alt.StrokeWidth("role:O", scale=alt.Scale(domain=list(WIDTHS), range=list(WIDTHS.values())), legend=None)
    base = alt.Chart(alt.NamedData("points")).encode(x=x, y=y)

    def of(*roles: str) -> alt.Chart:
        return base.transform_filter(alt.FieldOneOfPredicate("role", list(roles))).properties(name=roles[0])

    frame = of(FRAME).mark_point(opacity=0, aria=False)
    context = of(CONTEXT).mark_line(color="#c3c9d0", strokeWidth=1, aria=False).encode(detail="line:N", order="rate:Q")
    levels = (
        of(LEVEL)
        .mark_rule(strokeDash=[1, 3], strokeWidth=1.5)
        .encode(x=alt.X(), color=color, tooltip=[alt.Tooltip("label:N", title="method"), alt.Tooltip("role:N")])
    )
    lines = (
        of(OURS, SEED, PUBLISHED)
        .mark_line()
        .encode(color=color, strokeDash=dash, strokeWidth=width, detail="line:N", order="rate:Q")
        .properties(name=LINES)
    )
    whiskers = (
        base.transform_filter((alt.datum.role == OURS) & alt.expr.isNumber(alt.datum.low))
        .mark_rule(strokeWidth=1, opacity=0.6)
        .encode(y=alt.Y("low:Q", title=metric.title), y2="high:Q", color=color)
        .properties(name=WHISKERS)
    )
    marks = [
        of(role)
        .mark_point(size=75, strokeWidth=1.5, filled=role == OURS, opacity=1)
        .encode(color=color, shape=shape, tooltip=tooltips(metric, rate))
        for role in (OURS, PUBLISHED)
    ]
    layered = alt.layer(frame, context, levels, lines, whiskers, *marks).resolve_scale(color="shared", shape="shared")
    spec: dict[str, Any] = styled(layered).to_dict()
    del spec["layer"][2]["encoding"]["x"]
    return spec | {"datasets": {"points": []}}


def rate_axis(rate: str, logarithmic: bool) -> alt.X:
    """Return the axis of the rate."""
    scale = alt.Scale(type="log", base=2, nice=False, padding=16) if logarithmic else alt.Scale(domainMin=0)
    return alt.X(
        "rate:Q", title=RATES[rate], scale=scale, axis=alt.Axis(format="~g" if rate == "bpe" else ",", tickCount=6)
    )


def shapes_of(codecs: Sequence[str]) -> list[str]:
    """Return the codecs' marks."""
    return [SHAPES[i % len(SHAPES)] for i in range(len(codecs))]


def tooltips(metric: Metric, rate: str) -> list[alt.Tooltip]:
    """Return what is shown of a point."""
    titles = {"source": "source", "label": "method", "codec": "codec", "quality": "quality", "seed": "seed"}
    named = [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]
    value = f"{metric.label} ({metric.unit})" if metric.unit else metric.label
    form = ".3f" if rate == "bpe" else ",.0f"
    numbers = [
        alt.Tooltip("rate:Q", title=RATES[rate].partition("(")[2].rstrip(")"), format=form),
        alt.Tooltip("value:Q", title=value, format=f".{metric.digits}f"),
    ]
    return [*named, *numbers, alt.Tooltip("between:N", title="interval")]


def styled(chart: alt.LayerChart) -> alt.LayerChart:
    """Return the chart with the figures' calm frame, in the page's fonts."""
    made: alt.LayerChart = (
        chart.properties(width="container", height=400, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
        .configure_view(stroke="#888", strokeWidth=0.7)
        .configure_axis(
            labelFont=FONT,
            titleFont=FONT,
            labelFontSize=12,
            titleFontSize=13,
            titleFontWeight="normal",
            gridColor="#e6e6e6",
        )
    )
    return made
