"""Curves of rate against each task metric: cuts as rows of panels, metrics as columns, a line for each method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from compfeat.reports.figures.style import CONTEXT, draw_lines, few_ticks, fitted, grid, line_entries, log_ticks, note
from compfeat.reports.labels import number
from compfeat.reports.looks import Look
from compfeat.reports.summary import cuts
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOG_FROM = 6.0
"""The rate axis is logarithmic where the highest rate is more than this many times the lowest."""
FLOAT_LINE: dict[str, Any] = {"linestyle": ":", "linewidth": 0.9}
IMAGE_LINE: dict[str, Any] = {"marker": "", "linewidth": 0.9, "alpha": 0.7}
"""Of a decoded image itself, beside what the network makes of it."""
LEAST_SPAN = 0.02
"""What a y axis spans at least, as a share of its values, so that noise does not look like an effect."""


@dataclass(frozen=True)
class Note:
    """A BD-rate that is written into the panel of a cut and a metric, if the curves that it is about are drawn there."""

    cut: str
    curve_name: str
    curves: frozenset[str]
    text: str
    colour: str


def draw_curves(
    points: pd.DataFrame,
    styles: Mapping[str, Look],
    metrics: Sequence[Metric],
    notes: Sequence[Note],
    levels: pd.DataFrame | None = None,
    groups: Sequence[Sequence[str]] = (),
) -> Figure:
    """Draw the curves of rate and metrics.

    Args:
        points: rows of ``points.csv`` with a column ``curve``.
        styles: what each curve is drawn with.
        levels: the same on float features, which are drawn as levels.
        groups: which curves share a row of panels, in which the others are grey; by default all do.
    """
    rate, label = rate_of(points)
    levels = points[:0] if levels is None else levels
    together = list(groups) or [list(styles)]
    most = max(Counter((n.cut, n.curve_name) for n in notes).values(), default=0) / len(together)

    def draw(ax: Axes, row: tuple[str, Sequence[str]], metric: Metric) -> None:
        cut, full = row
        own = points[points["cut"] == cut]
        draw_lines(ax, own, rate, metric.name, "curve", styles, full, ["codec", "quality"])
        for name, level in levels[levels["cut"] == cut].groupby("curve")[metric.name].mean().dropna().items():
            if name in full:
                draw_level(ax, level, styles[str(name)])
        y_axis(ax, metric)
        for name in full:
            draw_image(ax, own[own["curve"] == name], metric, rate, styles[name])
        rate_axis(ax, points[rate])
        ax.set(xlabel=label, ylabel=f"cut {cut}\n{metric.title}" if metric is metrics[0] else metric.title)
        told = [n for n in notes if (n.cut, n.curve_name) == (cut, metric.curve_name) and n.curves <= set(full)]
        lines = [(fitted(n.text, 6.8 / len(metrics) - 0.35, 7), n.colour) for n in told]
        note(ax, [("BD-rate", "0.3"), *lines] if lines else [], "above", 7)

    entries = line_entries(styles)
    entries += [("not coded", {"color": "0.3", **FLOAT_LINE})] if len(levels) else []
    for name, look in styles.items():
        if any(image_points(points[points["curve"] == name], metric, rate) is not None for metric in metrics):
            entries.append((f"{name}: decoded picture", look.line(**IMAGE_LINE)))
    entries += [("other methods", CONTEXT)] if len(together) > 1 else []
    rows = [(cut, group) for cut in cuts(points) for group in together]
    height = (1.7 if len(rows) <= 3 else 1.4) + (0.12 * (most + 1) if notes else 0.0)
    return grid(rows, metrics, draw, height, entries, sharex=True)


def rate_of(points: pd.DataFrame) -> tuple[str, str]:
    """Return the column of the rate and its label: bits per element where all points have them, else bytes per image."""
    if points["rate_bpe"].notna().all():
        return "rate_bpe", "rate (bits per feature element)"
    return "bytes_per_image", "rate (bytes per image)"


def draw_level(ax: Axes, level: float, look: Look) -> None:
    """Draw a level, with a hollow mark on the frame that distinguishes it in grey print, too."""
    ax.axhline(level, color=look.colour, zorder=0, **FLOAT_LINE)
    ax.plot([1.0], [level], transform=ax.get_yaxis_transform(), **look.hollow(markersize=3, clip_on=False))


def image_points(own: pd.DataFrame, metric: Metric, rate: str) -> pd.DataFrame | None:
    """Return how good the decoded images themselves are, by rate; None where this metric judges no image."""
    if metric.of_image not in own or own[metric.of_image].isna().all():
        return None
    means: pd.DataFrame = own.groupby(["codec", "quality"])[[rate, metric.of_image]].mean().sort_values(rate)
    return means


def draw_image(ax: Axes, own: pd.DataFrame, metric: Metric, rate: str, look: Look) -> None:
    """Draw how good the decoded images themselves are, as far as the axis reaches, and write their range where it does not."""
    means = image_points(own, metric, rate)
    if means is None:
        return
    ends, values = ax.get_ylim(), means[metric.of_image]
    ax.plot(means[rate], values, **look.line(**IMAGE_LINE))
    ax.set_ylim(ends)
    if not values.between(min(ends), max(ends)).all():
        span = " to ".join(number(value, metric.digits) for value in (values.min(), values.max()))
        note(ax, [(f"decoded picture:\n{span} {metric.unit}".rstrip(), look.colour)], "lower right")


def y_axis(ax: Axes, metric: Metric) -> None:
    """Scale the y axis, and turn it where lower is better, so that up is better in every panel."""
    ax.margins(y=0.1)
    few_ticks(ax, "y", 5)
    low, high = sorted(ax.get_ylim())
    least = LEAST_SPAN * max(abs(low), abs(high))
    if np.isfinite(least) and high - low < least:
        low, high = ((low + high + sign * least) / 2 for sign in (-1, 1))
    ax.set_ylim(*((low, high) if metric.higher_is_better else (high, low)))


def rate_axis(ax: Axes, rates: pd.Series[float]) -> None:
    """Scale the rate axis: logarithmic where the rates span much, else linear."""
    span = rates.max() / rates.min() if rates.min() > 0 else 1.0
    if span > LOG_FROM:
        ax.set_xscale("log")
        log_ticks(ax, "x", (1, 2, 5) if span < 60 else (1, 3))
    else:
        few_ticks(ax, "x", 5)
