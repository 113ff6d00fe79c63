"""A training step, batch and schedules included, against a bare forward, backward and step on ready tensors."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from clock import interleaved

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from compfeat.models.inference import fix_arithmetic
from compfeat.training.objective import all_losses

from compfeat.training import batches, schedule
from compfeat.training.loop import Learner, batch_targets, train_step
from helpers import random_scenes, tiny_network, train_settings

CPU = torch.device("cpu")


def step_seconds(cut: str, repeats: int = 15) -> tuple[float, float]:
    """Return the seconds of our step and of the bare one, for the default's image size, width and batch."""
    fix_arithmetic(1)
    settings = train_settings(cut=cut, width=16, batch_size=4)
    scenes = random_scenes(16, (128, 256))
    learner, bare = (Learner.of(tiny_network(cut, 16), settings, CPU) for _ in range(2))
    indices = batches.batch_indices(0, 0, len(scenes), 4)[0]
    ready = batch_targets(scenes[indices], settings.phases[0], 0, 0, CPU)
    noise = torch.zeros_like(bare.network.encode(ready["images"])).detach()
    (epoch, *_) = schedule.epochs(settings.phases, len(scenes))
    steps = iter(range(1, 10**6))

    def ours() -> None:
        train_step(learner, scenes[indices], epoch, next(steps), settings)

    def theirs() -> None:
        features = bare.network.encode(ready["images"])
        losses = all_losses(bare.network.decode(features + noise), ready, features, bare.feature_loss)
        bare.optimizer.zero_grad(set_to_none=True)
        bare.weights(losses, settings.strength).backward()
        bare.optimizer.step()

    return interleaved(ours, theirs, repeats)
