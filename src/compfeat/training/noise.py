"""What stands for the quantiser in training."""

from __future__ import annotations

import torch
from torch import Tensor


def quantisation_noise(features: Tensor, steps: float, bits: int, generator: torch.Generator) -> Tensor:
    """Return uniform noise, ``steps`` quantiser steps wide, centred on 0, without a gradient.

    A step is (max - min) / (2^bits - 1) of each image's own features, so that training meets the error of the quantiser that
    evaluation uses (docs/explanation/method.md, "Quantiser"). The noise is drawn on the CPU: the same on every device.
    """
    with torch.no_grad():
        flat = features.flatten(1)
        step = (flat.amax(1) - flat.amin(1)) / (2**bits - 1)
        noise = torch.rand(features.shape, generator=generator) - 0.5
        scaled: Tensor = noise.to(features.device, features.dtype) * (steps * step).view(-1, 1, 1, 1)
        return scaled
