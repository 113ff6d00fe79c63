"""Colours, marks and dashes: what each method is drawn with in figures and in the explorer, in colour and in grey print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

COLOURS = ("#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#56b4e9", "#7a4a1e", "#882255", "#111111")
"""The first are seaborn's "colorblind"; those of it that are too light for a thin line are replaced."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
DASHES: tuple[tuple[float, ...], ...] = (
    *((3.7, 1.6), (), (6.4, 1.6, 1.0, 1.6), (1.0, 1.2), (8.0, 2.5)),
    *((3.7, 1.2, 1.0, 1.2, 1.0, 1.2), (1.8, 0.8), (9.0, 1.4, 2.2, 1.4), (5.0, 1.0)),
)
"""Lengths of lines and gaps by turns, in line widths; empty for a full line."""


@dataclass(frozen=True)
class Look:
    """What one method, or one ladder, is drawn with.

    Attributes:
        colour: as ``#rrggbb``.
        marker: matplotlib's letter.
        dash: lengths of lines and gaps, as in DASHES.
    """

    colour: str
    marker: str
    dash: tuple[float, ...]

    def line(self, **changes: Any) -> dict[str, Any]:
        """Return keyword arguments of matplotlib's ``Axes.plot``: this look, but for ``changes``."""
        look = {"color": self.colour, "marker": self.marker, "linestyle": linestyle(self.dash)}
        return look | {"markeredgecolor": "white", "markeredgewidth": 0.4} | changes

    def hollow(self, **changes: Any) -> dict[str, Any]:
        """Return this look with hollow marks."""
        return self.line(markerfacecolor="white", markeredgecolor=self.colour, markeredgewidth=0.8, **changes)


def linestyle(dash: tuple[float, ...]) -> Any:
    """Return matplotlib's name for a dash."""
    return (0, dash) if dash else "-"


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Return the look of each name, by its place in ``names``: nine differ in colour, mark and dash alike, further ones in pairs."""
    made = {}
    for i, name in enumerate(dict.fromkeys(names)):
        again = i // len(COLOURS)
        marker, dash = MARKERS[(i + again) % len(MARKERS)], DASHES[(i + 2 * again) % len(DASHES)]
        made[name] = Look(COLOURS[i % len(COLOURS)], marker, dash)
    return made
