"""ResNet-34, the paper's network (docs/explanation/method.md, "Network")."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compfeat.networks.base import NETWORKS, Backbone, Place

if TYPE_CHECKING:
    from torch import nn

LAYERS = {"c512": 4, "c256": 3}
"""How many of the four residual layers the encoder keeps."""


@NETWORKS.register("resnet34")
class ResNet34(Backbone):
    """ResNet-34 through ``layer4`` (c512) or ``layer3`` (c256)."""

    cuts = {"c512": Place(channels=512, stride=32), "c256": Place(channels=256, stride=16)}  # noqa: RUF012 (a declaration)

    @classmethod
    def encoder(cls, place: str, width: int) -> nn.Module:
        """Return the layers up to ``place``; the last ReLU makes features non-negative."""
        from compfeat.networks.resnet import Encoder

        return Encoder(LAYERS[place], width)

    @classmethod
    def load_weights(cls, encoder: nn.Module, path: Path) -> None:
        """Load torchvision's ImageNet weights, saved as safetensors: all but what lies after the cut, strictly."""
        from compfeat.networks.resnet import BLOCKS, Encoder
        from compfeat.networks.tensors import load_strictly, read_tensors

        remedy = "give another file as the cut's encoder_weights"
        assert isinstance(encoder, Encoder)
        behind = ("fc.", *(f"layer{i + 1}." for i in range(encoder.layers, len(BLOCKS))))
        tensors = {k: v for k, v in read_tensors(path, remedy).items() if not k.startswith(behind)}
        load_strictly(encoder, tensors, path, remedy)
