"""How certain the BD-rates are: this run's, those of a recorded run of several seeds, and the authors', with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.reports.figures.base import figure
from compfeat.reports.figures.intervals import AUTHORS, COLUMNS, ENDS, HIGHEST, PAIR, axis_limits, beyond
from compfeat.reports.figures.style import Entry, few_ticks, fitted, grid
from compfeat.reports.labels import comparison_label
from compfeat.reports.looks import COLOURS
from compfeat.reports.summary import Tables, comparisons, cuts, ladder_labels, methods, metrics
from compfeat.results.pairs import overall
from compfeat.settings.runs import Comparison
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OURS, RECORDED = "this run", "recorded run of several seeds"
MARKS = {OURS: "o", RECORDED: "D", AUTHORS: "^"}
CUT_COLOURS = (*COLOURS[::-3], *COLOURS)
"""Black first, so that no cut looks like one of the first methods."""
LINE = 0.085
"""Height of one interval (inches)."""


@figure(
    "bd_rate_intervals",
    needs=("intervals.csv", "seeds_intervals.csv", "published_intervals.csv", "experiment.json"),
    category="Rate and accuracy",
    caption=(
        "BD-rates of every comparison at equal task performance, with their intervals; negative values are savings. This run: over "
        "resamples of the images (and of the seeds, if there are several). Recorded run: the same over its seeds. Published: "
        "over resamples of the authors' image sizes. A mark without a bar has no interval. A BD-rate above +50 % stands at the "
        "border, with its number."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw a panel for each metric; a row for each comparison, in it a mark for each cut and source."""
    ours, recorded = (overall(tables.csv(name, *COLUMNS)) for name in ("intervals.csv", "seeds_intervals.csv"))
    published = tables.csv("published_intervals.csv", "cut", "metric", *ENDS)
    found = cuts(ours) or cuts(published)
    labels, ladders = methods(tables), ladder_labels(tables)
    compared = sorted(comparisons(tables), key=lambda c: list(labels).index(c.method))
    names = {c: comparison_label(c, labels, ladders) for c in compared}
    every = pd.concat([ours.assign(source=OURS), recorded.assign(source=RECORDED)])
    pairs = every[PAIR].itertuples(index=False, name=None)
    every = every.assign(row=[names.get(Comparison(*pair), "") for pair in pairs])
    table = pd.concat([every[every["row"] != ""], published.assign(source=AUTHORS, row=AUTHORS)])
    table = table[table["cut"].isin(found)]
    shown = [m for m in metrics(tables) if (table["metric"] == m.curve_name).any()]
    rows = [row for row in [*names.values(), AUTHORS] if (table["row"] == row).any()]
    present = set(table[["row", "cut", "source"]].itertuples(index=False, name=None))
    slots = [slot for slot in product(rows, found, MARKS) if slot in present]
    places = {slot: float(i + rows.index(slot[0])) for i, slot in enumerate(slots)}
    table = table.assign(y=[places[slot] for slot in zip(table["row"], table["cut"], table["source"], strict=True)])
    colours = dict(zip(found, CUT_COLOURS, strict=False))

    def draw_panel(ax: Axes, _: None, metric: Metric) -> None:
        draw_marks(ax, table[table["metric"] == metric.curve_name], colours)
        ticks = table.drop_duplicates(["row", "y"]).groupby("row", sort=False)["y"].mean()
        ax.set_yticks(ticks, [fitted(row.replace(" vs ", "\nvs "), 1.8, 7) for row in ticks.index], fontsize=7)
        ax.set(ylim=(len(slots) + len(rows) - 0.5, -1.5), ylabel="", title=metric.curve_label)
        ax.set(xlim=axis_limits(table), xlabel="BD-rate (%)")
        ax.grid(False, axis="y")
        few_ticks(ax, "x", 5)

    entries: list[Entry] = [(f"cut {cut}", {"color": colour, "linewidth": 2}) for cut, colour in colours.items()]
    plain: dict[str, Any] = {"linestyle": "", "color": "0.3"}
    entries += [(s, plain | {"marker": mark}) for s, mark in MARKS.items() if (table["source"] == s).any()]
    height = 0.5 + max(LINE * (len(slots) + len(rows)), 0.24 * len(rows))
    return grid([None], shown, draw_panel, height, entries, sharex=True, sharey=True)


def draw_marks(ax: Axes, own: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw the mark and the interval of each row at its y."""
    import seaborn as sns

    refused = own[own[ENDS[0]].isna()]
    own = own.dropna(subset=[ENDS[0]])
    drawn = own.assign(**own[ENDS].clip(upper=HIGHEST))
    ax.axvline(0.0, color="0.3", linewidth=0.8, zorder=0)
    ax.hlines(drawn["y"], drawn[ENDS[1]], drawn[ENDS[2]], color=drawn["cut"].map(colours), linewidth=1.1)
    if len(drawn):
        present = {cut: colour for cut, colour in colours.items() if (drawn["cut"] == cut).any()}
        look = {"hue": "cut", "palette": present, "style": "source", "markers": MARKS, "legend": False, "s": 16}
        sns.scatterplot(drawn, x=ENDS[0], y="y", **look, ax=ax)
    beyond(ax, own[ENDS[0]], own["y"], own["cut"].map(colours))
    for y, cut in zip(refused["y"], refused["cut"], strict=True):
        ax.text(-0.1, y, "refused", fontsize=7, ha="right", va="center", color=colours[cut])
