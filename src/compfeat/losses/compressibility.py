"""The compressibility loss (docs/explanation/method.md, "Compressibility loss")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

from compfeat.losses.loss import UncertaintyLoss
from compfeat.losses.step import Step
from compfeat.tasks.base import Task

FEATURES = "features"
"""Name of the term."""
Range = Literal["image", "batch"]


class CompressibleLoss(UncertaintyLoss):
    """The task losses and ``compressibility`` as an extra term; ``over``: see ``scale_to_codes``."""

    def __init__(
        self, tasks: Sequence[Task], strength: float, factors: Sequence[tuple[float, float]], over: Range
    ) -> None:
        super().__init__(tasks, (FEATURES,), strength, factors)
        self.over = over

    def terms(
        self, features: Tensor, noisy: Tensor, outputs: Mapping[str, Tensor], truth: Mapping[str, Tensor], step: Step
    ) -> dict[str, Tensor]:
        return {FEATURES: compressibility(features, self.over)}


def compressibility(features: Tensor, over: Range = "image") -> Tensor:
    """Return mean |DCT2(G)| over batch, channels and coefficients, G the mean of the horizontal and vertical differences."""
    return dct2(mean_gradient(scale_to_codes(features, over))).abs().mean()


def scale_to_codes(features: Tensor, over: Range = "image") -> Tensor:
    """Scale features (N x C x H x W) to [0, 255] by a minimum and maximum, not rounded; constant features give 0.

    ``image``: by each image's own, as constants to the gradient. Otherwise the cheapest way to a lower loss is to stretch the range
    by a few outliers, which only makes the quantiser coarser: measured at equal task performance, that saves nothing
    (docs/explanation/method.md). ``batch``: by those of the whole batch, with the gradient through them, as the authors did.
    """
    if over == "batch":
        low, high = features.amin(), features.amax()
    else:
        flat = features.detach().flatten(1)
        low, high = (v.view(-1, 1, 1, 1) for v in (flat.amin(1), flat.amax(1)))
    span = high - low
    return (features - low) * (255 / torch.where(span > 0, span, torch.ones_like(span)))


def mean_gradient(x: Tensor) -> Tensor:
    """Return G = (Gx + Gy) / 2 with backward differences and zeros outside, so that the first row and column keep their values."""
    left = torch.nn.functional.pad(x, (1, 0))[..., :-1]
    above = torch.nn.functional.pad(x, (0, 0, 1, 0))[..., :-1, :]
    return x - (left + above) / 2


def dct2(x: Tensor) -> Tensor:
    """Return the orthonormal 2-D DCT-II over the last two axes."""
    rows = dct_matrix(x.shape[-2]).to(x.device, x.dtype)
    columns = dct_matrix(x.shape[-1]).to(x.device, x.dtype)
    return rows @ x @ columns.T


@lru_cache(maxsize=8)
def dct_matrix(n: int) -> Tensor:
    """Return the n x n orthonormal DCT-II matrix, in double precision: row k has cos(pi (2i + 1) k / 2n)."""
    k, i = torch.arange(n, dtype=torch.float64).view(-1, 1), torch.arange(n, dtype=torch.float64)
    matrix: Tensor = torch.cos(torch.pi * (2 * i + 1) * k / (2 * n)) * (2 / n) ** 0.5
    matrix[0] /= 2**0.5
    return matrix
