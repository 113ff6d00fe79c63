"""Random directions of an output, whose mean outer product is half the Hessian of a loss.

Source: docs/explanation/transforms.md, "Sensitivity of a task".

Random numbers are NumPy's, which are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor


def of_squares(output: Tensor, weights: Tensor, random: np.random.Generator) -> Iterator[Tensor]:
    """Yield directions without end, for a loss that adds up ``weights`` times each pixel's squared error, a mean over channels.

    Their elements are normal, with the variance that their squared error is weighed by: w / K.

    Args:
        output: N x K x H x W.
        weights: N x H x W, how much each pixel counts.
    """
    import torch

    scale = (weights.unsqueeze(1) / output.shape[1]).sqrt()
    while True:
        yield torch.from_numpy(random.standard_normal(output.shape, np.float32)).to(output).mul_(scale)


def of_cross_entropy(
    output: Tensor, weights: Tensor, random: np.random.Generator, class_weights: NDArray[np.float64] | None = None
) -> Iterator[Tensor]:
    """Yield directions without end, for a loss that adds up ``weights`` times each pixel's cross-entropy.

    Of a pixel they are sqrt(w / 2) (p - onehot(y)), p the softmax and y a class drawn from p: their mean outer product is w/2 times
    the Fisher information, which is the Hessian of the cross-entropy whatever the true class.

    Args:
        output: N x K x H x W, before the softmax.
        weights: N x H x W, how much each pixel counts.
        class_weights: (K,), how much each class counts: w is multiplied by their mean under p; None for 1 each.
    """
    import torch

    p = output.softmax(1)
    if class_weights is not None:
        weights = weights * torch.einsum("nkhw,k->nhw", p, torch.from_numpy(class_weights).to(p))
    scale = (weights.unsqueeze(1) / 2).sqrt()
    bounds, scaled = p.cumsum(1), p * scale
    while True:
        drawn = torch.from_numpy(random.random(scale.shape, np.float32)).to(output)
        # The last bound can round to less than 1.
        classes = (bounds <= drawn).sum(1, keepdim=True).clamp(max=output.shape[1] - 1)
        yield scaled.scatter_add(1, classes, -scale)
