"""Laplace tables: the law of a quantised coefficient as integer counts, the same on every machine.

Source: docs/method.md, "Beyond the paper: a codec for features".
Scales are in quantiser steps, b / D: table i is of the scale 2^(i / 6 - 4).

The counts come from ``decimal``, whose exp and ln are correctly rounded, and from integers; a test states their SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

TABLES = 64
PER_OCTAVE = 6
"""Tables an octave of scale: a scale is off by at most 6 %, which costs at most 0.003 bits a coefficient."""
OFFSET = 4 * PER_OCTAVE
"""The table of scale 1. Below table 0 next to nothing but zeros comes; above the last, much is escaped."""
TOTAL = 65536
"""Sum of a table's counts."""
LARGEST = 127
"""The largest limit of a table."""
ROUNDING = Fraction(1, 3)
"""A level is floor(|c| / D + ROUNDING), with the sign of c: the dead zone about 0 is 4/3 steps wide."""


@dataclass(frozen=True)
class Table:
    """One law of levels, clipped to -limit..limit.

    Attributes:
        counts: uint16, (2 limit + 1,), at least 1 each, TOTAL together, of the levels 0, 1, -1, 2, -2 and so on.
        limit: 1..LARGEST, the largest level of which a side has at least one count; ``limit`` and ``-limit`` escape.
        centroid: where in its step a level other than 0 is on average, 0..1/2 steps above its lower end.
    """

    counts: NDArray[np.uint16]
    limit: int
    centroid: float


@cache
def tables() -> tuple[Table, ...]:
    """Return all tables, by rising scale."""
    return tuple(map(_table, range(TABLES)))


def _table(index: int) -> Table:
    with localcontext(prec=40):
        inverse = (Decimal(OFFSET - index) / PER_OCTAVE * Decimal(2).ln()).exp()
        ratio = (-inverse).exp()
        # Of each side: P(level >= k) = exp(-(k - ROUNDING) D / b) / 2.
        tails = [TOTAL // 2 * (-inverse * Decimal((1 - ROUNDING).numerator) / (1 - ROUNDING).denominator).exp()]
        while len(tails) < LARGEST and tails[-1] * ratio >= 1:
            tails.append(tails[-1] * ratio)
        inside = [max(1, round(tail * (1 - ratio))) for tail in tails[:-1]]
        side = [*inside, max(1, round(tails[-1]))]
        counts = np.array([TOTAL - 2 * sum(side), *np.repeat(side, 2)], dtype=np.uint16)
        return Table(counts, len(side), float(1 / inverse - ratio / (1 - ratio)))


def entropy_bits(scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy (bits) of a level of a Laplace law of ``scale`` steps; 0 where the scale is 0."""
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1 / np.maximum(scale, 1e-6)
    ratio, some = np.exp(-inverse), np.exp(-inverse * float(1 - ROUNDING))
    bits: NDArray[np.float64] = _binary(some) + some * (1 + _binary(ratio) / -np.expm1(-inverse))
    return bits


def _binary(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy (bits) of a choice of two."""
    inside = np.clip(share, 1e-300, 1 - 1e-16)
    return -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))
