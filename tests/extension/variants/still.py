"""A training variant: no mirroring, half of the noise, and the stem frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from pydantic import Field

from compfeat.losses.step import Step
from compfeat.settings.recipe import Phase
from compfeat.settings.section import Section
from compfeat.training.batches import Arrays
from compfeat.training.variants.base import VARIANTS
from compfeat.training.variants.plugins.standard import StandardSteps

if TYPE_CHECKING:
    from torch import Tensor


class Options(Section):
    """How loud the noise is."""

    share: float = Field(0.5, ge=0, description="of the standard noise")


@VARIANTS.register("still")
class Still(StandardSteps[Options]):
    """The standard variant with frozen weights."""

    def augment(self, arrays: Mapping[str, NDArray[Any]], phase: Phase, step: Step) -> Arrays:
        return {name: array.copy() for name, array in arrays.items()}

    def noise(self, features: Tensor, step: Step) -> Tensor:
        return super().noise(features, step) * self.options.share

    def trainable(self, parameter: str) -> bool:
        return not parameter.startswith(("encoder.conv1.", "encoder.bn1."))
