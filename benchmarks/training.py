"""A training step, batch and schedules included, against a bare forward, backward and step on ready tensors."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from clock import interleaved

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))
from compfeat.cli.pipeline.train import chosen_loss, chosen_variant
from compfeat.losses.step import Step
from compfeat.networks.inference import fix_arithmetic
from compfeat.training import batches, schedule
from compfeat.training.loop import Learner, tensors, train_step
from helpers import random_scenes
from tiny import tiny_network, tiny_tasks, train_settings

CPU = torch.device("cpu")


def step_seconds(cut: str, repeats: int = 15) -> tuple[float, float]:
    """Return the seconds of our step and of the bare one, for the default's image size, width and batch."""
    fix_arithmetic(1)
    settings = train_settings(cut=cut, width=16, batch_size=4)
    scenes = random_scenes(16, (128, 256))
    tasks = tiny_tasks()

    def learner() -> Learner:
        return Learner.of(tiny_network(cut, 16), chosen_loss(settings, tasks), chosen_variant(settings), CPU)

    ours_, bare = learner(), learner()
    indices = batches.batch_indices(0, 0, len(scenes), 4)[0]
    ready = tensors(batches.fields_of(scenes[indices], bare.fields), CPU)
    noise = torch.zeros_like(bare.network.encode(ready["image"])).detach()
    (epoch, *_) = schedule.epochs(settings.recipe.phases, len(scenes))
    steps = iter(range(1, 10**6))

    def ours() -> None:
        train_step(ours_, scenes[indices], epoch, next(steps), settings)

    def theirs() -> None:
        features = bare.network.encode(ready["image"])
        outputs = bare.network.decode(features + noise)
        losses = {name: task.loss(outputs[name], ready) for name, task in bare.network.tasks.items()}
        losses |= bare.loss.terms(features, features, outputs, ready, Step(0, 0, 1.0))
        bare.optimizer.zero_grad(set_to_none=True)
        bare.loss(losses, 1.0).backward()
        bare.optimizer.step()

    return interleaved(ours, theirs, repeats)
