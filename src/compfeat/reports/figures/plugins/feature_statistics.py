"""What the methods do to the features: the histogram of their codes and their spectrum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.style import CONTEXT, decade_ticks, draw_lines, grid, grouped, line_entries, log_ticks
from compfeat.reports.looks import looks
from compfeat.reports.summary import RUN, Tables, cuts, methods

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHARES, MAGNITUDES, NUMBERS = "code_share", "dct_magnitude_steps", "numbers"
FLOOR = 1e-7
"""Shares below this are not drawn."""


@figure(
    "feature_statistics",
    needs=("feature_statistics.csv", "experiment.json"),
    category="Features",
    caption=(
        "The evaluated features as 8-bit codes. Left: share of the elements that have each code. Right: mean magnitude of the "
        "channels' orthonormal DCT coefficients by radial frequency (half a cycle per element is the finest pattern along one "
        "axis). Numbers: share of zeros, order-0 entropy of all codes (bits per element), and how much the channels' energies "
        "differ (arithmetic over geometric mean of their variances: 0 dB if all are alike). Lines are means over seeds, thin "
        "lines single seeds. More than five methods are shown in several rows, each with the others in grey."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw cuts and groups of methods as rows; histogram and spectrum as columns, and numbers beside them."""
    table = tables.csv("feature_statistics.csv", *RUN, "statistic", "x", "value")
    labels = methods(tables)
    shown = [method for method in labels if (table["method"] == method).any()]
    if not shown:
        raise DataError(
            f"{tables.path('feature_statistics.csv')}: no method sends features; take this figure out of figures"
        )
    styles = {method: look for method, look in looks(labels).items() if method in shown}
    table = table[(table["statistic"] != SHARES) | (table["value"] > FLOOR)]
    groups = grouped([], shown, len(cuts(table)))

    def draw_panel(ax: Axes, row: tuple[str, list[str]], statistic: str) -> None:
        cut, group = row
        own = table[table["cut"] == cut]
        if statistic == NUMBERS:
            ax.set_axis_off()
            ax.text(0.0, 0.5, numbers(own, group, labels), va="center", fontsize=7, linespacing=1.2)
            return
        options: dict[str, Any] = {"markers": False} if statistic == SHARES else {}
        draw_lines(ax, own[own["statistic"] == statistic], "x", "value", "method", styles, group, **options)
        ax.set_yscale("log")
        if statistic == SHARES:
            decade_ticks(ax, "y")
            ax.set(xlabel="code", ylabel=f"cut {cut}\nshare of elements")
        else:
            log_ticks(ax, "y")
            ax.set(xlabel="radial frequency (cycles per element)", ylabel="mean |DCT| (steps)")

    rows = [(cut, group) for cut in cuts(table) for group in groups]
    entries = line_entries(styles, labels) + ([("other methods", CONTEXT)] if len(groups) > 1 else [])
    columns = (SHARES, MAGNITUDES, NUMBERS)
    return grid(rows, columns, draw_panel, 1.7, entries, sharex="col", width_ratios=(3, 3, 1.8))


def numbers(own: pd.DataFrame, group: Sequence[str], labels: Mapping[str, str]) -> str:
    """Return two lines for each method, with its share of zeros, its entropy and how its channels' energies differ."""
    means = own.groupby(["method", "statistic"])["value"].mean()
    lines = []
    for method in group:
        if (method, "zero_share") in means.index:
            zeros, entropy, gain = (means[method, name] for name in ("zero_share", "entropy_bits", "channel_gain_db"))
            lines.append(f"{labels[method]}:\n  {100 * zeros:.0f} % zeros, {entropy:.1f} bits, {gain:.1f} dB")
    return "\n".join(lines)
