"""What the receiver makes of one image at falling rates: the tasks' outputs with every method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.panels import Shown, class_legend, quality, spread
from compfeat.reports.figures.style import MOST_HEIGHT, MOST_LINES, WIDTH, fitted
from compfeat.reports.showcase import FILE, NEEDS, SENT, Showcase
from compfeat.reports.summary import Tables, metrics_by_task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CODED = 3
"""Coded points that are shown of each method, where there are few methods."""


@figure(
    "task_outputs",
    needs=NEEDS,
    category="Features",
    caption=(
        "One val image: ground truth, then what the task decoders make of what was sent, first not coded, then coded at falling "
        "rates (bytes of this image with side information; bpe: bits per feature element). Where there are more than three "
        "methods, each is shown at its middle quality. Black or grey pixels of the ground truth have none."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw the first image of the showcase at the first cut."""
    showcase = next(iter(Showcase.every(tables)), None)
    units = {task: found[0].unit for task, found in metrics_by_task(tables).items()}
    tasks = [] if showcase is None else tasks_of(showcase, list(units))
    if showcase is None or not tasks:
        raise DataError(f"{tables.path(FILE)}: no task's output in it; rerun the stages evaluate and gather")
    shown = [Shown.of(showcase, task, units.get(task, "")) for task in tasks]
    cut, labels = showcase.cuts()[0], showcase.labels
    few = len(labels) <= MOST_LINES
    drawn = by_rate(showcase, cut, shown) if few else by_method(showcase, cut, shown)
    drawn.suptitle(f"cut {cut}, {showcase.image_id}", fontsize=7)
    classes = {name: colour for one in shown for name, colour in one.classes(showcase.class_names()).items()}
    if classes:
        class_legend(drawn, classes)
    return drawn


def tasks_of(showcase: Showcase, order: Sequence[str]) -> list[str]:
    """Return the tasks that have an output, in the config's order."""
    names = {name.rpartition("/")[2] for name in showcase.arrays if name.count("/") > 1} - {SENT}
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def by_rate(showcase: Showcase, cut: str, shown: Sequence[Shown]) -> Figure:
    """Draw tasks and methods as rows; ground truth, what is not coded, and coded points as columns."""
    points = {m: [showcase.uncoded(cut, m), *spread(showcase, cut, m, CODED)] for m in showcase.labels}
    columns = max(map(len, points.values()))
    figure, grid = layout(showcase, len(shown) * len(points), columns + 1, 0.1)
    for t, one in enumerate(shown):
        first = t * len(points)
        one.draw_truth(figure.add_subplot(grid[first : first + len(points), 0]), 6.5)
        for r, (method, own) in enumerate(points.items()):
            for c in range(columns):
                ax = figure.add_subplot(grid[first + r, c + 1])
                point = own[c] if c < len(own) else None
                if one.draw_output(ax, showcase, point) and point is not None:
                    ax.set_title(quality(showcase, point), fontsize=5.5, pad=1.5)
                if c == 0:
                    ax.set_ylabel(fitted(showcase.labels[method], 0.8, 6), fontsize=6)
    return figure


def by_method(showcase: Showcase, cut: str, shown: Sequence[Shown]) -> Figure:
    """Draw the ground truth, then every method at its middle quality: a block of one panel a task each."""
    blocks = 2 if len(shown) <= 3 else 1
    count = 1 + len(showcase.labels)
    rows = -(-count // blocks)
    figure, grid = layout(showcase, rows, blocks * len(shown), 0.2)
    for number, method in enumerate([None, *showcase.labels]):
        row, block = number % rows, number // rows
        axes = [figure.add_subplot(grid[row, block * len(shown) + t]) for t in range(len(shown))]
        if method is None:
            for ax, one in zip(axes, shown, strict=True):
                one.draw_truth(ax, 6)
            continue
        middle = spread(showcase, cut, method, 3)
        point = middle[len(middle) // 2] if middle else showcase.uncoded(cut, method)
        for ax, one in zip(axes, shown, strict=True):
            one.draw_output(ax, showcase, point)
        if point is not None:
            text = f"{showcase.labels[method]}, {quality(showcase, point)}"
            axes[0].set_title(text, loc="left", fontsize=6, pad=2).set_in_layout(False)
    return figure


def layout(showcase: Showcase, rows: int, columns: int, title: float) -> tuple[Figure, Any]:
    """Return a figure for so many pictures, and its grid.

    Args:
        title: height of what stands above each picture (inches).
    """
    from matplotlib.figure import Figure

    image = showcase.fields().get("image")
    aspect = 0.5 if image is None else image.shape[0] / image.shape[1]
    height = rows * ((WIDTH - 0.4) / columns * aspect + title) + 0.75
    figure = Figure(figsize=(WIDTH, min(height, MOST_HEIGHT)), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.015, wspace=0.0, hspace=0.0)  # type: ignore[union-attr, call-arg]
    return figure, figure.add_gridspec(rows, columns)
