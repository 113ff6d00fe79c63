"""Losses: how a training weighs the losses of its tasks, and what it asks of the features beside them. One module a loss.

A module declares its options and a function that builds the loss, an nn.Module derived from ``losses._base.Loss``. It imports torch
inside that function, so that options can be checked without it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from compfeat.experiment.section import NoOptions, Section
from compfeat.registry import Registry
from compfeat.tasks import Task

if TYPE_CHECKING:
    from compfeat.losses._base import Loss as Loss


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


class LossSpec(ABC):
    """What a loss's module registers: its options, and how they become a loss."""

    options: ClassVar[type[Section]] = NoOptions
    """The options' type."""

    @staticmethod
    @abstractmethod
    def build(options: Any, cut: str, tasks: Sequence[Task]) -> Loss:
        """Return the loss for a network that is cut at ``cut`` (the configuration's name) and trained on ``tasks``."""

    @staticmethod
    def problem(options: Any, cut: str) -> str | None:
        """Return in one line why ``options`` cannot be used at ``cut``, or None where they can."""
        return None


LOSSES: Registry[type[LossSpec]] = Registry("compfeat.losses", "loss", base=LossSpec)
