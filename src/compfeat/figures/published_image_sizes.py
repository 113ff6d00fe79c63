"""The authors' saving image by image, in the order of their files: at cut c512 it comes from some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from compfeat.figures import Tables, figure
from compfeat.figures._style import Look, looks, note, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CODEC, QUALITY = "png", "lossless"


@figure(
    "published_image_sizes",
    needs=("published_images.csv", "published_paired.csv"),
    category="The authors' numbers",
    caption=(
        "Size of each of the authors' 500 images (PNG) with the compressible loss relative to the baseline, in the order of "
        "their files. Below 1 the image got smaller. At c256 nearly all did; at c512 about half of them, in one block."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw one panel a cut."""
    images = tables.csv("published_images.csv", "cut", "codec", "quality", "image_index", "ratio")
    paired = tables.csv("published_paired.csv", "cut", "codec", "quality", "smaller_share", "saving_percent")
    chosen, told = (table[(table["codec"] == CODEC) & (table["quality"] == QUALITY)] for table in (images, paired))
    cuts = sorted(chosen["cut"].unique())
    smaller, larger = reversed(looks(["baseline", "compressible"]).values())
    figure, axes = panels(1, len(cuts), 2.3, sharey=True)
    for ax, cut in zip(axes[0], cuts, strict=True):
        draw_ratios(ax, chosen[chosen["cut"] == cut], smaller, larger)
        ax.set_title(f"cut {cut}", loc="left", fontweight="bold")
        row = told[told["cut"] == cut].iloc[0]
        text = f"{100 * row['smaller_share']:.0f} % of the images smaller\nall bytes: {-row['saving_percent']:+.1f} %"
        note(ax, text.replace("-", "−"), x=0.03, y=0.96)
        ax.set_xlabel("image, in the authors' order")
    low, high = chosen["ratio"].min(), chosen["ratio"].max()
    axes[0][0].set_ylabel("size / size of baseline")
    axes[0][0].set_ylim(low - 0.03, high + 0.35 * (high - low))  # room for the note above the marks
    figure.legend(loc="outside upper center", ncols=2, handles=axes[0][0].collections, markerscale=2)
    return figure


def draw_ratios(ax: Axes, own: pd.DataFrame, smaller: Look, larger: Look) -> None:
    """Draw each image's ratio, told apart by whether it is below 1."""
    ax.axhline(1.0, color="0.3", linewidth=0.7)
    for label, look, part in (("smaller", smaller, own["ratio"] < 1), ("not smaller", larger, own["ratio"] >= 1)):
        marks = own[part]
        ax.scatter(
            marks["image_index"], marks["ratio"], s=5, color=look.color, marker=look.marker, linewidths=0, label=label
        )
