"""How the networks were trained: loss terms, their learned weights and validation metrics by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from compfeat.reports.figures.base import figure
from compfeat.reports.figures.curves import metric_axis
from compfeat.reports.figures.style import (
    CONTEXT,
    GREY,
    WIDTH,
    few_ticks,
    fitted,
    grouped,
    legend,
    legend_height,
    panels,
    thin_lines,
)
from compfeat.reports.looks import DASHES, Look, linestyle, looks
from compfeat.reports.summary import Tables, cuts, metrics_by_task
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOSS, WEIGHT, STRENGTH = "loss_", "log_variance_", "strength"
MARKERS_UP_TO = 12
"""Epochs up to which every epoch has a mark; beyond, about as many are marked."""


@figure(
    "training_curves",
    needs=("epochs.csv", "experiment.json"),
    category="Training",
    caption=(
        "Trainings of every cut: training loss of each term (top), the log-variance that weighs it (middle), the task's "
        "metric on val images (bottom; up is better), and for a term on the features its strength. Lines are means over "
        "seeds, thin lines single seeds. Epochs count from where the trainings of a cut start. More than three trainings are "
        "shown in several rows, each with the others in grey."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw terms as columns; loss term, log-variance and metric as rows, for each group of trainings."""
    epochs = tables.csv("epochs.csv", "cut", "training", "seed", "epoch")
    shown = {task: found[0] for task, found in metrics_by_task(tables).items()}
    terms = terms_of(epochs, shown)
    order = [method.training for method in tables.resolved.experiment.methods.values()]
    present = sorted(
        epochs["training"].astype(str).unique(), key=lambda t: (order.index(t) if t in order else len(order), t)
    )
    styles = looks(present)
    # The second training, whose lines are full elsewhere, has full lines here where there is one cut.
    dashes = dict(zip(cuts(epochs), (linestyle(DASHES[k % len(DASHES)]) for k in (1, 0, *range(2, 9))), strict=False))
    groups = grouped([], present, 3)
    rows = [(group, kind) for group in groups for kind in range(3)]
    height = legend_height(len(present) + len(dashes)) + 0.5 + len(rows) * (1.45 if len(groups) == 1 else 0.85)
    figure, axes = panels(len(rows), max(len(terms), 1), height, sharex=True)
    width = WIDTH / max(len(terms), 1) - 0.5
    for row, (group, kind) in zip(axes, rows, strict=True):
        for ax, term in zip(row, terms, strict=False):
            metric = shown.get(term)
            name = [f"{LOSS}{term}", f"{WEIGHT}{term}", f"val_{metric.name}" if metric else STRENGTH][kind]
            if not has(epochs, name):
                ax.set_axis_off()
                continue
            draw_panel(ax, epochs, name, styles, group, dashes)
            ax.set_ylabel(["training loss", "log-variance", "strength λ"][kind])
            if kind == 2 and metric:
                metric_axis(ax, metric)
    for ax, term in zip(axes[0], terms, strict=False):
        ax.set_title(fitted(term.replace("_", " "), width, 8))
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    extra = [(f"cut {cut}", {"color": GREY, "linestyle": dash}) for cut, dash in dashes.items()]
    extra += [("other trainings", CONTEXT)] if len(groups) > 1 else []
    marks = {name: Look(look.colour, look.marker, ()) for name, look in styles.items()}
    legend(figure, marks, {}, extra)
    return figure


def terms_of(epochs: pd.DataFrame, tasks: Mapping[str, Metric]) -> list[str]:
    """Return the terms that have a loss: the tasks in the config's order, then those of the losses."""
    columns = [str(name).removeprefix(LOSS) for name in epochs.columns if str(name).startswith(LOSS)]
    return [term for term in dict.fromkeys([*tasks, *columns]) if has(epochs, f"{LOSS}{term}")]


def has(table: pd.DataFrame, name: str) -> bool:
    """Return whether a column is there and has a value."""
    return name in table and bool(table[name].notna().any())


def draw_panel(
    ax: Axes,
    epochs: pd.DataFrame,
    name: str,
    styles: Mapping[str, Look],
    group: Sequence[str],
    dashes: Mapping[str, object],
) -> None:
    """Draw one column of the table for every cut: the group's trainings in full, the others in grey."""
    for cut, dash in dashes.items():
        for training, look in styles.items():
            own = epochs[(epochs["cut"] == cut) & (epochs["training"] == training)].dropna(subset=[name])
            mean = own.groupby("epoch")[name].mean()
            if training not in group:
                ax.plot(mean.index, mean, **CONTEXT)
                continue
            thin_lines(ax, own, "epoch", name, look, linestyle=dash)
            every = max(1, len(mean) // MARKERS_UP_TO)
            ax.plot(mean.index, mean, **look.line(linestyle=dash, markevery=every, markersize=3))
    few_ticks(ax, "y")
    integer_ticks(ax)


def integer_ticks(ax: Axes) -> None:
    """Put ticks at whole epochs only."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
