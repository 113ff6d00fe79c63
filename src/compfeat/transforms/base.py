"""The base class of transforms, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.base import State
from compfeat.errors import ConfigError
from compfeat.registry import Registry
from compfeat.settings.section import OptionsT, WithOptions, options_of

if TYPE_CHECKING:
    from torch import Tensor

    from compfeat.networks.split import SplitNetwork


@dataclass(frozen=True)
class FitSource:
    """What a transform is fitted to: the train split, never val.

    Attributes:
        features: float32, N x C x h x w, in the split's order; a memory map.
        scenes: packed scenes of the split, one record per image; a memory map.
        network: loads the trained network (and torch).
    """

    features: NDArray[np.float32]
    scenes: NDArray[np.void]
    network: Callable[[], SplitNetwork]


SENSITIVITY = "sensitivity_"
"""Begins the names of arrays of a state that say how sensitive a task is (C x C); they are for tables, and no part of the model."""


def model_bytes(state: State) -> int:
    """Return the bytes of what sender and receiver need to know of a fitted transform, once: all but SENSITIVITY."""
    return sum(array.nbytes for name, array in state.items() if not name.startswith(SENSITIVITY))


class Transform(WithOptions[OptionsT], ABC):
    """One transform of features C x h x w, float32, with its inverse."""

    fitted: ClassVar[bool] = True
    """Whether it is fitted to train features before it is used."""

    @classmethod
    def problem(cls, options: OptionsT, tasks: Sequence[str]) -> str | None:
        """Return in one line why ``options`` cannot be used with ``tasks``, or None if they can."""
        return None

    def __init__(self, options: OptionsT, state: State) -> None:
        self.options, self.state = options, state

    @classmethod
    def fit(cls, source: FitSource, options: OptionsT) -> State:
        """Return its state, arrays by name; part of the model, sent once and not with every image."""
        raise NotImplementedError(f"{cls.__name__} is not fitted")

    @abstractmethod
    def forward(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what is coded in the place of ``features``, C' x h x w."""

    @abstractmethod
    def inverse(self, coded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features, C x h x w, that the receiver uses."""

    def torch_inverse(self, coded: Tensor) -> Tensor:
        """Return ``inverse`` of every image (N x C' x h x w), as torch differentiates it.

        Raises:
            ConfigError: this transform has none.
        """
        raise ConfigError(f"{type(self).__name__}: no inverse that torch differentiates; expected a linear transform")

    def coded_shape(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the shape of what is coded in the place of features of ``shape`` (C, h, w)."""
        return shape


TRANSFORMS: Registry[type[Transform[Any]]] = Registry("compfeat.transforms.plugins", "transform", Transform)


def built(name: str, options: Mapping[str, Any], state: State) -> Transform[Any]:
    """Return the transform module ``name``. Raises ConfigError for an unknown transform or option."""
    transform = TRANSFORMS.get(name)
    return transform(options_of(transform, options, f"transform {name}"), state)
