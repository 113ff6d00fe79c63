"""What the loss does to the features: the histogram of their codes and their spectrum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from compfeat.figures import Tables, figure
from compfeat.figures._style import Look, looks, loss_legend, note, panels, thin_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLOOR = 1e-7
"""Shares below this are not drawn."""


@figure(
    "feature_statistics",
    needs=("feature_statistics.csv",),
    category="Features",
    caption=(
        "The 8-bit features of the val split. Left: share of the elements that have each code. Right: mean magnitude of the "
        "channels' orthonormal DCT coefficients by radial frequency (half a cycle an element is the finest pattern along one "
        "axis). Written in: share of zeros, order-0 entropy of all codes (bits an element), and by how much the channels' energies "
        "differ (arithmetic over geometric mean of their variances: 0 dB if all are alike). Lines are "
        "means over seeds, thin lines single seeds."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw cuts as rows; histogram and spectrum as columns."""
    table = tables.csv("feature_statistics.csv", "cut", "loss", "seed", "statistic", "x", "value")
    cuts, styles = sorted(table["cut"].unique()), looks(table["loss"])
    figure, axes = panels(len(cuts), 2, 0.55 + 1.7 * len(cuts), sharex="col")
    for row, cut in zip(axes, cuts, strict=True):
        own = table[table["cut"] == cut]
        draw_lines(row[0], own[(own["statistic"] == "code_share") & (own["value"] > FLOOR)], styles, marker="")
        draw_lines(row[1], own[own["statistic"] == "dct_magnitude_steps"], styles)
        row[0].set(yscale="log", ylabel="share of elements")
        row[1].set(yscale="log", ylabel="mean |DCT| (8-bit steps)")
        plain_log_ticks(row[1])
        row[0].set_title(f"cut {cut}", loc="left", fontweight="bold")
        note(row[0], numbers(own, list(styles)), y=0.96)
    axes[-1][0].set(xlabel="code (8 bits)", xticks=[0, 64, 128, 192, 255])
    axes[-1][1].set_xlabel("radial frequency (cycles per element)")
    loss_legend(figure, styles)
    return figure


def draw_lines(ax: Axes, own: pd.DataFrame, styles: Mapping[str, Look], **changes: object) -> None:
    """Draw one statistic of one cut for every loss."""
    for loss, look in styles.items():
        mine = own[own["loss"] == loss]
        thin_lines(ax, mine, "x", "value", look)
        mean = mine.groupby("x")["value"].mean()
        ax.plot(mean.index, mean, **look.line(**changes))


def plain_log_ticks(ax: Axes) -> None:
    """Write a log axis of few decades in plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_locator(NullLocator())


def numbers(own: pd.DataFrame, losses: list[str]) -> str:
    """Return a line a loss with its share of zeros, its entropy and its channels' gain."""
    means = own.groupby(["loss", "statistic"])["value"].mean()
    lines = []
    for loss in losses:
        if (loss, "zero_share") in means.index:
            zeros, entropy, gain = (means[loss, name] for name in ("zero_share", "entropy_bits", "channel_gain_db"))
            lines.append(f"{loss}: {100 * zeros:.0f} % zeros, {entropy:.1f} bits, channels {gain:.1f} dB")
    return "\n".join(lines)
