"""Laws of quantised coefficients: Laplace's, and those of train features, which are counted.

Source: docs/explanation/feature-codec.md.
Scales are in quantiser steps, b / D: table i is of the scale 2^(i / 6 - 4).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TABLES = 64
PER_OCTAVE = 6
"""Tables per octave of scale: a scale is off by at most 6 %, which costs at most 0.003 bits per coefficient."""
OFFSET = 4 * PER_OCTAVE
"""The table of scale 1. Below table 0 next to nothing but zeros comes; above the last, much is escaped."""
TOTAL = 65536
"""Sum of a table's counts."""
LARGEST = 127
"""The largest limit of a table."""
ROUNDING = 1 / 3
"""A level is floor(|c| / D + ROUNDING), with the sign of c: the dead zone about 0 is 4/3 steps wide."""
PRIOR = 20
"""How many levels the Laplace law of a table counts for beside those of train features."""

INVERSE = 2.0 ** ((OFFSET - np.arange(TABLES)) / PER_OCTAVE)
"""One step in units of each table's scale."""
CENTROIDS = 1 / INVERSE - 1 / np.expm1(INVERSE)
"""Where in its step a level other than 0 is on average by each table, 0..1/2 steps above the step's lower end."""


def expected_magnitudes(unit: int) -> NDArray[np.int64]:
    """Return the mean magnitude of a level by the Laplace law of each table, as whole numbers of 1 / ``unit``."""
    mean: NDArray[np.int64] = np.rint(unit * np.exp(-INVERSE * (1 - ROUNDING)) / -np.expm1(-INVERSE)).astype(np.int64)
    return mean


def counted(magnitudes: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Return laws as counts of a level 0, 1 or -1, 2 or -2 and so on: uint16, TABLES x (LARGEST + 1).

    A table's counts are at least 1 up to its limit, 1..LARGEST, and 0 beyond it; with those above 0 taken twice, for both signs, they
    sum to TOTAL. ``limit`` and ``-limit`` stand for all beyond, too: the first of a share of less than one count, so that it is rare.

    Args:
        magnitudes: how often each magnitude was seen under each table, TABLES x (LARGEST + 1); the last for all from it on.
    """
    # How likely a magnitude of at least 0..LARGEST is by the Laplace law of each table.
    at_least = np.arange(LARGEST + 1)
    laplace = np.where(at_least, np.exp(-np.outer(INVERSE, at_least - ROUNDING)), 1)
    seen = PRIOR * laplace + np.cumsum(magnitudes[:, ::-1], axis=1)[:, ::-1]
    least = seen / seen[:, :1]
    laws = np.zeros(magnitudes.shape, np.uint16)
    for law, tail in zip(laws, least, strict=True):
        limit = min(LARGEST, 1 + int(np.flatnonzero(tail * TOTAL / 2 >= 1)[-1]))
        inside = -np.diff(tail[: limit + 1], append=0)[1:]
        law[1 : limit + 1] = 1 + np.floor((TOTAL - 2 * limit - 1) * inside / 2)
        law[0] = TOTAL - 2 * int(law[1:].sum())
    return laws


def entropy_bits(scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy (bits) of a level of a Laplace law of ``scale`` steps; 0 where the scale is 0."""
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1 / np.maximum(scale, 1e-6)
    ratio, some = np.exp(-inverse), np.exp(-inverse * (1 - ROUNDING))
    bits: NDArray[np.float64] = _binary(some) + some * (1 + _binary(ratio) / -np.expm1(-inverse))
    return bits


def _binary(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy (bits) of a choice of two."""
    inside = np.clip(share, 1e-300, 1 - 1e-16)
    return -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))
