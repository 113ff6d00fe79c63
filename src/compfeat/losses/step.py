"""A step of a training, as losses and variants see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Step:
    """A step of a training: all that it may depend on beside the state before it.

    Attributes:
        seed: the training's.
        number: of all steps of the training, from 0.
        epoch: of the training, from 0; a fraction counts.
    """

    seed: int
    number: int
    epoch: float

    def random(self, stream: int) -> np.random.Generator:
        """Return the step's random numbers of one purpose. Streams 1 to 3 are the standard variant's; take one from 10 on."""
        return np.random.default_rng([self.seed, self.number, stream])
