"""The authors' saving image by image, in the order of their files: at one cut it comes from some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import grid, line_entries, note, seaborn_look
from compfeat.reports.labels import percent
from compfeat.reports.looks import looks
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
    """Draw one panel for each cut, of the codec with the largest files: the lossless one."""
    import seaborn as sns

    images = tables.csv("published_images.csv", "cut", *SENT_BY, "image_index", "baseline_bytes", "ratio")
    paired = tables.csv("published_paired.csv", "cut", *SENT_BY, "smaller_share", "saving_percent")
    means = images.groupby(SENT_BY, as_index=False)["baseline_bytes"].mean()
    largest = means.loc[means["baseline_bytes"].idxmax(), SENT_BY].tolist()
    chosen, shares = (table[(table[SENT_BY] == largest).all(axis=1)] for table in (images, paired))
    chosen = chosen.assign(kind=(chosen["ratio"] < 1).map({True: "smaller", False: "not smaller"}))
    styles = looks(("not smaller", "smaller"))
    low, high = chosen["ratio"].min(), chosen["ratio"].max()

    def draw_panel(ax: Axes, _: None, cut: str) -> None:
        ax.axhline(1.0, color="0.3", linewidth=0.7)
        own = chosen[chosen["cut"] == cut]
        look = seaborn_look("kind", styles) | {"s": 5, "linewidth": 0, "legend": False}
        sns.scatterplot(own, x="image_index", y="ratio", **look, ax=ax)
        ax.set(title=f"cut {cut}", xlabel="image, in the authors' order", ylabel="relative size")
        ax.set_ylim(low - 0.03, high + 0.35 * (high - low))  # space for the note above the marks
        row = shares[shares["cut"] == cut].iloc[0]
        share = f"{100 * row['smaller_share']:.0f} % of the images smaller"
        note(ax, [(f"{share}\nall bytes: {percent(-row['saving_percent'])}", "0.2")])

    return grid([None], cuts(chosen), draw_panel, 2.0, line_entries(styles, linestyle=""), sharey=True)
