"""The standard variant: random strips and mirroring, noise one quantiser step wide, nothing frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from compfeat.losses.step import Step
from compfeat.settings.recipe import Phase
from compfeat.settings.section import NoOptions, OptionsT
from compfeat.training.batches import Arrays, crop, mirror
from compfeat.training.variants.base import VARIANTS, Variant

if TYPE_CHECKING:
    from torch import Tensor

FLIPS, NOISE, STRIPS = 1, 2, 3
"""Streams of a step's random numbers."""


class StandardSteps(Variant[OptionsT]):
    """The standard steps, for a variant with other options."""

    def augment(self, arrays: Mapping[str, NDArray[Any]], phase: Phase, step: Step) -> Arrays:
        count = len(arrays["image"])
        spare_px = arrays["image"].shape[2] - phase.crop_width_px if phase.crop_width_px else 0
        strips = crop(arrays, step.random(STRIPS).integers(0, spare_px + 1, count), phase.crop_width_px)
        mirror(strips, step.random(FLIPS).random(count) < 0.5)
        return strips

    def noise(self, features: Tensor, step: Step) -> Tensor:
        """Return uniform noise, ``noise_steps`` quantiser steps wide, centred on 0.

        A step is (max - min) / (2^bits - 1) of each image's own features, so that training meets the error of the quantiser that
        evaluation uses (docs/explanation/method.md, "Quantiser").
        """
        recipe, flat = self.settings.recipe, features.detach().flatten(1)
        width = recipe.noise_steps * ((flat.amax(1) - flat.amin(1)) / (2**recipe.quantiser_bits - 1))
        scaled: Tensor = (uniform(features, step) - 0.5).to(features) * width.view(-1, 1, 1, 1)
        return scaled


@VARIANTS.register("standard")
class Standard(StandardSteps[NoOptions]):
    """What all recorded trainings use."""


def uniform(features: Tensor, step: Step) -> Tensor:
    """Return the step's noise, 0 to 1, of the shape of ``features``; drawn on the CPU: the same on every device."""
    import torch

    generator = torch.Generator().manual_seed(int(step.random(NOISE).integers(2**62)))
    return torch.rand(features.shape, generator=generator)
