"""One style for all figures: sizes for print, colours that the colour-blind can tell, and marks that survive grey print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SINGLE_COLUMN, DOUBLE_COLUMN = 3.4, 7.0
"""Widths (inches) of one column of print and of both."""
ANCHOR_LOSS = "baseline"
MARKERS = ("o", "s", "^", "D", "v", "P")
LINE_STYLES: tuple[Any, ...] = ("--", "-", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
GREY = "0.45"
FONT_SIZES = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "figure.titlesize": 9,
}
LINES = {
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "axes.linewidth": 0.7,
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
}
GRID = {"axes.grid": True, "grid.color": "0.9", "legend.frameon": False}
OUTPUT = {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.hashsalt": "compfeat", "font.family": ["DejaVu Sans"]}


@dataclass(frozen=True)
class Look:
    """What one loss is drawn with."""

    color: tuple[float, float, float]
    marker: str
    linestyle: Any

    def line(self, **changes: Any) -> dict[str, Any]:
        """Return keyword arguments of ``Axes.plot``: this look, but for ``changes``."""
        look = {"color": self.color, "marker": self.marker, "linestyle": self.linestyle}
        return look | {"markeredgecolor": "white", "markeredgewidth": 0.4} | changes


@contextmanager
def theme() -> Iterator[None]:
    """Set the style within a with block. The user's own matplotlib settings do not count."""
    import matplotlib as mpl
    import seaborn as sns

    with mpl.rc_context():
        mpl.rcdefaults()
        sns.set_theme(context="paper", style="ticks", palette="colorblind")
        for name, value in (FONT_SIZES | LINES | OUTPUT | GRID).items():
            mpl.rcParams[name] = value  # type: ignore[index]
        yield


def looks(losses: Iterable[str]) -> dict[str, Look]:
    """Return the look of each loss: the baseline first, then the others by name."""
    import seaborn as sns

    ordered = sorted(set(losses), key=lambda loss: (loss != ANCHOR_LOSS, loss))
    colors = sns.color_palette("colorblind")
    start = 0 if ANCHOR_LOSS in ordered else 1
    kinds = range(start, start + len(ordered))
    return {
        loss: Look(colors[i % len(colors)], MARKERS[i % len(MARKERS)], LINE_STYLES[i % len(LINE_STYLES)])
        for i, loss in zip(kinds, ordered, strict=True)
    }


def panels(
    rows: int, columns: int, height: float, width: float = DOUBLE_COLUMN, **options: Any
) -> tuple[Figure, NDArray[Any]]:
    """Return a figure (sizes in inches) and its axes, always an array rows x columns; it belongs to no window."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes: NDArray[Any] = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def loss_legend(figure: Figure, styles: Mapping[str, Look], extra: Sequence[tuple[str, dict[str, Any]]] = ()) -> None:
    """Put one legend for the whole figure above its panels: the losses, then ``extra`` lines (label, look)."""
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], label=loss, **look.line()) for loss, look in styles.items()]
    lines += [Line2D([], [], label=label, **look) for label, look in extra]
    figure.legend(handles=lines, loc="outside upper center", ncols=min(len(lines), 5), handlelength=2.6)


def note(ax: Axes, text: str, x: float = 0.97, y: float = 0.04, **options: Any) -> None:
    """Write into a corner of a panel, in axes coordinates; by default the lower right one."""
    box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
    look: dict[str, Any] = {"fontsize": 6.5, "bbox": box, "linespacing": 1.25}
    look |= {"ha": "right" if x > 0.5 else "left", "va": "top" if y > 0.5 else "bottom"}
    ax.text(x, y, text, transform=ax.transAxes, **(look | options))


def thin_lines(ax: Axes, table: pd.DataFrame, x: str, y: str, look: Look, **changes: Any) -> None:
    """Draw a thin line a seed, where the table has several seeds."""
    if len(table["seed"].unique()) > 1:
        for _, seed in table.groupby("seed"):
            line = seed.sort_values(x)
            ax.plot(line[x], line[y], **look.line(marker="", linewidth=0.5, alpha=0.5, **changes))


def few_ticks(ax: Axes, axis: str, number: int = 4) -> None:
    """Put at most ``number`` plain ticks (no offsets) on a linear axis, ``x`` or ``y``."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_major_locator(MaxNLocator(number))
    which.set_major_formatter(ScalarFormatter(useOffset=False))


def picture(ax: Axes, image: NDArray[Any], **options: Any) -> Any:
    """Show an image without ticks or grid, its pixels sharp; return the artist."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    return ax.imshow(image, interpolation="nearest", **options)


def widen(ax: Axes, share: float = 0.02) -> None:
    """Widen the y axis until it spans ``share`` of its values, so that noise does not look like an effect."""
    low, high = sorted(ax.get_ylim())
    least = share * max(abs(low), abs(high))
    if np.isfinite(least) and high - low < least:
        middle = (low + high) / 2
        ax.set_ylim(middle - least / 2, middle + least / 2)
