"""How the networks were trained: loss terms, their learned weights and validation metrics by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from compfeat.figures import Tables, figure
from compfeat.figures._metrics import METRICS
from compfeat.figures._style import GREY, LINE_STYLES, Look, few_ticks, looks, loss_legend, panels, thin_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TASK_METRICS = dict(zip(("segmentation", "disparity", "reconstruction"), METRICS, strict=True))
FEATURES = "features"
ROWS = 3
MARKERS_UP_TO = 12
"""Epochs up to which every epoch has a mark; beyond, about as many are marked."""


@figure(
    "training_curves",
    needs=("epochs.csv",),
    category="Training",
    caption=(
        "Training of every cut and loss: training loss of each term (top), the log-variance that weighs it (middle), the task "
        "metric on val images (bottom; up is better), and for the features the term's strength. Lines are means over seeds, "
        "thin lines single seeds. Epochs count from the warm start that all losses of a cut share."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw terms as columns; loss term, log-variance and metric as rows."""
    epochs = tables.csv("epochs.csv", "cut", "loss", "seed", "epoch")
    terms = [term for term in (*TASK_METRICS, FEATURES) if has(epochs, f"loss_{term}")]
    styles = looks(epochs["loss"])
    cuts = sorted(epochs["cut"].unique())
    lines = dict(zip(cuts, reversed(LINE_STYLES[: len(cuts)]), strict=True))
    figure, axes = panels(ROWS, max(len(terms), 1), 4.9, sharex=True)
    for column, term in zip(axes.T, terms, strict=False):
        column[0].set_title(term)
        metric = TASK_METRICS.get(term)
        shown = [f"loss_{term}", f"log_variance_{term}", f"val_{metric.name}" if metric else "strength"]
        for ax, name in zip(column, shown, strict=True):
            if has(epochs, name):
                draw_panel(
                    ax, epochs, name, metric.factor if metric and name.startswith("val_") else 1.0, styles, lines
                )
            else:
                ax.set_axis_off()
        column[0].set_ylabel("mean |DCT| (steps)" if term == FEATURES else "training loss")
        column[1].set_ylabel("log-variance")
        if metric:
            metric.label_axis(column[2])
        else:
            column[2].set_ylabel("strength λ")
        column[2].set_xlabel("epoch")
    extra = [(f"cut {cut}", {"color": GREY, "linestyle": line}) for cut, line in lines.items()]
    loss_legend(figure, {loss: Look(look.color, look.marker, "") for loss, look in styles.items()}, extra)
    return figure


def has(table: pd.DataFrame, name: str) -> bool:
    """Return whether a column is there and has a value."""
    return name in table and bool(table[name].notna().any())


def draw_panel(
    ax: Axes, epochs: pd.DataFrame, name: str, factor: float, styles: Mapping[str, Look], lines: Mapping[str, object]
) -> None:
    """Draw one column of the table for every cut and loss."""
    for cut, line in lines.items():
        for loss, look in styles.items():
            own = epochs[(epochs["cut"] == cut) & (epochs["loss"] == loss)].dropna(subset=[name])
            own = own.assign(shown=factor * own[name])
            thin_lines(ax, own, "epoch", "shown", look, linestyle=line)
            mean = own.groupby("epoch")["shown"].mean()
            every = max(1, len(mean) // MARKERS_UP_TO)
            ax.plot(mean.index, mean, **look.line(linestyle=line, markevery=every, markersize=3))
    few_ticks(ax, "y")
    integer_ticks(ax)


def integer_ticks(ax: Axes) -> None:
    """Put ticks at whole epochs only."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
