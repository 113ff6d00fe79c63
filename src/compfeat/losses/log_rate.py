"""The log of an estimated rate after a transform (docs/explanation/transforms.md, "Rate-aware training")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from compfeat.losses.compressibility import dct2
from compfeat.losses.loss import UncertaintyLoss
from compfeat.losses.step import Step
from compfeat.tasks.base import Task

RATE = "rate"
"""Name of the term."""
KEPT = 0.9
"""Share of the earlier moments at an update."""
TINY = 1e-12


class RateLogLoss(UncertaintyLoss):
    """The task losses and strength(epoch) times ``log_rate`` of the features, after a task KLT that follows the training.

    Mean, covariance and the tasks' sensitivities are running means over batches, updated every few steps; they are constants to the
    gradient. A sensitivity is the second moment of the gradient of the task's loss in the features, over positions.

    Args:
        tasks, strength, factors: see ``UncertaintyLoss``.
        step: D, in root mean squares of the transformed features.
        weights: of the tasks' sensitivities, by task; 1 for those that are not named.
        floor: share of the sensitivity that is the same in all directions.
        every: steps from one update of the transform to the next.
    """

    mean: Tensor
    covariance: Tensor
    transform: Tensor
    updates: Tensor

    def __init__(
        self,
        tasks: Sequence[Task],
        strength: float,
        factors: Sequence[tuple[float, float]],
        *,
        step: float,
        weights: Mapping[str, float],
        floor: float,
        every: int,
    ) -> None:
        super().__init__(tasks, (), strength, factors)
        self.tasks = tuple(tasks)
        self.step, self.weights, self.floor, self.every = step, weights, floor, every
        for name in ("mean", "covariance", "transform", *(f"sensitivity_{task.name}" for task in tasks)):
            # In double precision from the first update on; until then MPS, which has none, must take them.
            self.register_buffer(name, torch.zeros(0))
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    def terms(
        self, features: Tensor, noisy: Tensor, outputs: Mapping[str, Tensor], truth: Mapping[str, Tensor], step: Step
    ) -> dict[str, Tensor]:
        if not self.transform.numel() or step.number % self.every == 0:
            self.update(features, noisy, outputs, truth)
        centred = features - self.mean.to(features)[:, None, None]
        return {RATE: log_rate(torch.einsum("kc,nchw->nkhw", self.transform.to(features), centred), self.step)}

    def update(
        self, features: Tensor, noisy: Tensor, outputs: Mapping[str, Tensor], truth: Mapping[str, Tensor]
    ) -> None:
        """Move the moments towards those of a batch, and derive the transform from them."""
        flat = channels_first(features.detach())
        mean = flat.mean(1)
        self._move("mean", mean)
        self._move("covariance", second_moment(flat - mean[:, None]))
        for task in self.tasks:
            loss = task.loss(outputs[task.name], truth)
            (gradient,) = torch.autograd.grad(loss, noisy, retain_graph=True)
            self._move(f"sensitivity_{task.name}", second_moment(channels_first(gradient)))
        self.updates += 1
        weights = {task.name: self.weights.get(task.name, 1.0) for task in self.tasks}
        found = {name: self.get_buffer(f"sensitivity_{name}") for name in weights}
        self.transform = task_klt(self.covariance, found, weights, self.floor)

    def _move(self, name: str, found: Tensor) -> None:
        before = self.get_buffer(name)
        setattr(self, name, found if not before.numel() else KEPT * before + (1 - KEPT) * found)

    def forward(self, losses: Mapping[str, Tensor], epoch: float) -> Tensor:
        return super().forward(without_rate(losses), epoch) + self.strength(epoch) * losses[RATE]

    def begin_phase(self, losses: Mapping[str, Tensor]) -> None:
        super().begin_phase(without_rate(losses))

    def values(self, epoch: float) -> dict[str, float]:
        return {"strength": self.strength(epoch), **super().values(epoch)}

    def _load_from_state_dict(self, state_dict: Mapping[str, Tensor], prefix: str, *rest: Any) -> None:
        """Take on the sizes of the moments that are loaded: their number of channels is known at the first step only."""
        for name in dict(self.named_buffers(recurse=False)):
            if f"{prefix}{name}" in state_dict:
                loaded = state_dict[f"{prefix}{name}"]
                setattr(self, name, torch.zeros_like(loaded, device=in_double_precision(self.updates.device)))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def kept(self) -> dict[str, Tensor]:
        """Return nothing: the moments served this training."""
        return {}


def without_rate(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the terms that have a log-variance."""
    return {name: loss for name, loss in losses.items() if name != RATE}


def in_double_precision(device: torch.device) -> torch.device:
    """Return the device that computes in double precision for ``device``: itself, but the processor for MPS, which has none."""
    return torch.device("cpu") if device.type == "mps" else device


def channels_first(x: Tensor) -> Tensor:
    """Return N x C x h x w as C x (N h w), in double precision."""
    return x.to(in_double_precision(x.device)).double().transpose(0, 1).flatten(1)


def second_moment(flat: Tensor) -> Tensor:
    """Return the mean of x x^T over the columns of C x n."""
    return flat @ flat.T / flat.shape[1]


def task_klt(
    covariance: Tensor, sensitivities: Mapping[str, Tensor], weights: Mapping[str, float], floor: float
) -> Tensor:
    """Return T = U^T R (C x C), as the transform ``task_klt`` does, with every task's sensitivity scaled to the same trace."""
    size = len(covariance)
    scaled = [weights[name] * m / m.trace().clamp(min=TINY) for name, m in sensitivities.items()]
    total = torch.stack(scaled).sum(0)
    identity = torch.eye(size, dtype=covariance.dtype, device=covariance.device)
    values, vectors = torch.linalg.eigh((1 - floor) * size * total / total.trace().clamp(min=TINY) + floor * identity)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    turned: Tensor = torch.linalg.eigh(root @ covariance @ root)[1].flip(1).T @ root
    return turned


def log_rate(y: Tensor, step: float) -> Tensor:
    """Return the mean over images of ln(1 + sum log2(1 + |Y| / (D r))): Y the DCT of each channel's map, r the batch's rms.

    The rms takes part in the gradient, so that smaller features are no cheaper.
    """
    size = (y.square().mean() + TINY).sqrt()
    bits = torch.log2(1 + dct2(y).abs() / (step * size)).flatten(1).sum(1)
    return torch.log(1 + bits).mean()
