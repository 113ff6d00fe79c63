"""The explorer's chart as Vega-Lite: its data, its look, and the inputs that say what is drawn.

Each input is bound to a parameter and stands in the element ``#choose-KIND`` of the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from compfeat.reports.explorer.tables import MEAN, OURS, PUBLISHED, Rows
from compfeat.reports.looks import Look
from compfeat.settings.runs import FLOAT, UNCODED
from compfeat.tasks.base import Metric

RATES = {"bpe": "bits per feature element", "bytes": "bytes per image"}
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
SEED, CONTEXT, LEVEL = "single seed", "other method", "not coded"
"""Roles of rows beside OURS and PUBLISHED."""
WIDTHS = {OURS: 2.2, SEED: 0.8, PUBLISHED: 1.2}
"""Widths of lines by role."""
MOST_LINES = 3
"""Methods that are drawn in one panel."""
FONT = "system-ui, sans-serif"
Chart = alt.LayerChart | alt.FacetChart


@dataclass(frozen=True)
class Choices:
    """What can be chosen, in the order of display.

    Attributes:
        methods: this run's methods.
        codecs: its codecs, and whether each is shown at first.
        codec_labels: labels of these and of the published codecs.
        metrics: the metrics that have values.
        cuts: the cuts.
        seeds: the seeds; before several of them MEAN.
        rate: which of RATES is shown at first.
        pairs: test and anchor of each comparison.
    """

    methods: Sequence[str]
    codecs: Mapping[str, bool]
    codec_labels: Mapping[str, str]
    metrics: Sequence[Metric]
    cuts: Sequence[str]
    seeds: Sequence[str]
    rate: str
    pairs: Sequence[tuple[str, str]]


def chart_spec(choices: Choices, points: Rows, looks: Mapping[str, Look], labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the chart of ``points`` (see ``point_rows``): several panels on the same scales if there are more than MOST_LINES
    methods."""
    chart = layers(choices, points, looks)
    data = alt.InlineData(values=points)
    if len(choices.methods) > MOST_LINES:
        groups = {", ".join(labels[name] for name in group): group for group in panels(choices.methods, choices.pairs)}
        titles = alt.Header(labelFont=FONT, labelFontSize=13, labelFontWeight="bold")
        panel = alt.Facet("panel:N", title=None, sort=list(groups), header=titles)
        chart = in_panels(chosen(chart.properties(height=240).facet(panel, data=data)), groups)
    else:
        chart = chosen(chart.properties(width="container", height=400, data=data))
    title = alt.Title(
        alt.expr("metrics[metric].title + ' against rate (' + rates[rate] + ')'"),
        anchor="start",
        font=FONT,
        fontWeight="normal",
    )
    chart = chart.properties(title=title).add_params(*inputs(choices, labels), *constants(choices, labels))
    fonts: dict[str, Any] = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": 12, "titleFontSize": 13}
    chart = chart.configure_axis(titleFontWeight="normal", gridColor="#e6e6e6", **fonts)
    chart = chart.configure_legend(orient="bottom", labelLimit=0, symbolOpacity=1, **fonts)
    spec: dict[str, Any] = chart.configure_view(stroke="#888", strokeWidth=0.7).to_dict()
    return spec


def inputs(choices: Choices, labels: Mapping[str, str]) -> Iterator[alt.Parameter]:
    """Yield the parameters that the reader chooses."""
    metrics = {metric.name: metric.label for metric in choices.metrics}
    seeds = {seed: "mean of all" if seed == MEAN else seed for seed in choices.seeds}
    yield radio("cut", {cut: cut for cut in choices.cuts}, choices.cuts[0])
    yield radio("metric", metrics, choices.metrics[0].name)
    yield radio("seed", seeds, choices.seeds[0])
    yield radio("rate", RATES, choices.rate)
    yield checkbox("log", "rate", "logarithmic", False)
    yield checkbox("ours", "show", OURS, True)
    yield checkbox("published", "show", "published points", False)
    for i, name in enumerate(choices.methods):
        yield checkbox(f"method_{i}", "method", labels[name], True)
    for i, (name, shown) in enumerate(choices.codecs.items()):
        yield checkbox(f"codec_{i}", "codec", choices.codec_labels[name], shown)


def radio(name: str, titles: Mapping[str, str], value: str) -> alt.Parameter:
    """Return a parameter that has one of several values."""
    bound = alt.binding_radio(options=list(titles), labels=list(titles.values()), element=f"#choose-{name}")
    return alt.param(name=name, value=value, bind=bound)


def checkbox(name: str, kind: str, title: str, value: bool) -> alt.Parameter:
    """Return a parameter that is true or false."""
    return alt.param(name=name, value=value, bind=alt.binding_checkbox(name=title, element=f"#choose-{kind}"))


def constants(choices: Choices, labels: Mapping[str, str]) -> Iterator[alt.Parameter]:
    """Yield the parameters that expressions look things up in: by name whether a method or codec is chosen, labels, and metrics."""
    for kind, names in (("method", choices.methods), ("codec", list(choices.codecs))):
        values = (f"{json.dumps(name)}: {kind}_{i}" for i, name in enumerate(names))
        yield alt.param(name=f"{kind}s", expr="{" + ", ".join(values) + "}")
    yield alt.param(name="labels", value=dict(labels))
    yield alt.param(name="codec_labels", value=dict(choices.codec_labels))
    yield alt.param(name="rates", value=RATES)
    shown = {
        m.name: {
            "title": m.title,
            "label": m.label,
            "unit": m.unit,
            "form": f".{m.digits}f",
            "lower": not m.higher_is_better,
            "curve": m.curve_name,
        }
        for m in choices.metrics
    }
    yield alt.param(name="metrics", value=shown)


def chosen(chart: Chart) -> Chart:
    """Return the chart with the rows that are chosen, each with its role, rate, value and interval."""
    ours = (
        f"datum.codec == '{UNCODED}' ? (datum.quality == '{FLOAT}' && datum.seed == seed ? '{LEVEL}' : null)"
        f" : !isValid(datum.rate) || !codecs[datum.codec] ? null"
        f" : datum.seed == seed ? '{OURS}' : seed == '{MEAN}' ? '{SEED}' : null"
    )
    kind = (
        f"datum.source == '{PUBLISHED}' ? (published && isValid(datum.rate) ? '{PUBLISHED}' : null)"
        f" : ours && methods[datum.method] ? ({ours}) : null"
    )
    ends = "isValid(datum.low) ? format(datum.low, metrics[metric].form) + ' to ' + format(datum.high, metrics[metric].form) : '–'"
    drawn: Chart = (
        chart.transform_calculate(rate="datum[rate]", value="datum[metric]", ends="datum.between[metric]")
        .transform_calculate(kind=kind, role="datum.kind", low="datum.ends ? datum.ends[0] : null")
        .transform_filter("datum.cut == cut && isValid(datum.value) && isValid(datum.kind)")
        .transform_calculate(
            high="datum.ends ? datum.ends[1] : null",
            x="log ? log(datum.rate) / LN2 : datum.rate",
            line="datum.source + ' ' + datum.method + ' ' + datum.seed + ' ' + datum.ladder",
            label="labels[datum.method]",
            codec_label="codec_labels[datum.codec]",
        )
        .transform_calculate(
            rate_text="format(datum.rate, rate == 'bpe' ? '.3f' : ',.0f')",
            value_text="format(datum.value, metrics[metric].form)",
            interval=ends,
        )
        .transform_calculate(
            rate_told="datum.rate_text + ' ' + rates[rate]", value_told="datum.value_text + ' ' + metrics[metric].title"
        )
    )
    return drawn


def in_panels(chart: Chart, groups: Mapping[str, Sequence[str]]) -> Chart:
    """Return the chart with a copy of each row in each panel; a row of another panel's method is context there.

    Args:
        chart: the chart.
        groups: the methods of each panel, by its title, an anchor first.
    """
    anchors = sorted({group[0] for group in groups.values() if len(group) > 1})
    inside = f"datum.source == '{PUBLISHED}' || indexof({json.dumps(groups)}[datum.panel], datum.method) >= 0"
    several: Chart = (
        chart.transform_calculate(panel=json.dumps(list(groups)))
        .transform_flatten(["panel"])
        .transform_calculate(inside=inside)
        .transform_calculate(test=f"datum.inside && indexof({json.dumps(anchors)}, datum.method) < 0 ? 1 : 0")
        # A panel whose tests are not chosen is left out.
        .transform_joinaggregate(tests="sum(test)", groupby=["panel"])
        .transform_joinaggregate(all_tests="sum(test)")
        .transform_filter("datum.tests > 0 || datum.all_tests == 0")
        .transform_calculate(role=f"datum.inside ? datum.kind : datum.kind == '{OURS}' ? '{CONTEXT}' : null")
    )
    return several


def panels(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Return which methods share a panel: those that are compared with the same anchor, beside it; then those without one."""
    groups: list[list[str]] = []
    for anchor in dict.fromkeys(anchor for _, anchor in pairs):
        tests = list(dict.fromkeys(test for test, other in pairs if other == anchor and test != anchor))
        groups += [[anchor, *part] for part in split(tests, MOST_LINES - 1)]
    placed = {name for group in groups for name in group}
    return groups + split([name for name in names if name not in placed], MOST_LINES)


def split(items: Sequence[str], size: int) -> list[list[str]]:
    """Return ``items`` in parts of at most ``size``, as even as can be."""
    count = -(-len(items) // size)
    return [list(items[len(items) * i // count : len(items) * (i + 1) // count]) for i in range(count)]


def layers(choices: Choices, points: Rows, looks: Mapping[str, Look]) -> Any:
    """Return one panel: lines, marks, whiskers, and the levels of what is not coded. Layers are named by what is in them."""
    codecs = list(dict.fromkeys([*choices.codecs, *(r["codec"] for r in points if r["source"] == PUBLISHED)]))
    named = alt.Legend(
        title=None, labelExpr="labels[datum.value]", symbolType="stroke", symbolSize=500, symbolStrokeWidth=2.2
    )
    colours = alt.Scale(domain=list(looks), range=[look.colour for look in looks.values()])
    color = alt.Color("method:N", scale=colours, legend=named)
    dashes = [[2.0 * part for part in look.dash] or [1, 0] for look in looks.values()]
    dash = alt.StrokeDash("method:N", scale=alt.Scale(domain=list(looks), range=dashes), legend=named)
    shapes = alt.Scale(domain=codecs, range=[SHAPES[i % len(SHAPES)] for i in range(len(codecs))])
    shape = alt.Shape("codec:N", scale=shapes, legend=alt.Legend(title=None, labelExpr="codec_labels[datum.value]"))
    width = alt.StrokeWidth("role:O", scale=alt.Scale(domain=list(WIDTHS), range=list(WIDTHS.values())), legend=None)
    forms = "format(log ? pow(2, datum.value) : datum.value, rate == 'bpe' ? '.3~r' : ',.4~r')"
    ends = alt.Scale(zero=False, nice=False, padding=alt.expr("log ? 16 : 0"), domainMin=alt.expr("log ? null : 0"))
    x = alt.X("x:Q", title=None, scale=ends, axis=alt.Axis(labelExpr=forms, tickCount=6))
    turned = alt.Scale(zero=False, padding=12, reverse=alt.expr("metrics[metric].lower"))
    y = alt.Y("value:Q", title=None, scale=turned)

    def of(*roles: str) -> alt.Chart:
        return alt.Chart().transform_filter(alt.FieldOneOfPredicate("role", list(roles))).properties(name=roles[0])

    context = (
        of(CONTEXT)
        .mark_line(color="#c3c9d0", strokeWidth=1, aria=False)
        .encode(x=x, y=y, detail="line:N", order="rate:Q")
    )
    level = of(LEVEL).mark_rule(strokeDash=[1, 3], strokeWidth=1.5)
    level = level.encode(y=y, color=color, tooltip=[alt.Tooltip("label:N", title="method"), alt.Tooltip("role:N")])
    lines = of(OURS, SEED, PUBLISHED).mark_line().properties(name="lines")
    lines = lines.encode(x=x, y=y, color=color, strokeDash=dash, strokeWidth=width, detail="line:N", order="rate:Q")
    whiskers = of(OURS).transform_filter("isValid(datum.low)").mark_rule(opacity=0.6).properties(name="intervals")
    whiskers = whiskers.encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q", color=color)
    told = {"source": "source", "label": "method", "codec_label": "codec", "quality": "quality", "seed": "seed"}
    told |= {"rate_told": "rate", "value_told": "value", "interval": "interval"}
    tooltip = [alt.Tooltip(f"{name}:N", title=title) for name, title in told.items()]
    marks = [
        of(role).mark_point(size=75, strokeWidth=1.5, filled=role == OURS, opacity=1) for role in (OURS, PUBLISHED)
    ]
    marks = [one.encode(x=x, y=y, color=color, shape=shape, tooltip=tooltip) for one in marks]
    return alt.layer(context, level, lines, whiskers, *marks)
