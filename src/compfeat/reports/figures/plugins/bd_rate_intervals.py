"""How certain the BD-rates are: this run's, those of a recorded run of several seeds, and the authors', with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.experiment.runs import Comparison
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import few_ticks, fitted, legend_height, legend_of, panels
from compfeat.reports.labels import comparison_label, ladder_label
from compfeat.reports.looks import looks
from compfeat.reports.summary import ALL_SEEDS, Tables, comparisons, cuts, ladders, methods, metrics
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAIR = ("method", "against", "ladder", "against_ladder")
ENDS = ("bd_rate_percent", "low_percent", "high_percent")
COLUMNS = ("cut", "seed", *PAIR, "metric", *ENDS)
AUTHORS = "published"
LINE = 0.11
"""Height of one interval (inches)."""
LEAST_WIDTH = 2.0
"""Of the axis of BD-rates (percentage points)."""


@dataclass(frozen=True)
class Line:
    """BD-rates that stand in one line of every panel.

    Attributes:
        row: the label of the row that the line belongs to.
        legend: what its marks are.
        table: rows with cut, metric and ENDS.
        look: keyword arguments of ``Axes.errorbar``.
    """

    row: str
    legend: str
    table: pd.DataFrame
    look: dict[str, Any]


@figure(
    "bd_rate_intervals",
    needs=("intervals.csv", "seeds_intervals.csv", "published_intervals.csv", "experiment.json"),
    category="Rate and accuracy",
    caption=(
        "BD-rates of every method against the one that it is compared with, by cut and metric; left of 0 bits are saved. Bars are "
        "intervals; a mark without a bar has none. Full marks: this run, by ladder, over resamples of the val images (of several "
        "seeds, of these too). "
        "Hollow marks: the same in a recorded run of several seeds, where there is one. Grey diamonds: what was "
        "published, over resamples of the authors' image sizes."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw cuts as columns and metrics as rows of panels; in each a row a comparison, in it a line a ladder and source."""
    ours, recorded = (joined(tables.csv(name, *COLUMNS)) for name in ("intervals.csv", "seeds_intervals.csv"))
    published = tables.csv("published_intervals.csv", "cut", "metric", *ENDS)
    found = cuts(ours) or cuts(published)
    shown = [m for m in metrics(tables) if (ours["metric"] == m.curve_name).any()]
    shown = shown or [m for m in metrics(tables) if (published["metric"] == m.curve_name).any()]
    known = {name: ladder.label for name, ladder in ladders(tables).items()}
    lines = lines_of(comparisons(tables), methods(tables), known, ours, recorded)
    grey = {"fmt": "D", "color": "0.45", "markerfacecolor": "0.45"}
    if published["cut"].isin(found).any():
        lines.append(Line(AUTHORS, AUTHORS, published, grey))
    rows = len({line.row for line in lines})
    height = 0.5 + legend_height(len({line.legend for line in lines}))
    height += len(shown) * (LINE * (len(lines) + 0.7 * rows) + 0.3)
    figure, axes = panels(max(len(shown), 1), len(found), height, sharex="col", sharey=True)
    for row, metric in zip(axes, shown, strict=False):
        for ax, cut in zip(row, found, strict=True):
            draw_panel(ax, lines, cut, metric)
        row[0].set_ylabel(metric.curve_label)
    for ax, cut in zip(axes[0], found, strict=True):
        ax.set_title(f"cut {cut}", loc="left", fontweight="bold")
    for ax in axes[-1]:
        ax.set_xlabel("BD-rate (%)")
    legend_of(figure, list({bar.get_label(): bar for bar in axes[0][0].containers}.values()), handlelength=1.5)
    return figure


def joined(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cell: of several seeds the row of all of them."""
    several = table["seed"].astype(str) == ALL_SEEDS
    return table[several] if several.any() else table


def lines_of(
    compared: Sequence[Comparison],
    labels: Mapping[str, str],
    known: Mapping[str, str],
    ours: pd.DataFrame,
    recorded: pd.DataFrame,
) -> list[Line]:
    """Return a line for each comparison of this run and, where it was recorded too, one for the recorded run."""
    kinds = list(dict.fromkeys((c.ladder, c.against_ladder) for c in compared))
    # The first looks are those of the methods in other figures.
    styles = dict(zip(kinds, list(looks(map(str, range(len(kinds) + 2))).values())[2:], strict=True))
    several = len({c.against for c in compared}) > 1
    made = []
    for c in sorted(compared, key=lambda c: list(labels).index(c.method)):
        look, kind = styles[c.ladder, c.against_ladder], ladder_label(c, known)
        row = comparison_label(c, labels, known) if several or c.method == c.against else labels[c.method]
        options = {"fmt": look.marker, "color": look.colour}
        for table, name, face in ((ours, kind, look.colour), (recorded, f"{kind}, several seeds", "white")):
            own = table[(table[list(PAIR)] == [c.method, c.against, c.ladder, c.against_ladder]).all(axis=1)]
            if len(own):
                made.append(Line(row, name, own, options | {"markerfacecolor": face}))
    return made


def draw_panel(ax: Axes, lines: Sequence[Line], cut: str, metric: Metric) -> None:
    """Draw all lines of one cut and metric, from the top; there is space between the rows."""
    ax.axvline(0.0, color="0.3", linewidth=0.8)
    y, places = 0.0, dict[str, list[float]]()
    for line in lines:
        y += 1.0 if line.row in places else 1.7
        places.setdefault(line.row, []).append(y)
        own = line.table[(line.table["cut"] == cut) & (line.table["metric"] == metric.curve_name)]
        low, high = ((own["bd_rate_percent"] - own[end]).abs() for end in ENDS[1:])
        style: dict[str, Any] = {"markersize": 3.5, "linewidth": 1.1, "capsize": 1.5, "label": line.legend} | line.look
        ax.errorbar(own["bd_rate_percent"], [y] * len(own), xerr=[low, high], **style)
        if own["bd_rate_percent"].isna().any():
            ax.text(-0.5, y, "refused", fontsize=6, ha="right", va="center", color=line.look["color"])
    ax.set_yticks([sum(at) / len(at) for at in places.values()], [fitted(name, 1.4, 7) for name in places])
    ax.set_ylim(y + 1.2, 0.5)
    left, right = ax.get_xlim()
    if not right - left >= LEAST_WIDTH:  # where all are refused there is nothing to scale by
        ax.set_xlim(-LEAST_WIDTH / 2, LEAST_WIDTH / 2)
    ax.grid(False, axis="y")
    few_ticks(ax, "x", 6)
