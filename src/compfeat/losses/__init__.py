"""Losses on the features, added to the task losses. One module a loss; what differs between two runs of a cut is this alone."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from compfeat.registry import Registry

FeatureLoss = Callable[[Tensor], Tensor | None]
"""Maps features N x C x H x W to a positive scalar, or to None where the loss has no term on the features."""

LOSSES: Registry[FeatureLoss] = Registry("compfeat.losses", "loss")
