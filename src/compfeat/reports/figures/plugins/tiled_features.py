"""What is coded: what every method sends of one image, at every cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import WIDTH, fitted, panels, picture
from compfeat.reports.showcase import FILE, NEEDS, SENT, Showcase
from compfeat.reports.summary import Tables

if TYPE_CHECKING:
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
    rows = [(cut, methods[i : i + columns]) for cut in cuts for i in range(0, len(methods), columns)]
    width = WIDTH / columns - 0.1
    titles = {(c, m): fitted(title(showcase, c, m), width, SIZE) for c in cuts for m in methods}
    heights = []
    for cut, own in rows:
        lines = max(titles[cut, method].count("\n") + 1 for method in own)
        heights.append(max(aspect(showcase, cut, method) for method in own) * width + 0.13 * lines + 0.12)
    figure, axes = panels(len(rows), columns, sum(heights) + 0.1, height_ratios=heights)
    for row, (cut, own) in zip(axes, rows, strict=True):
        for ax, method in zip(row, [*own, *[""] * (columns - len(own))], strict=True):
            point = showcase.uncoded(cut, method)
            sent = None if point is None else showcase.output(point, SENT)
            if sent is None:
                ax.set_axis_off()
                continue
            picture(ax, sent, cmap="gray", vmin=0, vmax=255)
            ax.set_title(titles[cut, method], fontsize=SIZE, loc="left", pad=3)
    return figure


def aspect(showcase: Showcase, cut: str, method: str) -> float:
    """Return height over width of what a method sends."""
    point = showcase.uncoded(cut, method)
    sent = None if point is None else showcase.output(point, SENT)
    return 0.0 if sent is None else sent.shape[0] / sent.shape[1]


def title(showcase: Showcase, cut: str, method: str) -> str:
    """Return cut, method and lossless size."""
    point = showcase.uncoded(cut, method)
    coded = None if point is None else showcase.coded_losslessly(point)
    more = "" if coded is None else f"\n{showcase.weight(coded)} ({coded.codec.upper()} {coded.quality})"
    return f"cut {cut}, {showcase.labels[method]}{more}"
