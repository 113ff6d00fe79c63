"""What single images weigh with each method, and whether a saving is spread over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import few_ticks, fitted, panels, thousands_ticks
from compfeat.reports.looks import looks
from compfeat.reports.showcase import BYTES
from compfeat.reports.summary import POINT, Tables, comparisons, cuts, methods, qualities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of the images: at a box's left whisker, left edge, line, right edge, right whisker."""
ROW = 0.15
"""Height of a box with its margins (inches)."""
Box = tuple[str, str, "pd.Series[float]"]
"""Label, colour and values; of no values there is no box."""


@figure(
    "image_sizes",
    needs=("per_image.csv", "experiment.json"),
    category="Rate and accuracy",
    caption=(
        "Sizes of the val images by each codec at its finest quality, side information included, all seeds together. A box "
        "contains half of the images, its line is the median, its whiskers enclose 90 % of them. Upper panels of a cut: bytes. "
        "Lower panels: size of the same image relative to the method that it is compared with; left of 1 it got smaller."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw codecs as columns; sizes and paired ratios of each cut as rows."""
    coded = tables.csv("per_image.csv", *POINT, "image_id", *BYTES).dropna(subset=BYTES)
    if coded.empty:
        raise DataError(
            f"{tables.path('per_image.csv')}: no coded images; add a codec to the config and rerun summarise"
        )
    coded = coded.assign(size=coded[BYTES].sum(axis=1))
    labels = {method: label for method, label in methods(tables).items() if (coded["method"] == method).any()}
    pairs = list(dict.fromkeys((c.method, c.against) for c in comparisons(tables) if c.ladder == c.against_ladder))
    finest: dict[str, str] = {}
    for codec, quality in qualities(tables):
        if ((coded["codec"] == codec) & (coded["quality"] == quality)).any():
            finest.setdefault(codec, quality)
    found = cuts(coded)
    heights = [0.1 + ROW * len(labels), *([0.1 + ROW * len(pairs)] if pairs else [])] * len(found)
    height = 0.3 + sum(heights) + 0.45 * len(heights)
    figure, axes = panels(len(heights), len(finest), height, sharey="row", height_ratios=heights)
    for number, (codec, quality) in enumerate(finest.items()):
        axes[0][number].set_title(f"{codec.upper()} {quality}")
        for cut, rows in zip(found, axes[:, number].reshape(len(found), -1), strict=True):
            own = coded[(coded["cut"] == cut) & (coded["codec"] == codec) & (coded["quality"] == quality)]
            wide = own.pivot_table(index=["seed", "image_id"], columns="method", values="size")
            wide = wide.reindex(columns=list(labels))
            draw_boxes(rows[0], sizes(wide, labels), "bytes per image")
            thousands_ticks(rows[0], 3)
            if pairs:
                rows[1].axvline(1.0, color="0.3", linewidth=0.7, zorder=0)
                draw_boxes(rows[1], ratios(wide, pairs, labels), "relative size")
                few_ticks(rows[1], "x", 3)
            if number == 0:
                rows[0].set_ylabel(f"cut {cut}")
    return figure


def sizes(wide: pd.DataFrame, labels: dict[str, str]) -> list[Box]:
    """Return a box for each method, from the sizes by image (rows) and method (columns)."""
    return [(label, looks(labels)[method].colour, wide[method].dropna()) for method, label in labels.items()]


def ratios(wide: pd.DataFrame, pairs: Sequence[tuple[str, str]], labels: dict[str, str]) -> list[Box]:
    """Return a box for each method and the one that it is compared with."""
    several = len({against for _, against in pairs}) > 1
    made = []
    for method, against in pairs:
        known = method in wide and against in wide
        label = (
            f"{labels.get(method, method)} / {labels.get(against, against)}" if several else labels.get(method, method)
        )
        values = (wide[method] / wide[against]).dropna() if known else pd.Series(dtype=float)
        made.append((label, looks(labels)[method].colour if known else "0.5", values))
    return made


def draw_boxes(ax: Axes, boxes: Sequence[Box], label: str) -> None:
    """Draw a row a box, the first at the top."""
    for y, (_, colour, values) in enumerate(boxes):
        if len(values):
            low, left, middle, right, high = values.quantile(SHARES)
            ax.plot([low, high], [y, y], color=colour, linewidth=1)
            ax.barh(y, right - left, left=left, height=0.6, facecolor=tint(colour), edgecolor=colour, linewidth=0.8)
            ax.plot([middle, middle], [y - 0.3, y + 0.3], color="0.1", linewidth=1.4)
    ax.set_yticks(range(len(boxes)), [fitted(name, 1.4, 7) for name, _, _ in boxes])
    ax.set_ylim(len(boxes) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.set_xlabel(label)


def tint(colour: str) -> Any:
    """Return a colour mixed with white."""
    from matplotlib.colors import to_rgb

    return tuple(0.45 * part + 0.55 for part in to_rgb(colour))
