"""What methods save for one task, against what they save for another: the front of a choice between tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.experiment.runs import Comparison
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.plugins.bd_rate_intervals import COLUMNS, ENDS, joined
from compfeat.reports.figures.style import few_ticks, legend_height, legend_of, panels
from compfeat.reports.labels import comparison_label
from compfeat.reports.looks import Look, looks
from compfeat.reports.summary import Tables, cuts, methods, metrics
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT = 1.9
"""Inches."""


@figure(
    "tradeoff",
    needs=("intervals.csv", "experiment.json"),
    category="Rate and accuracy",
    caption=(
        "BD-rates of every method on the ladder {ladder}, at equal first metric against those at equal other ones, with the "
        "intervals of both; further left and further down more bits are saved. Methods of one network that differ in the weights of "
        "its tasks lie on a front: what one task gains the other loses."
    ),
    by_ladder=True,
)
def draw(tables: Tables, ladder: str) -> Figure:
    """Draw cuts as columns and all metrics but the first as rows of panels; a mark a method and what it is compared with."""
    table, labels = joined(tables.csv("intervals.csv", *COLUMNS)), methods(tables)
    own = table[(table["ladder"] == ladder) & (table["against_ladder"] == ladder) & table["method"].isin(labels)]
    several = len(own["against"].unique()) > 1
    pairs = zip(own["method"], own["against"], strict=True)
    titles = [
        comparison_label(Comparison(m, a, ladder, ladder), labels, {}) if several else labels[m] for m, a in pairs
    ]
    own = own.assign(title=titles)
    order = sorted(own["title"].unique(), key=lambda title: list(own["title"]).index(title))
    shown = [m for m in metrics(tables) if (own["metric"] == m.curve_name).any()]
    found, rows = cuts(own), max(len(shown) - 1, 1)
    height = rows * PANEL_HEIGHT + 0.3 + legend_height(len(order))
    figure, axes = panels(rows, max(len(found), 1), height, sharex="col", sharey="row")
    for row, other in zip(axes, shown[1:], strict=False):
        for ax, cut in zip(row, found, strict=True):
            draw_panel(ax, own[own["cut"] == cut], (shown[0], other), looks(order))
        row[0].set_ylabel(f"BD-rate at equal\n{other.curve_label} (%)")
    for ax, cut in zip(axes[0], found, strict=False):
        ax.set_title(f"cut {cut}", loc="left", fontweight="bold")
    for ax in axes[-1]:
        ax.set_xlabel(f"BD-rate at equal {shown[0].curve_label} (%)" if shown else "BD-rate (%)")
    handles = {bar.get_label(): bar for ax in axes.flat for bar in ax.containers}
    if handles:
        legend_of(figure, [handles[title] for title in order if title in handles], handlelength=1.5)
    return figure


def draw_panel(ax: Axes, table: pd.DataFrame, pair: tuple[Metric, Metric], styles: Mapping[str, Look]) -> None:
    """Draw one mark a method that has a BD-rate for both metrics, with both intervals."""
    for title, look in styles.items():
        own = table[table["title"] == title]
        sides = [own[own["metric"] == metric.curve_name] for metric in pair]
        if any(len(side) != 1 or side["bd_rate_percent"].isna().any() for side in sides):
            continue
        (x, y), spans = (float(side["bd_rate_percent"].iloc[0]) for side in sides), [spans_of(side) for side in sides]
        style: dict[str, Any] = {"fmt": look.marker, "color": look.colour, "markersize": 4.5, "linewidth": 0.8}
        ax.errorbar([x], [y], xerr=spans[0], yerr=spans[1], label=title, **style)
    for axis in "xy":
        few_ticks(ax, axis, 6)


def spans_of(side: pd.DataFrame) -> list[list[float]]:
    """Return how far the interval of one BD-rate reaches to either side of it; nan where there is none."""
    value, low, high = (float(side[name].iloc[0]) for name in ENDS)
    return [[value - low], [high - value]]
