"""The rate-distortion function of independent Gaussian components: Cover and Thomas, Elements of Information Theory, 10.3."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-9
"""Of a sensitivity, as a share of its mean eigenvalue: in directions that no task sees."""
HALVINGS = 60
"""Steps of a bisection: more than a double's digits."""


def gaussian_rate(variances: NDArray[np.float64], distortion: float) -> float:
    """Return the least rate (bits per component) at which the components lose ``distortion`` in the sum of their squares.

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


@dataclass(frozen=True)
class Mixture:
    """Independent components of features under one weighing of several tasks.

    Attributes:
        variances: of the components, F x C, in the unit of the weighed loss.
        shares: by task, (C,): how much its loss rises per unit of distortion of each component.
    """

    variances: NDArray[np.float64]
    shares: Mapping[str, NDArray[np.float64]]

    @classmethod
    def of(
        cls,
        covariances: NDArray[np.float64],
        sensitivities: Mapping[str, NDArray[np.float64]],
        weights: Mapping[str, float],
    ) -> Mixture:
        """Return the mixture of tasks whose sensitivities (C x C) count ``weights``; covariances are F x C x C, by frequency."""
        channels = covariances.shape[1]
        mixed = sum((weights[name] * matrix for name, matrix in sensitivities.items()), np.zeros((channels, channels)))
        mixed = (mixed + mixed.T) / 2 + FLOOR * np.trace(mixed) / channels * np.eye(channels)
        values, vectors = np.linalg.eigh(mixed)
        root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
        basis = np.linalg.eigh(root @ covariances.sum(axis=0) @ root)[1].T @ root
        back = np.linalg.inv(basis)
        variances = np.einsum("ic,fcd,id->fi", basis, covariances, basis, optimize=True)
        return cls(
            variances, {name: np.einsum("ci,cd,di->i", back, matrix, back) for name, matrix in sensitivities.items()}
        )

    def rate(self, rises: Mapping[str, float]) -> float:
        """Return the rate (bits per component) at which no task's loss rises by more than ``rises`` (> 0 each)."""
        low, high = 0.0, float(self.variances.max(initial=0.0))
        if high <= 0 or self._fits(high, rises):
            return 0.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._fits(middle, rises) else (low, middle)
        if low <= 0:
            return math.inf
        return float(np.log2(np.maximum(self.variances / low, 1)).sum() / 2 / self.variances.size)

    def _fits(self, level: float, rises: Mapping[str, float]) -> bool:
        """Return whether all tasks rise by no more than they may where components are distorted up to ``level``."""
        distorted = np.minimum(self.variances, level).sum(axis=0)
        return all(float(distorted @ self.shares[name]) <= rise for name, rise in rises.items())
