"""Schedules over the steps of a run: pure functions of the step's position."""

from __future__ import annotations

import math

from compfeat.training.settings import TrainSettings


def learning_rate(epoch: float, s: TrainSettings) -> float:
    """Return the rate at ``epoch`` (a fraction counts): a linear rise over the warm-up, then a cosine to the final fraction."""
    if epoch < s.warmup_epochs:
        return s.learning_rate * (epoch + 1e-3) / s.warmup_epochs
    progress = (epoch - s.warmup_epochs) / max(s.epochs - s.warmup_epochs, 1e-9)
    cosine = (1 + math.cos(math.pi * min(progress, 1.0))) / 2
    return s.learning_rate * (s.final_rate_fraction + (1 - s.final_rate_fraction) * cosine)


def strength(epoch: float, s: TrainSettings) -> float:
    """Return lambda at ``epoch``: 0 until the ramp starts, its full value from where the ramp ends."""
    if epoch >= s.ramp_end_epoch:
        return s.strength
    if epoch <= s.ramp_start_epoch:
        return 0.0
    return s.strength * (epoch - s.ramp_start_epoch) / (s.ramp_end_epoch - s.ramp_start_epoch)
