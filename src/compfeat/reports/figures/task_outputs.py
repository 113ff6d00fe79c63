"""What the cloud makes of one scene at falling rates: the tasks' outputs under every loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.features.archive import Arrays
from compfeat.figures import Tables, figure
from compfeat.figures._classes import palette
from compfeat.figures._pictures import Showcase
from compfeat.figures._style import DOUBLE_COLUMN, picture
from compfeat.grid import UNCODED, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRUTH = {"segmentation": "labels", "disparity": "disparity_px", "reconstruction": "image"}
"""Each task's ground truth, in the order of the rows."""
TRUTH_LABELS = {"segmentation": "ground truth", "disparity": "ground truth (px)", "reconstruction": "input"}
LOSSY_COLUMNS = 3
Show = Callable[["Axes", NDArray[Any]], Any]


@figure(
    "task_outputs",
    needs=("showcase.npz", "points.csv", "per_image.csv"),
    category="Features",
    caption=(
        "One val image: ground truth, then what the task decoders make of its features, quantised to 8 bits and coded at "
        "falling rates (bpe: bits per feature element of this image; bytes with side information). Colours of the classes "
        "are those of Cityscapes; white is not labelled, grey in the disparity has no ground truth."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw tasks and losses as rows, ground truth and rates as columns, for the first cut."""
    showcase = Showcase.of(tables)
    cut, losses = showcase.cuts()[0], showcase.losses()
    rates = columns(showcase, cut)
    tasks = [task for task in TRUTH if any(showcase.output(point, task) is not None for point in showcase.points)]
    if not tasks:
        raise DataError(f"{tables.folder}/showcase.npz: holds no task's output; rerun the stages evaluate and collect")
    figure, grid = layout(showcase, len(tasks), len(losses), len(rates))
    for t, task in enumerate(tasks):
        show = shower(task, showcase)
        draw_truth(figure.add_subplot(grid[t * len(losses) : (t + 1) * len(losses), 0]), showcase, task, show)
        for r, loss in enumerate(losses):
            for c, (codec, quality) in enumerate(rates):
                ax = figure.add_subplot(grid[t * len(losses) + r, c + 1])
                draw_output(ax, showcase, showcase.find(cut, loss, codec, quality), task, show)
                if c == 0:
                    ax.set_ylabel(loss, fontsize=6)
    figure.suptitle(f"cut {cut}, {showcase.image_id}", fontsize=7)
    if "segmentation" in tasks:
        class_legend(figure, showcase.arrays, showcase.truth("labels"))
    return figure


def layout(showcase: Showcase, tasks: int, losses: int, rates: int) -> tuple[Figure, Any]:
    """Return the figure and its grid: a column for the ground truth, one a rate; a row for each task and loss."""
    from matplotlib.figure import Figure

    image = showcase.truth("image")
    aspect = 0.5 if image is None else image.shape[0] / image.shape[1]
    height = tasks * losses * ((DOUBLE_COLUMN - 0.4) / (rates + 1) * aspect + 0.07) + 0.75
    figure = Figure(figsize=(DOUBLE_COLUMN, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.015, wspace=0.0, hspace=0.0)  # type: ignore[union-attr, call-arg]
    return figure, figure.add_gridspec(tasks * losses, rates + 1)


def columns(showcase: Showcase, cut: str) -> list[tuple[str, str]]:
    """Return codec and quality of the columns: the uncoded features, then some of one codec from fine to coarse.

    The codec is the one with the most lossy points (of equals ``hevc``), the rates those of the first loss.
    """
    own = [p for p in showcase.points if p.run.cut == cut and p.run.loss == showcase.losses()[0]]
    lossy = [p for p in own if p.codec != UNCODED]
    counts = {codec: sum(p.codec == codec for p in lossy) for codec in sorted({p.codec for p in lossy})}
    if not counts:
        return [(UNCODED, "u8")]
    codec = max(counts, key=lambda name: (counts[name], name == "hevc"))
    ordered = sorted((p for p in lossy if p.codec == codec), key=lambda p: -(showcase.rate_bpe(p) or 0.0))
    # The finest lossy quality looks like the uncoded features: leave it out where there are others to show.
    useful = ordered[1:] if len(ordered) > LOSSY_COLUMNS else ordered
    kept = np.linspace(0, len(useful) - 1, min(LOSSY_COLUMNS, len(useful))).round().astype(int)
    return [(UNCODED, "u8"), *((useful[i].codec, useful[i].quality) for i in kept)]


def shower(task: str, showcase: Showcase) -> Show:
    """Return what puts a task's output into a panel, on a scale that all its panels share."""
    if task == "segmentation":
        colors = palette([str(name) for name in showcase.arrays.get("class_names", np.array([]))])
        return lambda ax, labels: picture(ax, colors[labels.astype(np.uint8)])
    if task == "reconstruction":
        return lambda ax, image: picture(ax, image)
    truth = showcase.truth("disparity_px")
    high = float(truth.max()) if truth is not None and truth.max() > 0 else None

    def show(ax: Axes, disparity: NDArray[Any]) -> Any:
        ax.set_facecolor("0.6")
        return picture(ax, disparity.astype(np.float32), cmap="viridis", vmin=0, vmax=high)

    return show


def draw_truth(ax: Axes, showcase: Showcase, task: str, show: Show) -> None:
    """Draw a task's ground truth beside its rows; the disparity with its scale below."""
    truth = showcase.truth(TRUTH[task])
    if truth is None:
        ax.set_axis_off()
        return
    valid = np.ma.masked_equal(truth, 0) if task == "disparity" else truth
    shown = show(ax, valid)
    ax.set_title(f"{task}:\n{TRUTH_LABELS[task]}", fontsize=6.5, pad=2)
    if task == "disparity":
        low = ax.inset_axes((0.1, -0.2, 0.8, 0.07))
        ax.figure.colorbar(shown, cax=low, orientation="horizontal")
        low.tick_params(labelsize=5.5, length=1.5, pad=1)


def draw_output(ax: Axes, showcase: Showcase, point: Point | None, task: str, show: Show) -> None:
    """Draw a task's output at a point, with its rate above."""
    output = None if point is None else showcase.output(point, task)
    if point is None or output is None:
        ax.set_axis_off()
        return
    show(ax, output)
    ax.set_title(showcase.weight(point), fontsize=5.5, pad=1.5)


def class_legend(figure: Figure, arrays: Arrays, labels: NDArray[Any] | None) -> None:
    """Name the classes of the ground truth below the panels."""
    from matplotlib.patches import Patch

    names = [str(name) for name in arrays.get("class_names", np.array([]))]
    present = [] if labels is None else [i for i in np.unique(labels).tolist() if i < len(names)]
    colors = palette(names) / 255
    patches = [Patch(facecolor=tuple(colors[i]), label=names[i]) for i in present]
    figure.legend(handles=patches, loc="outside lower center", ncols=8, fontsize=6, handlelength=1, columnspacing=1.2)
