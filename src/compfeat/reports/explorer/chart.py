"""The explorer's chart as Vega-Lite: its look here, its data filled in by the page as the reader chooses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from compfeat.analysis.claims import PUBLISHED
from compfeat.documents.explorer.tables import OURS
from compfeat.figures._metrics import Metric
from compfeat.figures._style import looks

RATE = "rate (bits per feature element)"
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
DASHES = ([5, 3], [1, 0], [8, 3, 2, 3], [2, 2], [10, 2], [4, 2, 1, 2])
"""In the order of the figures' line styles."""
SEED = "single seed"
WHISKERS = "intervals"
WIDTHS = {OURS: 2.2, SEED: 0.8, PUBLISHED: 1.2}
"""Widths of lines by what they are of."""
FONT = "system-ui, sans-serif"


def hexed(colour: Sequence[float]) -> str:
    """Return a colour (0..1) as CSS writes it."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)


def colours(losses: Sequence[str]) -> dict[str, str]:
    """Return each loss's colour, that of the figures."""
    return {loss: hexed(look.color) for loss, look in looks(losses).items()}


def chart_spec(metric: Metric, losses: Sequence[str], codecs: Sequence[str], logarithmic: bool) -> dict[str, Any]:
    """Return the chart of one metric; its datasets ``points`` and ``levels`` are empty.

    Rows of ``points``: loss, codec, quality, seed, rate, value, source, role (OURS, SEED or PUBLISHED), line (what a line joins),
    and, where there is one, the value's interval: low, high, and between (the same for reading).
    Rows of ``levels``: loss, value. Layers that would be empty are for the page to leave out.
    """
    palette = colours(losses)
    domain, dashes = list(palette), [DASHES[i % len(DASHES)] for i in range(len(palette))]
    color = alt.Color(
        "loss:N",
        title="loss",
        scale=alt.Scale(domain=domain, range=list(palette.values())),
        legend=alt.Legend(symbolType="stroke", symbolSize=500, symbolStrokeWidth=2.2, symbolOpacity=1),
    )
    dash = alt.StrokeDash("loss:N", scale=alt.Scale(domain=domain, range=dashes), title="loss")
    shape = alt.Shape("codec:N", title="codec", scale=alt.Scale(domain=list(codecs), range=shapes_of(codecs)))
    y = alt.Y("value:Q", title=metric.label, scale=alt.Scale(zero=False, reverse=metric.lower_is_better, padding=12))
    width = alt.StrokeWidth("role:O", scale=alt.Scale(domain=list(WIDTHS), range=list(WIDTHS.values())), legend=None)
    base = alt.Chart(alt.NamedData("points")).encode(x=rate_axis(logarithmic), y=y, color=color)
    lines = base.mark_line().encode(strokeDash=dash, strokeWidth=width, detail="line:N", order="rate:Q")
    marks = [
        base.transform_filter(alt.datum.role == role)
        .mark_point(size=75, strokeWidth=1.5, filled=role == OURS, opacity=1)
        .encode(shape=shape, tooltip=tooltips(metric))
        .properties(name=role)
        for role in (OURS, PUBLISHED)
    ]
    levels = (
        alt.Chart(alt.NamedData("levels"))
        .mark_rule(strokeDash=[1, 3], strokeWidth=1.5)
        .encode(y=y, color=color, tooltip=[alt.Tooltip("loss:N"), alt.Tooltip("what:N", title="features")])
    )
    whiskers = (
        alt.Chart(alt.NamedData("points"))
        .transform_filter((alt.datum.role == OURS) & alt.expr.isNumber(alt.datum.low))
        .mark_rule(strokeWidth=1, opacity=0.6)
        .encode(x=rate_axis(logarithmic), y=alt.Y("low:Q", title=metric.label), y2="high:Q", color=color)
        .properties(name=WHISKERS)
    )
    layered = alt.layer(levels, lines, whiskers, *marks).resolve_scale(color="shared", shape="shared")
    spec: dict[str, Any] = styled(layered).to_dict()
    return spec | {"datasets": {"points": [], "levels": []}}


def rate_axis(logarithmic: bool) -> alt.X:
    """Return the axis of the rate."""
    scale = alt.Scale(type="log", base=2, nice=False, padding=16) if logarithmic else alt.Scale(domainMin=0)
    return alt.X("rate:Q", title=RATE, scale=scale, axis=alt.Axis(format="~g", tickCount=7))


def shapes_of(codecs: Sequence[str]) -> list[str]:
    """Return the codecs' marks."""
    return [SHAPES[i % len(SHAPES)] for i in range(len(codecs))]


def tooltips(metric: Metric) -> list[alt.Tooltip]:
    """Return what is told of a point."""
    named = [alt.Tooltip(f"{name}:N") for name in ("source", "loss", "codec", "quality", "seed")]
    label = metric.label.replace(", ↓", "")
    numbers = [("rate", "bits per element", ".3f"), ("value", label, ".2f" if metric.factor > 1 else ".3f")]
    told = [alt.Tooltip(f"{name}:Q", title=title, format=shape) for name, title, shape in numbers]
    return [*named, *told, alt.Tooltip("between:N", title="interval")]


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
        .configure_legend(
            orient="top",
            direction="horizontal",
            labelFont=FONT,
            titleFont=FONT,
            labelFontSize=13,
            titleFontSize=13,
            symbolSize=110,
            symbolStrokeWidth=2,
            columnPadding=14,
        )
    )
    return made
