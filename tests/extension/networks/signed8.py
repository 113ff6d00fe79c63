"""A network with another stride and signed features: three strided convolutions, the last one linear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compfeat.networks.base import NETWORKS, Backbone, Place

if TYPE_CHECKING:
    from torch import nn


@NETWORKS.register("signed8")
class Signed8(Backbone):
    """Eight input pixels per feature element."""

    cuts = {"s8": Place(channels=128, stride=8, signed=True)}  # noqa: RUF012 (a declaration)

    @classmethod
    def encoder(cls, place: str, width: int) -> nn.Module:
        from torch import nn

        channels = 128 * width // 64
        layers = [nn.Conv2d(3, width, 5, 2, 2), nn.ReLU(), nn.Conv2d(width, 2 * width, 3, 2, 1), nn.ReLU()]
        return nn.Sequential(*layers, nn.Conv2d(2 * width, channels, 3, 2, 1))
