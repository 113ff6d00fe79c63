"""What the methods do to the features: the histogram of their codes and their spectrum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import CONTEXT, decade_ticks, grouped, legend, legend_height, panels, thin_lines
from compfeat.reports.looks import Look, looks
from compfeat.reports.summary import RUN, Tables, cuts, methods

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLOOR = 1e-7
"""Shares below this are not drawn."""


@figure(
    "feature_statistics",
    needs=("feature_statistics.csv", "experiment.json"),
    category="Features",
    caption=(
        "The features of the val split as 8-bit codes. Left: share of the elements that have each code. Right: mean magnitude of the "
        "channels' orthonormal DCT coefficients by radial frequency (half a cycle an element is the finest pattern along one "
        "axis). Numbers: share of zeros, order-0 entropy of all codes (bits an element), and by how much the channels' energies "
        "differ (arithmetic over geometric mean of their variances: 0 dB if all are alike). Lines are means over seeds, thin "
        "lines single seeds. More than three methods are shown in several rows, each with the others in grey."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw cuts and groups of methods as rows; histogram and spectrum as columns."""
    table = tables.csv("feature_statistics.csv", *RUN, "statistic", "x", "value")
    labels = methods(tables)
    shown = [method for method in labels if (table["method"] == method).any()]
    if not shown:
        raise DataError(
            f"{tables.path('feature_statistics.csv')}: no method sends features; take this figure out of figures"
        )
    styles = {method: look for method, look in looks(labels).items() if method in shown}
    found = cuts(table)
    groups = grouped([], shown, len(found))
    rows = [(cut, group) for cut in found for group in groups]
    height = legend_height(len(shown)) + 0.4 + (1.7 if len(groups) == 1 else 1.3) * len(rows)
    figure, axes = panels(len(rows), 3, height, sharex="col", width_ratios=(3, 3, 1.8))
    for row, (cut, group) in zip(axes, rows, strict=True):
        own = table[table["cut"] == cut]
        shares = own[(own["statistic"] == "code_share") & (own["value"] > FLOOR)]
        draw_lines(row[0], shares, styles, group, marker="")
        draw_lines(row[1], own[own["statistic"] == "dct_magnitude_steps"], styles, group)
        row[0].set(yscale="log", ylabel="share of elements")
        decade_ticks(row[0], "y")
        row[1].set(yscale="log", ylabel="mean |DCT| (steps)")
        plain_log_ticks(row[1])
        row[0].set_title(f"cut {cut}", loc="left", fontweight="bold")
        row[2].set_axis_off()
        row[2].text(0.0, 0.5, numbers(own, group, labels), va="center", fontsize=6.5, linespacing=1.2)
    axes[-1][0].set_xlabel("code")
    axes[-1][1].set_xlabel("radial frequency (cycles per element)")
    legend(figure, styles, labels, [("other methods", CONTEXT)] if len(groups) > 1 else [])
    return figure


def draw_lines(
    ax: Axes, own: pd.DataFrame, styles: Mapping[str, Look], group: Sequence[str], **changes: object
) -> None:
    """Draw one statistic of one cut: the group's methods in full, the others in grey."""
    for method, look in styles.items():
        mine = own[own["method"] == method]
        mean = mine.groupby("x")["value"].mean()
        if method not in group:
            ax.plot(mean.index, mean, **CONTEXT)
            continue
        thin_lines(ax, mine, "x", "value", look)
        ax.plot(mean.index, mean, **look.line(**changes))


def plain_log_ticks(ax: Axes) -> None:
    """Write a log axis of few decades in plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_locator(NullLocator())


def numbers(own: pd.DataFrame, group: Sequence[str], labels: Mapping[str, str]) -> str:
    """Return a line a method with its share of zeros, its entropy and its channels' gain."""
    means = own.groupby(["method", "statistic"])["value"].mean()
    lines = []
    for method in group:
        if (method, "zero_share") in means.index:
            zeros, entropy, gain = (means[method, name] for name in ("zero_share", "entropy_bits", "channel_gain_db"))
            lines.append(f"{labels[method]}:\n  {100 * zeros:.0f} % zeros, {entropy:.1f} bits, {gain:.1f} dB")
    return "\n".join(lines)
