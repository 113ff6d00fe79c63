"""The multi-task objective: task losses and the features' loss, combined by trainable log-variances.

Source: Kendall, Gal, Cipolla, "Multi-task learning using uncertainty", CVPR 2018; METHOD.md, "Multi-task loss".
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compfeat.datasets import IGNORE
from compfeat.losses import FeatureLoss

FEATURES = "features"
"""Name of the term on the features among the terms."""


def task_losses(outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return each trained task's mean loss over its valid pixels.

    Args:
        outputs: a network's outputs (see ``SplitNetwork.decode``).
        targets: ``images`` N x 3 x H x W in [0, 1], ``labels`` N x H x W (int64), ``disparity`` N x 1 x H x W (px, 0 = none).
    """
    losses: dict[str, Tensor] = {}
    for task, output in outputs.items():
        if task == "segmentation":
            truth = targets["labels"]
            # Not reduction="mean", which is 0 / 0 for a batch without a labelled pixel.
            total = nn.functional.cross_entropy(output, truth, ignore_index=IGNORE, reduction="sum")
            losses[task] = total / (truth != IGNORE).sum().clamp(min=1)
        elif task == "disparity":
            truth = targets["disparity"]
            valid = truth > 0
            # The sum over valid pixels by a mask, not by indexing: one pass, and the same memory for any image.
            losses[task] = ((output - truth).square() * valid).sum() / valid.sum().clamp(min=1)
        else:
            losses[task] = (output - targets["images"]).square().mean()
    return losses


class UncertaintyWeights(nn.Module):
    """One trainable log-variance s a term: exp(-s) L + s/2 for segmentation, (exp(-s) L + s)/2 for regression.

    The term on the features counts ``strength`` times as a whole, exp(-s) L + s: a factor on L alone would do nothing, since s
    adapts until the gradient is that of log L.
    """

    def __init__(self, terms: tuple[str, ...]) -> None:
        super().__init__()
        self.log_variance = nn.ParameterDict({term: nn.Parameter(torch.zeros(())) for term in terms})

    @torch.no_grad()
    def settle(self, losses: dict[str, Tensor]) -> None:
        """Set the log-variances to their optimum for ``losses``: ln 2L for segmentation, ln L for the others.

        From s = 0 it would have to creep there, several units at Adam's pace, while the terms are balanced by the scales of
        their units: squared errors of an image in [0, 1] hardly count, and a term that joins a trained network counts L times.
        """
        for term, loss in losses.items():
            factor = 2.0 if term == "segmentation" else 1.0
            self.log_variance[term].copy_((factor * loss.detach()).clamp(min=1e-6).log())

    def values(self) -> dict[str, float]:
        """Return each term's log-variance."""
        return {term: float(s.detach()) for term, s in self.log_variance.items()}

    def forward(self, losses: dict[str, Tensor], strength: float) -> Tensor:
        total = torch.zeros((), device=next(iter(losses.values())).device)
        for term, loss in losses.items():
            s = self.log_variance[term]
            if term == "segmentation":
                total = total + torch.exp(-s) * loss + s / 2
            elif term == FEATURES:
                total = total + strength * (torch.exp(-s) * loss + s)
            else:
                total = total + (torch.exp(-s) * loss + s) / 2
        return total


def all_losses(
    outputs: dict[str, Tensor], targets: dict[str, Tensor], features: Tensor, feature_loss: FeatureLoss
) -> dict[str, Tensor]:
    """Return the task losses and, where the run's loss has one, the term on the features."""
    losses = task_losses(outputs, targets)
    term = feature_loss(features.float())
    return losses if term is None else {**losses, FEATURES: term}
