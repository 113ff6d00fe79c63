"""The base class of networks, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from compfeat.errors import ConfigError
from compfeat.registry import Registry

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Place:
    """A place to cut a network.

    Attributes:
        channels: feature channels at the network's base width.
        stride: input pixels per feature element, along each axis; a power of two.
        signed: whether features may be negative.
    """

    channels: int
    stride: int
    signed: bool = False


class Backbone(ABC):
    """A network up to its cut. All that is declared here is known without torch."""

    cuts: ClassVar[Mapping[str, Place]]
    """The places where it can be cut, by the network's own names."""
    base_width: ClassVar[int] = 64
    """The width that ``cuts`` counts channels at, and that pretrained weights have."""
    mean: ClassVar[tuple[float, float, float]] = (0.485, 0.456, 0.406)
    """What is subtracted from RGB in [0, 1]; by default ImageNet's mean."""
    std: ClassVar[tuple[float, float, float]] = (0.229, 0.224, 0.225)
    """What the difference is divided by; by default ImageNet's standard deviation."""

    @classmethod
    @abstractmethod
    def encoder(cls, place: str, width: int) -> nn.Module:
        """Return the layers up to ``place``, with random weights.

        The module maps N x 3 x H x W (normalised RGB) to N x C x H/stride x W/stride, with C = channels * width / base_width.
        """

    @classmethod
    def installed_weights(cls) -> Path:
        """Return the file of pretrained weights that an installed package brings.

        Raises:
            ConfigError: the network has no such package, or it is not installed.
        """
        raise ConfigError(f"no package brings weights for network {cls.__name__}; give a file or null")

    @classmethod
    def load_weights(cls, encoder: nn.Module, path: Path) -> None:
        """Load pretrained weights into what ``encoder`` returned at base_width.

        Raises:
            ConfigError: the network has none.
            CheckpointError: the file is missing, damaged, or belongs to another network.
        """
        raise ConfigError(f"network {cls.__name__} loads no pretrained weights; set encoder_weights to null")


NETWORKS: Registry[type[Backbone]] = Registry("compfeat.networks.plugins", "network", Backbone)


def feature_shape(network: str, place: str, width: int, height_px: int, width_px: int) -> tuple[int, int, int]:
    """Return (C, h, w) of the features of one image of ``height_px`` x ``width_px``.

    Raises:
        ConfigError: the network or the place is unknown, or the image size is not a multiple of the stride.
    """
    backbone = NETWORKS.get(network)
    if place not in backbone.cuts:
        raise ConfigError(
            f"place {place!r} is unknown to network {network}; expected one of {', '.join(backbone.cuts)}"
        )
    cut = backbone.cuts[place]
    if height_px % cut.stride or width_px % cut.stride:
        raise ConfigError(
            f"images of {height_px}x{width_px} px do not fit the cut at {place}; expected multiples of {cut.stride} px; "
            "change dataset.size or the cut"
        )
    return cut.channels * width // backbone.base_width, height_px // cut.stride, width_px // cut.stride
