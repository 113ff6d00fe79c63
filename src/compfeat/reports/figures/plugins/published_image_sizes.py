"""The authors' saving image by image, in the order of their files: at one cut it comes from some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import note, panels, percent
from compfeat.reports.looks import Look, looks
from compfeat.reports.summary import Tables, cuts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SENT_BY = ["codec", "quality"]


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
    """Draw one panel a cut, of the codec with the largest files: the lossless one."""
    images = tables.csv("published_images.csv", "cut", *SENT_BY, "image_index", "baseline_bytes", "ratio")
    paired = tables.csv("published_paired.csv", "cut", *SENT_BY, "smaller_share", "saving_percent")
    means = images.groupby(SENT_BY, as_index=False)["baseline_bytes"].mean()
    largest = means.loc[means["baseline_bytes"].idxmax(), SENT_BY].tolist()
    chosen, shares = (table[(table[SENT_BY] == largest).all(axis=1)] for table in (images, paired))
    larger, smaller = looks(("larger", "smaller")).values()
    found = cuts(chosen)
    figure, axes = panels(1, len(found), 2.3, sharey=True)
    for ax, cut in zip(axes[0], found, strict=True):
        draw_ratios(ax, chosen[chosen["cut"] == cut], smaller, larger)
        ax.set_title(f"cut {cut}", loc="left", fontweight="bold")
        row = shares[shares["cut"] == cut].iloc[0]
        share = f"{100 * row['smaller_share']:.0f} % of the images smaller"
        note(ax, f"{share}\nall bytes: {percent(-row['saving_percent'])} %", x=0.03, y=0.96)
        ax.set_xlabel("image, in the authors' order")
    low, high = chosen["ratio"].min(), chosen["ratio"].max()
    axes[0][0].set_ylabel("relative size")
    axes[0][0].set_ylim(low - 0.03, high + 0.35 * (high - low))  # space for the note above the marks
    figure.legend(loc="outside upper center", ncols=2, handles=axes[0][0].collections, markerscale=2)
    return figure


def draw_ratios(ax: Axes, own: pd.DataFrame, smaller: Look, larger: Look) -> None:
    """Draw each image's ratio; those below 1 have a mark of their own."""
    ax.axhline(1.0, color="0.3", linewidth=0.7)
    for label, look, part in (("smaller", smaller, own["ratio"] < 1), ("not smaller", larger, own["ratio"] >= 1)):
        marks = own[part]
        ax.scatter(
            marks["image_index"], marks["ratio"], s=5, color=look.colour, marker=look.marker, linewidths=0, label=label
        )
