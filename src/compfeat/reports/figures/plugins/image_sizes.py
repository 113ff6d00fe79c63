"""What single images weigh with each method, and whether a saving is spread over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import few_ticks, fitted, grid
from compfeat.reports.looks import looks
from compfeat.reports.showcase import BYTES
from compfeat.reports.summary import POINT, Tables, codec_labels, comparisons, cuts, methods, qualities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE, RATIO = "bytes per image", "relative size"
ROW = 0.15
"""Height of a box with its margins (inches)."""


@figure(
    "image_sizes",
    needs=("per_image.csv", "experiment.json"),
    category="Rate and accuracy",
    caption=(
        "Sizes of the evaluated images by each codec at the finest quality of the first method that has it, side information "
        "included, all seeds together. A box contains half of the images, its line is the median, its whiskers enclose 90 % of them. "
        "Upper panels of a cut: bytes. Lower panels: size of the same image relative to the method that it is compared with; a value "
        "below 1 is a smaller file."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw codecs as columns; sizes and paired ratios of each cut as rows."""
    coded = tables.csv("per_image.csv", *POINT, "image_id", *BYTES).dropna(subset=BYTES)
    if coded.empty:
        raise DataError(
            f"{tables.path('per_image.csv')}: no coded images; add a codec to the config and rerun summarise"
        )
    there = set(zip(coded["method"], coded["codec"], coded["quality"], strict=True))
    finest: dict[str, str] = {}
    for method in methods(tables):
        for codec, quality in qualities(tables):
            if (method, codec, quality) in there:
                finest.setdefault(codec, quality)
    coded = coded[coded["quality"] == coded["codec"].map(finest)].assign(size=coded[BYTES].sum(axis=1))
    labels = {method: label for method, label in methods(tables).items() if (coded["method"] == method).any()}
    styles = looks(methods(tables))
    image = ["cut", "codec", "seed", "image_id"]
    wide = coded.pivot_table(index=image, columns="method", values="size").reset_index()
    pairs = {
        (c.method, c.against): f"{labels[c.method]} / {labels[c.against]}"
        for c in comparisons(tables)
        if c.ladder == c.against_ladder and {c.method, c.against} <= set(labels)
        if (wide[c.method] / wide[c.against]).notna().any()
    }
    values = {SIZE: {label: wide[method] for method, label in labels.items()}}
    values[RATIO] = {label: wide[method] / wide[against] for (method, against), label in pairs.items()}
    colours = {SIZE: [styles[m].colour for m in labels], RATIO: [styles[m].colour for m, _ in pairs]}

    def draw_panel(ax: Axes, row: tuple[str, str], codec: str) -> None:
        import seaborn as sns

        cut, kind = row
        here = (wide["cut"] == cut) & (wide["codec"] == codec)
        boxes = pd.DataFrame({name: own[here] for name, own in values[kind].items()})
        look: dict[str, Any] = {"whis": (5, 95), "showfliers": False, "width": 0.6, "linewidth": 0.8, "showcaps": False}
        look |= {"palette": colours[kind], "saturation": 0.8, "boxprops": {"alpha": 0.6}}
        if boxes.notna().any().any():
            sns.boxplot(boxes, orient="h", **look, medianprops={"color": "0.1", "linewidth": 1.4}, ax=ax)
            few_ticks(ax, "x", 3)
            if kind == RATIO:
                ax.axvline(1.0, color="0.3", linewidth=0.7, zorder=0)
        else:
            ax.set_axis_off()
        ax.set_yticks(range(len(boxes.columns)), [fitted(str(name), 1.5, 7) for name in boxes])
        ax.set(xlabel=kind, ylim=(len(boxes.columns) - 0.4, -0.6), ylabel=f"cut {cut}" if kind == SIZE else "")
        if row is rows[0]:
            ax.set_title(f"{codec_labels(tables)[codec]} {finest[codec]}")
        ax.grid(False, axis="y")

    rows = [(cut, kind) for cut in cuts(coded) for kind in (SIZE, *([RATIO] if pairs else []))]
    heights = [0.55 + ROW * len(values[kind]) for _, kind in rows]
    return grid(rows, list(finest), draw_panel, heights, sharey="row")
