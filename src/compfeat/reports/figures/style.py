"""One style for all figures: sizes for print, a grid of panels with one legend, lines, ticks, and notes in panels."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
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
Row = TypeVar("Row")
Column = TypeVar("Column")
Entry = tuple[str, dict[str, Any]]
"""Of a legend: the label, and how its line or mark is drawn."""
WIDTH, MOST_HEIGHT = 7.0, 9.0
"""Of a figure across both columns of print (inches)."""
MOST_LINES = 5
"""Lines that are drawn in full in one panel."""
MOST_ROWS = 9
"""Rows of panels beyond which more lines share a panel."""
CONTEXT: dict[str, Any] = {"color": "0.85", "linewidth": 0.7, "zorder": 0.5}
"""How the lines of other panels are drawn, for comparison."""
RC = {
    **dict.fromkeys(("font.size", "axes.titlesize", "axes.labelsize", "figure.titlesize"), 8),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "legend.fontsize", "legend.title_fontsize"), 7),
    **dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width"), 0.7),
    **dict.fromkeys(("xtick.major.size", "ytick.major.size"), 3),
    **dict.fromkeys(("xtick.minor.size", "ytick.minor.size"), 0),
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "grid.linewidth": 0.5,
    "axes.grid": True,
    "grid.color": "0.9",
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "font.family": ["DejaVu Sans"],
    # A label with dollars in it is no formula.
    "text.parse_math": False,
    "text.usetex": False,
}
PLACES = {
    "upper left": ((0, 1), ("left", "top"), (1, -1)),
    "lower right": ((1, 0), ("right", "bottom"), (-1, 1)),
    "above": ((0, 1), ("left", "bottom"), (0, 1)),
}
"""Where notes stand: a corner of the panel, how text is aligned there, and where it goes from there (right, up)."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@contextmanager
def theme() -> Iterator[None]:
    """Set the style within a with block. The user's own matplotlib settings do not count."""
    import matplotlib as mpl
    import seaborn as sns

    with mpl.rc_context():
        mpl.rcdefaults()
        sns.set_theme(context="paper", style="ticks", palette="colorblind", rc=RC)
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


def panels(rows: int, columns: int, height: float, **options: Any) -> tuple[Figure, NDArray[Any]]:
    """Return a figure of a height (inches) and its axes, always an array rows x columns; it belongs to no window."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, min(height, MOST_HEIGHT)), layout="constrained")
    axes: NDArray[Any] = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def grid(
    rows: Sequence[Row],
    columns: Sequence[Column],
    draw: Callable[[Axes, Row, Column], None],
    heights: float | Sequence[float],
    entries: Sequence[Entry] = (),
    **options: Any,
) -> Figure:
    """Return a figure with a panel for each row and column, and one legend above them.

    Args:
        draw: draws a panel, with its labels; labels of axes that panels share are kept at the figure's edge.
        heights: of the rows (inches), with their ticks and labels.
        options: of matplotlib's ``Figure.subplots``.
    """
    each = [heights] * len(rows) if isinstance(heights, (int, float)) else list(heights)
    height = sum(each) + 0.4 + (0.1 + 0.15 * -(-len(entries) // 4) if entries else 0.0)
    options |= {"height_ratios": each} if len(set(each)) > 1 else {}
    figure, axes = panels(max(len(rows), 1), max(len(columns), 1), height, **options)
    for line, row in zip(axes, rows, strict=False):
        for ax, column in zip(line, columns, strict=False):
            draw(ax, row, column)
    for ax in axes[:-1].flat if options.get("sharex") else ():
        ax.set_xlabel("")
    for ax in axes[:, 1:].flat if options.get("sharey") else ():
        ax.set_ylabel("")
    legend(figure, entries)
    return figure


def legend(figure: Figure, entries: Sequence[Entry]) -> None:
    """Put a legend above the panels, in as many columns as the longest label leaves space for; nothing for no entries."""
    from matplotlib.lines import Line2D

    longest = max((len(label) for label, _ in entries), default=1)
    columns = max(1, min(len(entries), 5, int(figure.get_figwidth() / (0.055 * longest + 0.55))))
    lines = [Line2D([], [], label=label, **look) for label, look in entries]
    if lines:
        figure.legend(handles=lines, loc="outside upper center", ncols=columns, handlelength=3.2)


def line_entries(styles: Mapping[str, Look], labels: Mapping[str, str] | None = None, **changes: Any) -> list[Entry]:
    """Return a legend's entry for each style; a name without a label stands for itself."""
    return [((labels or {}).get(name, name), look.line(**changes)) for name, look in styles.items()]


def draw_lines(
    ax: Axes,
    table: pd.DataFrame,
    x: str,
    y: str,
    by: str,
    styles: Mapping[str, Look],
    full: Sequence[str],
    point: Sequence[str] = (),
    **options: Any,
) -> None:
    """Draw a line for each value of the column ``by``: means over seeds with marks, and thin lines of seeds if there are several.

    Args:
        styles: what each line is drawn with.
        full: the lines that are drawn so; the others are grey.
        point: columns that tell the points of a line apart; by default ``x``.
        options: of seaborn's ``lineplot``.
    """
    import seaborn as sns

    table = table.dropna(subset=[x, y])
    keys = list(point) or [x]
    mean = table.groupby([by, *keys], as_index=False)[[name for name in (x, y) if name not in keys]].mean()
    plain: dict[str, Any] = {"x": x, "y": y, "estimator": None, "legend": False, "ax": ax}
    for _, own in mean[~mean[by].isin(full)].groupby(by):
        sns.lineplot(own, **plain, **CONTEXT)
    mean, table = mean[mean[by].isin(full)], table[table[by].isin(full)]
    dashes = {"dashes": {name: style.dash or "" for name, style in styles.items()}}
    # In reverse, so that the dashes of an anchor lie on the full line of a test that hardly differs.
    order = [name for name in full[::-1] if name in styles]
    look = plain | seaborn_look(by, styles) | dashes | {"hue_order": order, "style_order": order} | options
    if len(table["seed"].unique()) > 1:
        sns.lineplot(table, **look | {"markers": False, "units": "seed", "linewidth": 0.5, "alpha": 0.5})
    if len(mean):
        sns.lineplot(mean, **look)


def seaborn_look(by: str, styles: Mapping[str, Look]) -> dict[str, Any]:
    """Return seaborn's arguments that give each value of the column ``by`` its colour and mark."""
    palette, marks = ({n: getattr(look, kind) for n, look in styles.items()} for kind in ("colour", "marker"))
    return {"hue": by, "palette": palette, "style": by, "markers": marks}


def fitted(text: str, inches: float, size: float) -> str:
    """Return ``text`` in lines that fit into ``inches`` at a font size (points)."""
    most = max(8, int(inches * 72 / (0.58 * size)))
    return "\n".join(part for line in text.split("\n") for part in textwrap.wrap(line, most))


def note(ax: Axes, lines: Sequence[tuple[str, str]], place: str = "upper left", size: float = 7) -> None:
    """Write lines, each with its colour, at a place of PLACES: from its corner into the panel, or above the panel."""
    corner, (ha, va), (right, up) = PLACES[place]
    box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
    y = 3.0
    for text, colour in lines[::-up]:
        at: dict[str, Any] = {"xy": corner, "xytext": (3 * right, y * up), "xycoords": "axes fraction"}
        ax.annotate(text, **at, textcoords="offset points", ha=ha, va=va, fontsize=size, color=colour, bbox=box)
        y += 1.35 * size * (1 + text.count("\n"))


def few_ticks(ax: Axes, axis: str, number: int = 4, **options: Any) -> None:
    """Put at most ``number`` plain ticks (no offsets, k for thousands) on a linear axis, ``x`` or ``y``."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_major_locator(MaxNLocator(number, **options))
    which.set_major_formatter(FuncFormatter(lambda value, _: thousands(value)))


def decade_ticks(ax: Axes, axis: str) -> None:
    """Write the powers of ten on a logarithmic axis, ``x`` or ``y``, as text: matplotlib's own are formulas."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_major_formatter(FuncFormatter(lambda value, _: "10" + f"{np.log10(value):.0f}".translate(SUPERSCRIPTS)))
    which.set_minor_formatter(NullFormatter())


def log_ticks(ax: Axes, axis: str, subs: Sequence[float] = (1, 2, 5)) -> None:
    """Write a logarithmic axis of few decades, ``x`` or ``y``, in plain numbers, k for thousands."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_major_locator(LogLocator(subs=subs, numticks=8))
    which.set_major_formatter(FuncFormatter(lambda value, _: thousands(value)))
    which.set_minor_locator(NullLocator())


def thousands(value: float) -> str:
    """Return a number with k for thousands, M for millions."""
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:g}{letter}"
    return f"{value:.6g}".replace("-", "−")


def picture(ax: Axes, image: NDArray[Any], **options: Any) -> None:
    """Show an image without ticks or grid, its pixels sharp."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.imshow(image, interpolation="nearest", **options)
