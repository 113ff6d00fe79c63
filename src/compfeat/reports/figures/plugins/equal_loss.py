"""What a BD-rate between two networks is made of: that of the metrics themselves, and that at equal loss, beside what chance does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from compfeat.reports.figures.base import figure
from compfeat.reports.figures.intervals import AUTHORS, ENDS, HIGHEST, PAIR, axis_limits, beyond
from compfeat.reports.figures.style import Entry, few_ticks, fitted, grid
from compfeat.reports.looks import COLOURS
from compfeat.reports.summary import Tables, comparisons, cuts, ladder_labels, metrics
from compfeat.results.pairs import overall
from compfeat.results.tables.plugins.training_length import MEASURED
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EQUAL_LOSS = ["equal_loss_percent", "equal_loss_low_percent", "equal_loss_high_percent"]
KINDS = {"BD-rate": (ENDS, "o", COLOURS[0]), "BD-rate at equal loss": (EQUAL_LOSS, "D", COLOURS[1])}
"""Columns, mark and colour of each kind of number."""
LINE = 0.17
"""Height of a row (inches)."""


@figure(
    "equal_loss",
    needs=(
        *("intervals.csv", "seeds_intervals.csv", "published_intervals.csv", "training_length.csv", "seed_noise.csv"),
        "experiment.json",
    ),
    category="Rate and accuracy",
    caption=(
        "What a BD-rate between two networks is made of. BD-rate: at equal metrics, so that a network that is better before coding "
        "saves bits. At equal loss: at equal metrics minus those without coding, which is what coding costs. Bars: intervals, where "
        "they were computed. Grey: two standard deviations of BD-rates between baselines "
        "that differ in the seed alone."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw a panel for each cut and metric; a row for each source and ladder, in it a mark for each kind of BD-rate."""
    table = sources(tables)
    found = cuts(table[table["source"] != AUTHORS]) or cuts(table)
    table = table[table["cut"].isin(found)]
    noise = tables.csv("seed_noise.csv", "cut", "method", "ladder", "metric", "bd_rate_std_percent")
    noise = noise[noise["method"].isin([against for _, against, *_ in compared(tables)])]
    rows = list(dict.fromkeys(zip(table["source"], table["ladder"], strict=True)))
    ladders = ladder_labels(tables)
    names = [fitted(source if not ladder else f"{source}, {ladders[ladder]}", 1.7, 7) for source, ladder in rows]
    shown = [m for m in metrics(tables) if (table["metric"] == m.curve_name).any()]

    def draw_panel(ax: Axes, cut: str, metric: Metric) -> None:
        cells = table[(table["cut"] == cut) & (table["metric"] == metric.curve_name)]
        ax.axvline(0.0, color="0.3", linewidth=0.8, zorder=0)
        for y, (source, ladder) in enumerate(rows):
            std = noise.loc[
                (noise["cut"] == cut) & (noise["metric"] == metric.curve_name) & (noise["ladder"] == ladder),
                "bd_rate_std_percent",
            ]
            if len(std):
                ax.barh(y, 4 * float(std.max()), left=-2 * float(std.max()), height=0.8, color="0.9", zorder=-1)
            own = cells[(cells["source"] == source) & (cells["ladder"] == ladder)]
            for place, (columns, mark, colour) in zip((y - 0.17, y + 0.17), KINDS.values(), strict=True):
                for value, low, high in own[columns].to_numpy(float):
                    ax.hlines(place, low, min(high, HIGHEST), color=colour, linewidth=1.1)
                    ax.plot(value if value <= HIGHEST else float("nan"), place, mark, color=colour, markersize=3.5)
                    beyond(ax, [value], [place], [colour])
        ax.set_yticks(range(len(rows)), names, fontsize=7)
        ax.set(ylim=(len(rows) - 0.4, -0.6), title=f"{cut}, {metric.curve_label}", xlabel="BD-rate (%)", ylabel="")
        limits = [axis_limits(table), axis_limits(renamed(table))]
        ax.set(xlim=(min(low for low, _ in limits), max(high for _, high in limits)))
        ax.grid(False, axis="y")
        few_ticks(ax, "x", 5)

    entries: list[Entry] = [
        (kind, {"linestyle": "", "marker": mark, "color": colour}) for kind, (_, mark, colour) in KINDS.items()
    ]
    return grid(found, shown, draw_panel, 0.45 + LINE * max(len(rows), 2), entries, sharex=True, sharey=True)


def renamed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the BD-rates at equal loss under the names of the others."""
    return table[EQUAL_LOSS].set_axis(ENDS, axis=1)


def compared(tables: Tables) -> set[tuple[str, str, str, str]]:
    """Return the comparisons (PAIR) between two networks on one ladder."""
    methods = tables.resolved.experiment.methods
    return {
        (c.method, c.against, c.ladder, c.against_ladder)
        for c in comparisons(tables)
        if c.ladder == c.against_ladder and methods[c.method].training != methods[c.against].training
    }


def sources(tables: Tables) -> pd.DataFrame:
    """Return published, this run's and recorded BD-rates of both kinds, of comparisons between two networks on one ladder."""
    columns = ("cut", "seed", *PAIR, "metric", *ENDS)
    pairs = compared(tables)

    def own(name: str, source: str) -> pd.DataFrame:
        table = overall(tables.csv(name, *columns)).reindex(columns=[*columns, *EQUAL_LOSS])
        known = [pair in pairs for pair in table[PAIR].itertuples(index=False, name=None)]
        return table[known].assign(source=source)

    lengths = tables.csv("training_length.csv", "cut", "epochs", "ladder", "transform", "metric", *MEASURED)
    lengths = lengths[lengths["transform"].isna()].reindex(columns=lengths.columns.union(EQUAL_LOSS[1:], sort=False))
    longer = lengths[lengths["epochs"] > lengths["epochs"].min()]
    longer = longer.assign(source=[f"{epochs:.0f} epochs" for epochs in longer["epochs"]])
    published = tables.csv("published_intervals.csv", "cut", "metric", *ENDS, *EQUAL_LOSS)
    parts = [
        published.assign(source=AUTHORS, ladder=""),
        own("intervals.csv", "this run"),
        own("seeds_intervals.csv", "recorded seeds"),
        longer,
    ]
    shown = ["source", "cut", "ladder", "metric", *ENDS, *EQUAL_LOSS]
    found: pd.DataFrame = pd.concat([part[shown] for part in parts if len(part)], ignore_index=True)
    return found
