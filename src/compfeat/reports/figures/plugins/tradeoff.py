"""What methods save for one task, against what they save for another: the front of a choice between tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from compfeat.reports.figures.base import figure
from compfeat.reports.figures.intervals import COLUMNS, ENDS, HIGHEST, PAIR, axis_limits, beyond
from compfeat.reports.figures.style import few_ticks, grid, line_entries, seaborn_look
from compfeat.reports.labels import comparison_label
from compfeat.reports.looks import Look, looks
from compfeat.reports.summary import Tables, cuts, methods, metrics
from compfeat.results.pairs import overall
from compfeat.settings.runs import Comparison
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

X, Y = "_x", "_y"
"""Ends of names of columns about either metric."""


@figure(
    "tradeoff",
    needs=("intervals.csv", "experiment.json"),
    category="Rate and accuracy",
    caption=(
        "BD-rates of every method with the ladder {ladder}, at equal first metric against those at equal other ones, with the "
        "intervals of both; values further left and down save more bits. A BD-rate above +50 % stands at the border, with its "
        "number. Methods of one network that differ in the weights of its tasks lie on a front: what one task gains the other loses."
    ),
    by_ladder=True,
)
def draw(tables: Tables, ladder: str) -> Figure:
    """Draw cuts as rows and all metrics but the first as columns of panels; a mark for each comparison."""
    table, labels = overall(tables.csv("intervals.csv", *COLUMNS)), methods(tables)
    own = table[(table["ladder"] == ladder) & (table["against_ladder"] == ladder) & table["method"].isin(labels)]
    several = len(own["against"].unique()) > 1
    own = own.assign(
        title=[
            comparison_label(Comparison(m, a, "", ""), labels, {}) if several else labels[m]
            for m, a, *_ in own[PAIR].itertuples(index=False)
        ]
    )
    styles = looks(own["title"])
    shown = [m for m in metrics(tables) if (own["metric"] == m.curve_name).any()]
    ends = {metric: rows[["cut", "title", *ENDS]] for metric, rows in own.groupby("metric")}

    def draw_panel(ax: Axes, cut: str, other: Metric) -> None:
        both = ends[shown[0].curve_name].merge(ends[other.curve_name], on=["cut", "title"], suffixes=(X, Y))
        draw_marks(ax, both[both["cut"] == cut].dropna(subset=[ENDS[0] + X, ENDS[0] + Y]), styles)
        first = own["metric"] == shown[0].curve_name
        ax.set(xlim=axis_limits(own[first]), ylim=axis_limits(own[~first]))
        for axis in "xy":
            few_ticks(ax, axis, 6)
        ax.set_xlabel(f"BD-rate at equal {shown[0].curve_label} (%)")
        ax.set_ylabel(f"{f'cut {cut}' if other is shown[1] else ''}\nBD-rate at equal {other.curve_label} (%)")

    entries = line_entries(styles, linestyle="")
    return grid(cuts(own) if len(shown) > 1 else [], shown[1:], draw_panel, 2.2, entries, sharex=True)


def draw_marks(ax: Axes, both: pd.DataFrame, styles: Mapping[str, Look]) -> None:
    """Draw a mark for each row, with both intervals; what is higher than the axis reaches stands at its border."""
    import seaborn as sns

    if both.empty:
        return
    columns = [name + side for side in (X, Y) for name in ENDS]
    drawn = both.assign(**both[columns].clip(upper=HIGHEST))
    x, y = (ENDS[0] + side for side in (X, Y))
    colours = drawn["title"].map(lambda title: styles[title].colour)
    ax.hlines(drawn[y], drawn[ENDS[1] + X], drawn[ENDS[2] + X], color=colours, linewidth=0.8)
    ax.vlines(drawn[x], drawn[ENDS[1] + Y], drawn[ENDS[2] + Y], color=colours, linewidth=0.8)
    sns.scatterplot(drawn, x=x, y=y, **seaborn_look("title", styles), s=30, legend=False, ax=ax)
    beyond(ax, both[x], drawn[y], colours)
    beyond(ax, both[y], drawn[x], colours, vertical=True)
