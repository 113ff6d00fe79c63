"""What is saved against the length of training after the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.reports.figures.base import figure
from compfeat.reports.figures.plugins.bd_rate_intervals import AUTHORS, COLUMNS, ENDS, joined
from compfeat.reports.figures.style import few_ticks, legend_height, legend_of, panels
from compfeat.reports.looks import Look, looks
from compfeat.reports.summary import Tables, cuts, metrics
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT = 1.6
"""Inches."""
WITHOUT = "no transform"


@figure(
    "training_length",
    needs=("training_length.csv", "published_intervals.csv", "experiment.json"),
    category="Length of training",
    caption=(
        "BD-rates on the ladder {ladder} by the epochs of training after the start, each against a method that was trained as "
        "long, with their intervals; further down more bits are saved. A line joins methods with the same transform, or with none. "
        "Dashed: what was published for the loss."
    ),
    by_ladder=True,
)
def draw(tables: Tables, ladder: str) -> Figure:
    """Draw cuts as columns and metrics as rows of panels; a line a transform."""
    table = joined(tables.csv("training_length.csv", *COLUMNS, "transform", "epochs"))
    own = table[(table["ladder"] == ladder) & (table["against_ladder"] == ladder)]
    own = own.assign(kind=own["transform"].fillna(WITHOUT))
    shown = [m for m in metrics(tables) if (own["metric"] == m.curve_name).any()]
    found, kinds = cuts(own), list(dict.fromkeys(own["kind"]))
    height = max(len(shown), 1) * PANEL_HEIGHT + 0.3 + legend_height(len(kinds) + 1)
    published = tables.csv("published_intervals.csv", "cut", "metric", ENDS[0]).set_index(["cut", "metric"])[ENDS[0]]
    figure, axes = panels(max(len(shown), 1), max(len(found), 1), height, sharex=True, sharey="row")
    for row, metric in zip(axes, shown, strict=False):
        for ax, cut in zip(row, found, strict=True):
            draw_panel(ax, own[own["cut"] == cut], metric, looks(kinds))
            if (cut, metric.curve_name) in published.index:
                ax.axhline(
                    published[cut, metric.curve_name], color="0.45", linewidth=0.8, linestyle="--", label=AUTHORS
                )
        row[0].set_ylabel(f"BD-rate at equal\n{metric.curve_label} (%)")
    for ax, cut in zip(axes[0], found, strict=False):
        ax.set_title(f"cut {cut}", loc="left", fontweight="bold")
    for ax in axes[-1]:
        ax.set_xlabel("epochs after the start")
    handles, labels = axes[0][0].get_legend_handles_labels()
    if handles:
        legend_of(figure, list(dict(zip(labels, handles, strict=True)).values()), handlelength=1.5)
    return figure


def draw_panel(ax: Axes, table: pd.DataFrame, metric: Metric, styles: Mapping[str, Look]) -> None:
    """Draw one line a kind, with the interval of every BD-rate; a BD-rate that was refused is left out."""
    for kind, look in styles.items():
        own = table[(table["kind"] == kind) & (table["metric"] == metric.curve_name)].dropna(subset=["bd_rate_percent"])
        own = own.sort_values("epochs", kind="stable")
        value, low, high = (own[name] for name in ENDS)
        style: dict[str, Any] = {"marker": look.marker, "color": look.colour, "markersize": 4.5, "linewidth": 0.8}
        ax.errorbar(own["epochs"], value, yerr=[value - low, high - value], label=kind, **style)
    ax.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    lengths = sorted(table["epochs"].unique().tolist())
    ax.set_xscale("log")
    ax.set_xticks(lengths, [f"{length:g}" for length in lengths])
    ax.minorticks_off()
    few_ticks(ax, "y", 5)
