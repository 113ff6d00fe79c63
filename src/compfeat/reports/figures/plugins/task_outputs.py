"""What the receiver makes of one image: the tasks' outputs with every method at about equal bytes."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import MOST_HEIGHT, WIDTH, fitted, grid, picture
from compfeat.reports.showcase import FILE, NEEDS, Showcase, ShownTask, shown_tasks
from compfeat.reports.summary import Tables, metrics_by_task
from compfeat.settings.runs import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 2
"""Up to this many methods, each is shown without coding and coded at two rates; more methods are shown at one rate."""
LABEL = 1.2
"""Width of the labels at the left (inches)."""


@figure(
    "task_outputs",
    needs=NEEDS,
    category="Features",
    caption=(
        "One image: the ground truth, then what the task decoders make of what each method sends, coded to about equal bytes "
        "(bytes of this image with side information; bpe: bits per feature element). One or two methods are shown without coding, "
        "too, and at two rates. Black or grey pixels have no ground truth."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw the first image of the showcase at the first cut: a column for each task."""
    showcase = next(iter(Showcase.every(tables)), None)
    tasks = [] if showcase is None else shown_tasks(showcase, metrics_by_task(tables))
    if showcase is None or not tasks:
        raise DataError(f"{tables.path(FILE)}: no task's output in it; rerun the stages evaluate and gather")
    cut = showcase.cuts()[0]
    rows: list[Point | None] = [None, *chosen(showcase, cut)]

    def draw_panel(ax: Axes, point: Point | None, task: ShownTask) -> None:
        output = task.truth(showcase) if point is None else showcase.output(point, task.name)
        if output is None:
            ax.set_axis_off()
        else:
            picture(ax, task.picture(showcase, output))
        if point is not None and task is tasks[0]:
            ax.set_ylabel(label(showcase, point), fontsize=7, rotation=0, ha="right", va="center")
        if point is None:
            scale = task.scale(showcase)
            ax.set_title(f"{task.task.title}{f' ({task.unit})' if scale and task.unit else ''}", fontsize=7, pad=3)
            if scale:
                draw_scale(ax, showcase, task, *scale)

    image = showcase.fields().get("image")
    aspect = 0.5 if image is None else image.shape[0] / image.shape[1]
    width = (WIDTH - LABEL) / len(tasks)
    height = min(width * aspect + 0.05, (MOST_HEIGHT - 1.2) / len(rows))
    drawn = grid(rows, tasks, draw_panel, [height + 0.18, *[height] * (len(rows) - 1)])
    drawn.suptitle(f"cut {cut}, {showcase.image_id}: ground truth (top) and outputs", fontsize=7)
    name_classes(drawn, {name: colour for task in tasks for name, colour in task.classes(showcase).items()})
    return drawn


def chosen(showcase: Showcase, cut: str) -> list[Point]:
    """Return the points to show: of each method those with about as many bytes as the others'."""
    coded = {m: [p for p in showcase.of(cut, m) if p in showcase.sizes] for m in showcase.labels}
    coded = {method: points for method, points in coded.items() if points}
    sizes = [sorted(showcase.sizes[p] for p in points) for points in coded.values()]
    low, high = (log(end) for end in (max(s[0] for s in sizes), min(s[-1] for s in sizes))) if sizes else (0.0, 0.0)
    few = len(showcase.labels) <= FEW
    levels = [0.75, 0.25] if few else [0.5]
    points = [p for m in showcase.labels if (few or m not in coded) and (p := showcase.uncoded(cut, m)) is not None]
    for target in (low + level * (high - low) for level in levels):
        points += [min(own, key=lambda p: abs(log(showcase.sizes[p]) - target)) for own in coded.values()]
    return points


def label(showcase: Showcase, point: Point) -> str:
    """Return what a row says of its point: method, codec, quality and what the image weighs."""
    lines = [showcase.labels[point.run.method], showcase.coding(point), *showcase.weight(point).split(", ")]
    return fitted("\n".join(line for line in lines if line), LABEL - 0.1, 7)


def draw_scale(ax: Axes, showcase: Showcase, task: ShownTask, low: float, high: float) -> None:
    """Draw the colours of values from ``low`` to ``high`` below a panel."""
    scale = ax.inset_axes((0.1, -0.1, 0.8, 0.06))
    values = np.linspace(low, high, 128, dtype=np.float32)[None]
    picture(scale, task.picture(showcase, values), extent=(low, high, 0, 1), aspect="auto")
    scale.set_xticks([low, (low + high) / 2, high], [f"{x:.3g}" for x in (low, (low + high) / 2, high)])
    scale.tick_params(labelsize=7, length=1.5, pad=1)


def name_classes(figure: Figure, classes: dict[str, str]) -> None:
    """Name the classes of the ground truth below the panels."""
    from matplotlib.patches import Patch

    patches = [Patch(facecolor=colour, label=name) for name, colour in classes.items()]
    if patches:
        look = {"ncols": 8, "fontsize": 6, "handlelength": 1, "columnspacing": 1.2}
        figure.legend(handles=patches, loc="outside lower center", **look)
