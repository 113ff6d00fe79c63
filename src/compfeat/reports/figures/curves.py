"""Curves of rate against each task metric: a row of panels a cut, one column a metric, one line a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.reports.figures.style import (
    CONTEXT,
    WIDTH,
    few_ticks,
    fitted,
    legend,
    legend_height,
    note,
    panels,
    thin_lines,
    thousands,
    widen,
)
from compfeat.reports.looks import Look
from compfeat.reports.summary import cuts
from compfeat.reports.words import number
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOG_FROM = 6.0
"""The rate axis is logarithmic where the highest rate is more than this many times the lowest."""
FLOAT_LINE: dict[str, Any] = {"linestyle": ":", "linewidth": 0.9}
IMAGE_LINE: dict[str, Any] = {"marker": "", "linewidth": 0.9, "alpha": 0.7}
"""Of a decoded image itself, beside what the network makes of it."""


@dataclass(frozen=True)
class Curve:
    """One line: a method's points on a ladder.

    Attributes:
        points: rows of ``points.csv``.
        floats: its rows on float features, drawn as a level; may be empty.
        hollow: whether its marks are hollow, where the method has another line in the figure.
    """

    label: str
    look: Look
    points: pd.DataFrame
    floats: pd.DataFrame
    hollow: bool = False

    @property
    def glyph(self) -> str:
        """The curve's mark as a letter."""
        return GLYPHS[self.look.marker][self.hollow]

    def line(self, **changes: Any) -> dict[str, Any]:
        return self.look.hollow(**changes) if self.hollow else self.look.line(**changes)


GLYPHS = dict(zip("os^DvPX<>", ("●○", "■□", "▲△", "◆◇", "▼▽", "✚✛", "✖✕", "◀◁", "▶▷"), strict=True))
"""Matplotlib's marks as letters of text, full and hollow."""
Notes = Mapping[tuple[str, str, int], Sequence[str]]
"""Lines written above the panel of a cut, a metric (its ``curve_name``) and a group of curves (its number)."""


def draw_curves(groups: Sequence[Sequence[Curve]], metrics: Sequence[Metric], notes: Notes) -> Figure:
    """Draw curves; each group has rows of panels of its own, in which the other groups' curves are grey."""
    curves = list({id(curve): curve for group in groups for curve in group}.values())
    everything = pd.concat([curve.points for curve in curves])
    rate, label = rate_of(everything)
    rows = [(cut, g) for cut in cuts(everything) for g in range(len(groups))]
    lines = max((len(texts) for texts in notes.values()), default=0)
    each = 1.75 if len(groups) == 1 else 0.9
    height = legend_height(len(curves) + 1) + 0.4 + len(rows) * (each + 0.12 * lines)
    figure, axes = panels(len(rows), len(metrics), height, sharex="row")
    width = WIDTH / len(metrics) - 0.5
    for row, (cut, g) in zip(axes, rows, strict=True):
        for ax, metric in zip(row, metrics, strict=True):
            draw_panel(ax, [(curve, curve in groups[g]) for curve in curves], cut, metric, rate)
            # Above the panel, where no curve can be.
            title = "\n".join(fitted(text, width + 0.3, 6.5) for text in notes.get((cut, metric.curve_name, g), []))
            ax.set_title(title, loc="right", fontsize=6.5, linespacing=1.15, pad=3)
            # The groups of a cut have the same axis.
            ax.tick_params(labelbottom=g == len(groups) - 1)
        row[0].set_ylabel(f"cut {cut}\n{row[0].get_ylabel()}")
    for ax in axes[-1]:
        ax.set_xlabel(fitted(label, width, 8))
    extra: list[tuple[str, dict[str, Any]]] = []
    if any(len(curve.floats) for curve in curves):
        extra.append(("not coded", {"color": "0.3", **FLOAT_LINE}))
    images = [c for c in curves if any(m.of_image in c.points and c.points[m.of_image].notna().any() for m in metrics)]
    extra += [(f"{curve.label}: the decoded image itself", curve.look.line(**IMAGE_LINE)) for curve in images]
    if len(groups) > 1:
        extra.append(("other methods", CONTEXT))
    entries = [(curve.label, curve.line()) for curve in curves]
    legend(figure, {}, {}, [*entries, *extra])
    return figure


def rate_of(points: pd.DataFrame) -> tuple[str, str]:
    """Return the column of the rate and its label: bits per element where all points have them, else bytes an image."""
    if points["rate_bpe"].notna().all():
        return "rate_bpe", "rate (bits per feature element)"
    return "bytes_per_image", "rate (bytes per image)"


def draw_panel(ax: Axes, curves: Sequence[tuple[Curve, bool]], cut: str, metric: Metric, rate: str) -> None:
    """Draw one metric of one cut: the mean over seeds with marks, and each seed thinly where there are several.

    Args:
        curves: each with whether it is drawn in full; else it is grey.
    """
    for curve, full in curves:
        own = curve.points[curve.points["cut"] == cut]
        mean = own.groupby(["codec", "quality"])[[rate, metric.name]].mean().sort_values(rate)
        if not full:
            ax.plot(mean[rate], mean[metric.name], **CONTEXT)
            continue
        thin_lines(ax, own, rate, metric.name, curve.look)
        ax.plot(mean[rate], mean[metric.name], **curve.line())
        level = curve.floats.loc[curve.floats["cut"] == cut, metric.name].mean() if len(curve.floats) else float("nan")
        if pd.notna(level):
            ax.axhline(level, color=curve.look.colour, zorder=0, **FLOAT_LINE)
            # A hollow mark on the frame distinguishes the levels in grey print, too.
            mark = curve.look.hollow(markersize=3, clip_on=False)
            ax.plot([1.0], [level], transform=ax.get_yaxis_transform(), **mark)
    few_ticks(ax, "y", 5)
    ax.margins(y=0.1)
    widen(ax)
    for curve, full in curves:
        if full and metric.of_image in curve.points:
            draw_image(ax, curve, cut, metric, rate)
    metric_axis(ax, metric)
    rates = pd.concat([curve.points.loc[curve.points["cut"] == cut, rate] for curve, _ in curves])
    rate_axis(ax, rates)


def draw_image(ax: Axes, curve: Curve, cut: str, metric: Metric, rate: str) -> None:
    """Draw how good the decoded images themselves are; the axis grows to three times its length at most."""
    own = curve.points[(curve.points["cut"] == cut) & curve.points[metric.of_image].notna()]
    mean = own.groupby(["codec", "quality"])[[rate, metric.of_image]].mean().sort_values(rate)
    if not len(mean):
        return
    low, high = ax.get_ylim()
    ax.plot(mean[rate], mean[metric.of_image], **curve.look.line(**IMAGE_LINE))
    found = mean[metric.of_image]
    ends = max(min(low, found.min()), 2 * low - high), min(max(high, found.max()), 2 * high - low)
    ax.set_ylim(ends)
    if not found.between(*ends).any():
        span = " to ".join(number(value, metric.digits) for value in (found.min(), found.max()))
        note(ax, f"the decoded image itself:\n{span} {metric.unit}".rstrip(), 0.03, 0.96)


def metric_axis(ax: Axes, metric: Metric) -> None:
    """Write the metric on the y axis and turn it where lower is better, so that up is better in every panel."""
    ax.set_ylabel(metric.title)
    if not metric.higher_is_better:
        ax.invert_yaxis()


def rate_axis(ax: Axes, rates: pd.Series[float]) -> None:
    """Scale the rate axis: by octaves where the rates span many, else linear."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if rates.min() > 0 and rates.max() / rates.min() > LOG_FROM:
        ax.set_xscale("log", base=2)
        many = rates.max() > 1000
        locator = LogLocator(base=10, subs=(1, 2, 5), numticks=7) if many else LogLocator(base=2, numticks=7)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        few_ticks(ax, "x", 5)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: thousands(rate)))
