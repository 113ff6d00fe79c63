"""The rate-distortion function of independent Gaussian components: Cover and Thomas, Elements of Information Theory, 10.3."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def gaussian_rate(variances: NDArray[np.float64], distortion: float) -> float:
    """Return the least rate (bits a component) at which the components lose ``distortion`` in the sum of their squares.

    Reverse water-filling: a component of variance v gets the distortion min(v, level) and log2(v / level) / 2 bits where v is above
    the level.

    Args:
        variances: of the components, any shape, >= 0.
        distortion: >= 0; the rate is infinite for 0 where anything varies.
    """
    falling = np.sort(variances.ravel())[::-1]
    if distortion >= falling.sum():
        return 0.0
    if distortion <= 0:
        return math.inf
    # With the k largest above the level, it is what is left of the distortion, shared by these.
    below = np.append(np.cumsum(falling[::-1])[::-1][1:], 0.0)
    levels = (distortion - below) / np.arange(1, falling.size + 1)
    above = np.flatnonzero(falling > levels)
    if not above.size:  # a distortion below the sum by its last digit
        return 0.0
    active = int(above.max()) + 1
    return float(np.log2(falling[:active] / levels[active - 1]).sum() / 2 / falling.size)
