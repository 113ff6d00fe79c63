"""The schedule of a training: pure functions of the phases and of a step's position."""

from __future__ import annotations

import math
from dataclasses import dataclass

from compfeat.settings.recipe import Phase
from compfeat.training.batches import steps_per_epoch


@dataclass(frozen=True)
class Epoch:
    """One pass over the train split.

    Attributes:
        number: of all epochs of the training, from 0.
        phase: what it belongs to.
        phase_number: of that phase, from 0.
        within: of its phase, from 0.
        first_step: of all steps of the training, from 0.
        steps: how many it has.
    """

    number: int
    phase: Phase
    phase_number: int
    within: int
    first_step: int
    steps: int

    @property
    def end_step(self) -> int:
        """The number of steps of the training when this epoch is done."""
        return self.first_step + self.steps


def epochs(phases: tuple[Phase, ...], n_images: int) -> list[Epoch]:
    """Return the epochs of all phases, for a train split of ``n_images``."""
    plan: list[Epoch] = []
    for number, phase in enumerate(phases):
        steps = steps_per_epoch(n_images, phase.batch_size)
        for within in range(phase.epochs):
            plan.append(Epoch(len(plan), phase, number, within, plan[-1].end_step if plan else 0, steps))
    return plan


def learning_rate(epoch: float, phase: Phase, warmup_epochs: float) -> float:
    """Return the rate at ``epoch`` of a phase (a fraction counts): a linear rise, then a cosine to the final fraction."""
    if epoch < warmup_epochs:
        return phase.learning_rate * (epoch + 1e-3) / warmup_epochs
    progress = (epoch - warmup_epochs) / max(phase.epochs - warmup_epochs, 1e-9)
    cosine = (1 + math.cos(math.pi * min(progress, 1.0))) / 2
    return phase.learning_rate * (phase.final_rate_fraction + (1 - phase.final_rate_fraction) * cosine)
