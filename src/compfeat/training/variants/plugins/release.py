"""A training variant after the authors' release: its noise, its decoders' start, its disparities.

Source: docs/explanation/method.md, "Training".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compfeat.losses.step import Step
from compfeat.settings.recipe import Phase
from compfeat.settings.section import NoOptions
from compfeat.training.batches import Arrays
from compfeat.training.variants.base import VARIANTS
from compfeat.training.variants.plugins.standard import StandardSteps, uniform

if TYPE_CHECKING:
    from torch import Tensor

AMPLITUDE = 0.002
"""Of the noise, whatever the range of the features."""
NO_DISPARITY_PX = 1e-6
"""Stands for a disparity of 0, which other trainings take for no ground truth."""


@VARIANTS.register("release")
class Release(StandardSteps[NoOptions]):
    """Noise U(-0.002, 0.002), decoders from random weights, and a disparity of 0 without ground truth."""

    def augment(self, arrays: Mapping[str, NDArray[Any]], phase: Phase, step: Step) -> Arrays:
        seen = super().augment(arrays, phase, step)
        disparities = {name: array for name, array in seen.items() if name == "disparity_px"}
        return seen | {name: np.maximum(array, NO_DISPARITY_PX) for name, array in disparities.items()}

    def noise(self, features: Tensor, step: Step) -> Tensor:
        return (2 * uniform(features, step).to(features) - 1) * AMPLITUDE

    def started(self, tensor: str) -> bool:
        return not tensor.startswith("decoders.")
