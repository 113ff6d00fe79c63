"""What is coded: one scene's tiled features under every loss and cut."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from compfeat.figures import Tables, figure
from compfeat.figures._pictures import Showcase
from compfeat.figures._style import DOUBLE_COLUMN, panels, picture
from compfeat.grid import UNCODED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABELS = 0.46
"""Height (inches) of what is written above a row of images."""
CODECS = ("hevc", "png")
"""Codecs whose lossless size is told, the first that was used."""


@figure(
    "tiled_features",
    needs=("showcase.npz", "points.csv", "per_image.csv"),
    category="Features",
    caption=(
        "The quantised features of one scene, its channels tiled in raster order into one grey image, as a codec gets them. "
        "Black is code 0 (each tensor's minimum), white 255 (its maximum), alike in all panels. Sizes are of this image, "
        "coded losslessly, side information included."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw cuts as rows and losses as columns."""
    showcase = Showcase.of(tables)
    cuts, losses = showcase.cuts(), showcase.losses()
    aspects = [max(aspect(showcase, cut, loss) for loss in losses) for cut in cuts]
    width = (DOUBLE_COLUMN - 0.5) / len(losses)
    heights = [width * ratio + LABELS for ratio in aspects]
    figure, axes = panels(len(cuts), len(losses), sum(heights) + 0.3, height_ratios=heights)
    shown = None
    for row, cut in zip(axes, cuts, strict=True):
        for ax, loss in zip(row, losses, strict=True):
            point = showcase.find(cut, loss, UNCODED, "u8")
            tiles = None if point is None else showcase.output(point, "tiles")
            if tiles is None:
                ax.set_axis_off()
                continue
            shown = picture(ax, tiles, cmap="gray", vmin=0, vmax=255)
            ax.set_title(title(showcase, cut, loss), fontsize=7, loc="left")
    if shown is not None:
        bar = figure.colorbar(
            shown, ax=axes, location="bottom", shrink=0.3, aspect=30, pad=0.02, ticks=[0, 64, 128, 192, 255]
        )
        bar.set_label("code (8 bits)", fontsize=7)
    return figure


def aspect(showcase: Showcase, cut: str, loss: str) -> float:
    """Return height over width of a run's tiled image."""
    point = showcase.find(cut, loss, UNCODED, "u8")
    tiles = None if point is None else showcase.output(point, "tiles")
    return 0.25 if tiles is None else tiles.shape[0] / tiles.shape[1]


def title(showcase: Showcase, cut: str, loss: str) -> str:
    """Return cut, loss and lossless size."""
    u8 = showcase.find(cut, loss, UNCODED, "u8")
    for codec in CODECS if u8 is not None else ():
        assert u8 is not None
        coded = replace(u8, codec=codec, quality="lossless")
        size, rate = showcase.size_bytes(coded), showcase.rate_bpe(coded)
        if size is not None and rate is not None:
            return f"{cut}, {loss}: {size:,} B, {rate:.2f} bits per element\n(lossless {codec.upper()})"
    return f"{cut}, {loss}"
