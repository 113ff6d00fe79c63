"""One style for all figures: sizes for print, legends, ticks, and how many methods share a panel."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from compfeat.reports.looks import Look

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

T = TypeVar("T")
WIDTH, MOST_HEIGHT = 7.0, 9.0
"""Of a figure across both columns of print (inches)."""
MOST_LINES = 3
"""Methods that are drawn in full in one panel."""
MOST_ROWS = 9
"""Rows of panels beyond which more lines share a panel."""
GREY = "0.45"
CONTEXT: dict[str, Any] = {"color": "0.85", "linewidth": 0.7, "zorder": 0.5}
"""How the methods of other panels are drawn, for comparison."""
RC = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "figure.titlesize": 8,
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
    "axes.grid": True,
    "grid.color": "0.9",
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.hashsalt": "compfeat",
    "font.family": ["DejaVu Sans"],
    # A label with dollars in it is no formula.
    "text.parse_math": False,
    "text.usetex": False,
}
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@contextmanager
def theme() -> Iterator[None]:
    """Set the style within a with block. The user's own matplotlib settings do not count."""
    import matplotlib as mpl
    import seaborn as sns

    with mpl.rc_context():
        mpl.rcdefaults()
        sns.set_theme(context="paper", style="ticks", palette="colorblind")
        for name, value in RC.items():
            mpl.rcParams[name] = value  # type: ignore[index]
        yield


def grouped(first: Sequence[T], others: Sequence[T], rows: int = 1) -> list[list[T]]:
    """Return which items share a panel, each group with ``first`` (an anchor, or nothing) before its share of ``others``.

    Args:
        rows: rows of panels that every group takes; many of them make the groups larger.
    """
    if len(first) + len(others) <= MOST_LINES:
        return [[*first, *others]]
    size = MOST_LINES - len(first)
    while -(-len(others) // size) * rows > MOST_ROWS and size < len(others):
        size += 1
    count = -(-len(others) // size)
    return [[*first, *others[len(others) * i // count : len(others) * (i + 1) // count]] for i in range(count)]


def panels(rows: int, columns: int, height: float, width: float = WIDTH, **options: Any) -> tuple[Figure, NDArray[Any]]:
    """Return a figure (sizes in inches) and its axes, always an array rows x columns; it belongs to no window."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, min(height, MOST_HEIGHT)), layout="constrained")
    axes: NDArray[Any] = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def legend(
    figure: Figure,
    styles: Mapping[str, Look],
    labels: Mapping[str, str],
    extra: Sequence[tuple[str, dict[str, Any]]] = (),
) -> None:
    """Put one legend for the whole figure above its panels: the methods by their labels, then ``extra`` lines (label, look)."""
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], label=labels.get(name, name), **look.line()) for name, look in styles.items()]
    lines += [Line2D([], [], label=label, **look) for label, look in extra]
    legend_of(figure, lines)


def legend_of(figure: Figure, handles: Sequence[Any], **options: Any) -> None:
    """Put a legend above the panels, in as many columns as the longest label leaves space for."""
    longest = max((len(str(handle.get_label())) for handle in handles), default=1)
    columns = max(1, min(len(handles), 5, int(figure.get_figwidth() / (0.055 * longest + 0.55))))
    figure.legend(handles=handles, loc="outside upper center", **({"ncols": columns, "handlelength": 3.2} | options))


def legend_height(count: int) -> float:
    """Return about the height of a legend of so many entries (inches)."""
    return 0.1 + 0.15 * -(-count // 4)


def fitted(text: str, inches: float, size: float) -> str:
    """Return ``text`` in lines that fit into ``inches`` at a font size (points)."""
    most = max(8, int(inches * 72 / (0.58 * size)))
    return "\n".join(part for line in text.split("\n") for part in textwrap.wrap(line, most))


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


def thousands_ticks(ax: Axes, number: int = 4) -> None:
    """Put at most ``number`` ticks on a linear x axis, with k for thousands."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(number))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: thousands(value)))


def decade_ticks(ax: Axes, axis: str) -> None:
    """Write the powers of ten on a logarithmic axis, ``x`` or ``y``, as text: matplotlib's own are formulas."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_major_formatter(FuncFormatter(lambda value, _: "10" + f"{np.log10(value):.0f}".translate(SUPERSCRIPTS)))
    which.set_minor_formatter(NullFormatter())


def thousands(value: float) -> str:
    """Return a number with k for thousands, M for millions."""
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:g}{letter}"
    return f"{value:g}"


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


def percent(value: float) -> str:
    """Return a signed number with one digit and a true minus sign."""
    return f"{value:+.1f}".replace("-", "−")
