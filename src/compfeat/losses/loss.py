"""What losses are made of: the base class, and how terms are weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from compfeat.losses.step import Step
from compfeat.tasks.base import Task


class Loss(nn.Module):
    """A training's loss. Parameters and buffers of its own are trained, checkpointed and kept beside the weights.

    A step asks for ``terms``, adds them to the task losses, and minimises what ``forward`` makes of all.
    """

    def terms(
        self, features: Tensor, noisy: Tensor, outputs: Mapping[str, Tensor], truth: Mapping[str, Tensor], step: Step
    ) -> dict[str, Tensor]:
        """Return the terms beside the task losses, each a scalar, by a name that is no task's.

        Args:
            features: N x C x h x w, float32, what the encoder computes.
            noisy: the same after the training noise, what the decoders got.
            outputs: each task's output, N x K x H x W.
            truth: what ``Task.loss`` gets.
        """
        return {}

    def begin_phase(self, losses: Mapping[str, Tensor]) -> None:
        """Prepare for a phase, given all terms of its first step."""

    def forward(self, losses: Mapping[str, Tensor], epoch: float) -> Tensor:
        """Return what is minimised: a scalar.

        Args:
            losses: all terms by name: the tasks' in their order, then those of ``terms``.
            epoch: of the training, from 0; a fraction counts.
        """
        raise NotImplementedError

    def groups(self) -> list[dict[str, Any]]:
        """Return the optimiser's groups of the loss's own parameters, each with its ``rate_factor``: its rate over the network's."""
        return [{"params": list(self.parameters()), "rate_factor": 1.0}]

    def values(self, epoch: float) -> dict[str, float]:
        """Return what the epoch table shows of the loss's state at ``epoch``, by column."""
        return {}

    def kept(self) -> dict[str, Tensor]:
        """Return the tensors to keep beside the trained network's weights: by default all of the loss's state."""
        return dict(self.state_dict())


class UncertaintyLoss(Loss):
    """One trainable log-variance s a term: exp(-s) L + s/2 for classification, (exp(-s) L + s)/2 for regression.

    An extra term counts ``strength(epoch)`` times as a whole, exp(-s) L + s: a factor on L alone would do nothing, since s adapts
    until the gradient is that of log L. Source: Kendall, Gal, Cipolla, "Multi-task learning using uncertainty", CVPR 2018;
    docs/explanation/method.md, "Strength".

    Args:
        tasks: the tasks that are trained.
        extra: names of what ``terms`` returns and is weighed so.
        strength: of the extra terms; 1/2 is the plain formula.
        factors: knots (epoch, factor) of what the strength is multiplied by: linear between them, constant beyond.
    """

    RATE_FACTOR = 10.0
    """How many times faster than the network the log-variances learn: losses fall by factors within an epoch, and s is their log."""

    def __init__(
        self,
        tasks: Sequence[Task],
        extra: Sequence[str] = (),
        strength: float = 0.5,
        factors: Sequence[tuple[float, float]] = ((0, 1),),
    ) -> None:
        super().__init__()
        self.full_strength = strength
        self.epochs, self.factors = zip(*factors, strict=True)
        self.extra = tuple(extra)
        self.classification = {task.name for task in tasks if task.likelihood == "classification"}
        self.names = (*(task.name for task in tasks), *self.extra)
        self.log_variance = nn.ParameterDict({name: nn.Parameter(torch.zeros(())) for name in self.names})

    def strength(self, epoch: float) -> float:
        """Return the factor of the extra terms at ``epoch``."""
        return self.full_strength * float(np.interp(epoch, self.epochs, self.factors))

    @torch.no_grad()
    def begin_phase(self, losses: Mapping[str, Tensor]) -> None:
        """Set the log-variances to their optimum for ``losses``: ln 2L for classification, ln L for the others.

        From s = 0 it would have to creep there, several units at Adam's pace, while the terms are balanced by the scales of
        their units: squared errors of an image in [0, 1] hardly count, and a term that joins a trained network counts L times.
        """
        for term, loss in losses.items():
            factor = 2.0 if term in self.classification else 1.0
            self.log_variance[term].copy_((factor * loss.detach()).clamp(min=1e-6).log())

    def forward(self, losses: Mapping[str, Tensor], epoch: float) -> Tensor:
        total = torch.zeros((), device=next(iter(losses.values())).device)
        strength = self.strength(epoch)
        for term, loss in losses.items():
            s = self.log_variance[term]
            if term in self.classification:
                total = total + torch.exp(-s) * loss + s / 2
            elif term in self.extra:
                total = total + strength * (torch.exp(-s) * loss + s)
            else:
                total = total + (torch.exp(-s) * loss + s) / 2
        return total

    def groups(self) -> list[dict[str, Any]]:
        s = list(self.log_variance.values())
        others = [p for name, p in self.named_parameters() if not name.startswith("log_variance.")]
        return [{"params": s, "rate_factor": self.RATE_FACTOR}, {"params": others, "rate_factor": 1.0}]

    def values(self, epoch: float) -> dict[str, float]:
        shown = {"strength": self.strength(epoch)} if self.extra else {}
        return shown | {f"log_variance_{name}": float(self.log_variance[name].detach()) for name in self.names}

    def kept(self) -> dict[str, Tensor]:
        """Return the state without the log-variances, which only weigh the terms of this training."""
        return {name: t for name, t in self.state_dict().items() if not name.startswith("log_variance.")}
