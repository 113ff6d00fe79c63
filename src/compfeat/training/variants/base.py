"""The base class of training variants, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compfeat.losses.step import Step
from compfeat.registry import Registry
from compfeat.settings.recipe import Phase
from compfeat.settings.section import OptionsT, WithOptions
from compfeat.training.batches import Arrays
from compfeat.training.settings import TrainSettings

if TYPE_CHECKING:
    from torch import Tensor


class Variant(WithOptions[OptionsT], ABC):
    """How the steps of a training are made. Whatever is random is drawn from the step's own generators."""

    @classmethod
    def problem(cls, options: OptionsT) -> str | None:
        """Return in one line why ``options`` cannot be used, or None if they can."""
        return None

    @classmethod
    def codecs(cls, options: OptionsT) -> tuple[str, ...]:
        """Return the names of the codecs that its steps use, so that a change of one trains again."""
        return ()

    @classmethod
    def programs(cls, options: OptionsT) -> tuple[str, ...]:
        """Return name and version of the programs that its steps run, so that another version trains again."""
        return ()

    def __init__(self, settings: TrainSettings, options: OptionsT) -> None:
        self.settings, self.options = settings, options

    @abstractmethod
    def augment(self, arrays: Mapping[str, NDArray[Any]], phase: Phase, step: Step) -> Arrays:
        """Return copies of a batch's images and truth fields as the step sees them, before they are downscaled.

        Args:
            arrays: ``image`` and truth fields, each N x H x W x ....
            phase: the phase, with the width of the strip to see.
            step: seed and position.
        """

    def shown(self, images: NDArray[np.uint8], step: Step) -> NDArray[np.uint8]:
        """Return what the network is shown in the place of a step's images (N x H x W x 3), which stay the truth."""
        return images

    @abstractmethod
    def noise(self, features: Tensor, step: Step) -> Tensor:
        """Return what is added to the features (N x C x h x w) before they are decoded, on their device."""

    def started(self, tensor: str) -> bool:
        """Return whether a tensor of the network is taken from the weights that a training starts from; others are random."""
        return True

    def trainable(self, parameter: str) -> bool:
        """Return whether a parameter of the network is trained, by its name, such as ``encoder.conv1.weight``.

        Modules whose parameters are all frozen keep their batch statistics, too.
        """
        return True


VARIANTS: Registry[type[Variant[Any]]] = Registry("compfeat.training.variants.plugins", "training variant", Variant)
