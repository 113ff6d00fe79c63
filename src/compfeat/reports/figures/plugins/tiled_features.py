"""What is coded: what every method sends of one image, at every cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import WIDTH, fitted, grid, picture
from compfeat.reports.showcase import FILE, NEEDS, SENT, Showcase
from compfeat.reports.summary import Tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = 7
"""Of the titles (points)."""
MOST_COLUMNS = 3


@figure(
    "tiled_features",
    needs=NEEDS,
    category="Features",
    caption=(
        "What is sent of one image before it is coded: the features as 8-bit codes, their channels side by side as one grey image, "
        "or the image itself. Black is the lowest code, white the highest. Sizes are of this image in the lossless codec that makes "
        "it smallest, side information included (bpe: bits per feature element)."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw the methods of each cut, at most MOST_COLUMNS in a row."""
    showcase = next(iter(Showcase.every(tables)), None)
    cuts, labels = ([], {}) if showcase is None else (showcase.cuts(), showcase.labels)
    columns = min(len(labels), MOST_COLUMNS if len(labels) != 4 else 2)
    if showcase is None or not columns:
        raise DataError(f"{tables.path(FILE)}: no pictures in it; rerun the stages evaluate and gather")
    methods = list(labels)
    width = WIDTH / columns - 0.1
    titles = {(cut, method): fitted(title(showcase, cut, method), width, SIZE) for cut in cuts for method in methods}
    rows = [(cut, methods[i : i + columns]) for cut in cuts for i in range(0, len(methods), columns)]

    def draw_panel(ax: Axes, row: tuple[str, list[str]], column: int) -> None:
        cut, own = row
        sent = sent_picture(showcase, cut, own[column]) if column < len(own) else None
        if sent is None:
            ax.set_axis_off()
            return
        picture(ax, sent, cmap="gray", vmin=0, vmax=255)
        ax.set_title(titles[cut, own[column]], fontsize=SIZE, loc="left", pad=3)

    heights = []
    for cut, own in rows:
        lines = max(titles[cut, method].count("\n") + 1 for method in own)
        shapes = [sent.shape for method in own if (sent := sent_picture(showcase, cut, method)) is not None]
        heights.append(max((h / w for h, w, *_ in shapes), default=0.0) * width + 0.13 * lines + 0.12)
    return grid(rows, range(columns), draw_panel, heights)


def sent_picture(showcase: Showcase, cut: str, method: str) -> NDArray[Any] | None:
    """Return what a method sends, as a picture; None if there is none."""
    point = showcase.uncoded(cut, method)
    return None if point is None else showcase.output(point, SENT)


def title(showcase: Showcase, cut: str, method: str) -> str:
    """Return cut, method and lossless size."""
    point = showcase.uncoded(cut, method)
    coded = None if point is None else showcase.coded_losslessly(point)
    more = "" if coded is None else f"\n{showcase.weight(coded)} ({showcase.coding(coded)})"
    return f"cut {cut}, {showcase.labels[method]}{more}"
