"""The paper's compressibility loss: an estimate of what an intra coder spends on the features (METHOD.md, "Compressibility loss")."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from compfeat.losses import LOSSES


@LOSSES.register("compressible")
def compressible(features: Tensor) -> Tensor:
    """Return mean |DCT2(G)| over batch, channels and coefficients, G the mean of the horizontal and vertical differences."""
    return dct2(mean_gradient(scale_to_codes(features))).abs().mean()


def scale_to_codes(features: Tensor) -> Tensor:
    """Scale each image's features (N x C x H x W) to [0, 255] by its own min and max, not rounded; a constant image gives 0.

    The range is a constant to the gradient. Otherwise the cheapest way to a lower loss is to stretch the range by a few
    outliers, which only makes the quantiser coarser: measured at equal task performance, that saves nothing (docs/method.md).
    """
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
    """Return the n x n orthonormal DCT-II matrix, in double precision: row k holds cos(pi (2i + 1) k / 2n)."""
    k, i = torch.arange(n, dtype=torch.float64).view(-1, 1), torch.arange(n, dtype=torch.float64)
    matrix: Tensor = torch.cos(torch.pi * (2 * i + 1) * k / (2 * n)) * (2 / n) ** 0.5
    matrix[0] /= 2**0.5
    return matrix
