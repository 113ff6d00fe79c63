"""How the networks were trained: loss terms, their learned weights and validation metrics by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import CONTEXT, draw_lines, few_ticks, fitted, grid, grouped, line_entries
from compfeat.reports.looks import Look, looks
from compfeat.reports.summary import Tables, cuts, metrics_by_task
from compfeat.tasks.base import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOSS, WEIGHT, STRENGTH = "loss_", "log_variance_", "strength"
DASHES: tuple[tuple[float, ...], ...] = ((), (3.7, 1.6), (1.0, 1.2), (6.4, 1.6, 1.0, 1.6))
"""Of the cuts."""
MARKERS_UP_TO = 12
"""Epochs up to which every epoch has a mark; beyond, about as many are marked."""


@figure(
    "training_curves",
    needs=("epochs.csv", "experiment.json"),
    category="Training",
    caption=(
        "Trainings of every cut: training loss of each term (top), the log-variance that weighs it (middle), the task's "
        "metric on val images (bottom; up is better), and for a term on the features its strength. Lines are means over "
        "seeds, thin lines single seeds. Epochs count from where the trainings of a cut start. More than five trainings are "
        "shown in several rows, each with the others in grey."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw terms as columns; loss term, log-variance and metric as rows, for each group of trainings."""
    epochs = tables.csv("epochs.csv", "cut", "training", "seed", "epoch")
    tasks = {task: found[0] for task, found in metrics_by_task(tables).items()}
    order = [method.training for method in tables.resolved.experiment.methods.values()]
    present = sorted(
        epochs["training"].astype(str).unique(), key=lambda t: (order.index(t) if t in order else len(order), t)
    )
    found, colours = cuts(epochs), looks(present)
    epochs = epochs.assign(line=epochs["training"].astype(str) + " " + epochs["cut"].astype(str))
    styles = {
        f"{training} {cut}": Look(look.colour, look.marker, DASHES[k % len(DASHES)])
        for training, look in colours.items()
        for k, cut in enumerate(found)
    }
    groups = grouped([], present, 3)
    every = max(1, epochs["epoch"].nunique() // MARKERS_UP_TO)

    def draw_panel(ax: Axes, row: tuple[list[str], int], term: str) -> None:
        group, kind = row
        metric = tasks.get(term)
        name = [f"{LOSS}{term}", f"{WEIGHT}{term}", f"val_{metric.name}" if metric else STRENGTH][kind]
        if not has(epochs, name):
            ax.set_axis_off()
            return
        full = [f"{training} {cut}" for training in group for cut in found]
        draw_lines(ax, epochs, "epoch", name, "line", styles, full, markevery=every, markersize=3)
        few_ticks(ax, "y", 5)
        few_ticks(ax, "x", 4, integer=True, min_n_ticks=1)
        of_metric = metric if kind == 2 else None
        labels = ["training loss", "log-variance", of_metric.title if of_metric else "strength λ"]
        ax.set(xlabel="epoch", ylabel=labels[kind])
        if of_metric and not of_metric.higher_is_better:
            ax.invert_yaxis()
        if row is rows[0]:
            ax.set_title(fitted(term.replace("_", " "), 1.2, 8))

    rows = [(group, kind) for group in groups for kind in range(3)]
    entries = line_entries({name: Look(look.colour, look.marker, ()) for name, look in colours.items()})
    entries += [(f"cut {cut}", Look("0.45", "", dash).line()) for cut, dash in zip(found, DASHES, strict=False)]
    entries += [("other trainings", CONTEXT)] if len(groups) > 1 else []
    return grid(rows, terms_of(epochs, tasks), draw_panel, 1.5 if len(groups) == 1 else 0.95, entries, sharex=True)


def terms_of(epochs: pd.DataFrame, tasks: Mapping[str, Metric]) -> list[str]:
    """Return the terms that have a loss: the tasks in the config's order, then those of the losses."""
    columns = [str(name).removeprefix(LOSS) for name in epochs.columns if str(name).startswith(LOSS)]
    return [term for term in dict.fromkeys([*tasks, *columns]) if has(epochs, f"{LOSS}{term}")]


def has(table: pd.DataFrame, name: str) -> bool:
    """Return whether a column is there and has a value."""
    return name in table and bool(table[name].notna().any())
