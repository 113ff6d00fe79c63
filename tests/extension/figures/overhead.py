"""Its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compfeat.reports.figures.base import figure
from compfeat.reports.summary import Tables

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@figure(
    "overhead",
    needs=("overhead.csv",),
    category="Overhead",
    caption="The share of the bytes that are headers or side information, by codec; the dots are points.",
)
def draw(tables: Tables) -> Figure:
    """Draw one dot per point."""
    from compfeat.reports.figures.style import panels

    shares = tables.csv("overhead.csv", "codec", "overhead")
    drawn, axes = panels(1, 1, 2.4)
    axes[0, 0].plot(shares["codec"], shares["overhead"], "o", color="0.3", markersize=3)
    axes[0, 0].set(xlabel="codec", ylabel="share of all bytes")
    return drawn
