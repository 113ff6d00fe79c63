"""BD-rates with their intervals, on an axis that no outlier stretches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.reports.labels import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAIR = ["method", "against", "ladder", "against_ladder"]
ENDS = ["bd_rate_percent", "low_percent", "high_percent"]
COLUMNS = ("cut", "seed", *PAIR, "metric", *ENDS)
AUTHORS = "published"
HIGHEST = 50.0
"""The end of axes of BD-rates (%); what lies beyond is drawn there, with its number. Below, -100 % is the end by nature."""


def axis_limits(table: pd.DataFrame, least: float = 2.0) -> tuple[float, float]:
    """Return the ends of an axis for BD-rates with their intervals, which spans at least ``least``, with 0 and a margin in it."""
    low, high = min(table[ENDS].min().min(), 0.0), max(table[ENDS].clip(upper=HIGHEST).max().max(), 0.0)
    low, high = (0.0 if pd.isna(end) else float(end) for end in (low, high))
    margin = 0.06 * max(high - low, least)
    return low - margin - max(least - (high - low), 0.0) / 2, high + margin + max(least - (high - low), 0.0) / 2


def beyond(
    ax: Axes, rates: Iterable[float], places: Iterable[float], colours: Iterable[str], vertical: bool = False
) -> None:
    """Write BD-rates that lie beyond the axis at its border.

    Args:
        places: where each one stands on the other axis.
        vertical: whether BD-rates stand on the y axis.
    """
    for rate, place, colour in zip(rates, places, colours, strict=True):
        if rate > HIGHEST:
            at, arrow, shift = ((place, HIGHEST), "↑", (0, -4)) if vertical else ((HIGHEST, place), "→", (-4, 0))
            look: dict[str, Any] = {
                "ha": "center" if vertical else "right",
                "va": "top" if vertical else "center",
                "fontsize": 7,
            }
            ax.annotate(f"{percent(rate)} {arrow}", at, shift, textcoords="offset points", color=colour, **look)
