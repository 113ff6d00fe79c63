"""ResNet-34 up to the cut, with torchvision's parameter names so that its ImageNet weights load strictly.

Source: He et al., "Deep residual learning for image recognition", CVPR 2016; METHOD.md, "Network".
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from compfeat.errors import CheckpointError
from compfeat.models.cuts import CUTS

BLOCKS = (3, 4, 6, 3)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample: nn.Module | None = None
        if stride != 1 or in_channels != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)


class Encoder(nn.Module):
    """ResNet-34 through ``layer4`` (cut c512) or ``layer3`` (cut c256).

    Maps N x 3 x H x W (normalised RGB) to non-negative features N x C x H/stride x W/stride.
    """

    def __init__(self, cut: str, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layers = CUTS[cut].layers
        in_channels = width
        for i in range(self.layers):
            channels = width * 2**i
            blocks = [
                BasicBlock(in_channels if j == 0 else channels, channels, 2 if i and j == 0 else 1)
                for j in range(BLOCKS[i])
            ]
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
            in_channels = channels
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, BasicBlock):
                # Each block starts as its shortcut, which makes the first epochs count (Goyal et al., arXiv 1706.02677).
                nn.init.zeros_(module.bn2.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for i in range(self.layers):
            x = getattr(self, f"layer{i + 1}")(x)
        return x


def load_imagenet(encoder: Encoder, path: Path) -> None:
    """Load torchvision's ResNet-34 weights, saved as safetensors, into ``encoder`` strictly.

    Only what lies behind the cut (the classifier and, for c256, ``layer4``) may be left over.

    Raises:
        CheckpointError: the file is missing or damaged, or a tensor is missing, left over or of another shape.
    """
    tensors = read_tensors(path)
    behind = ("fc.", *tuple(f"layer{i + 1}." for i in range(encoder.layers, len(BLOCKS))))
    load_strictly(encoder, {k: v for k, v in tensors.items() if not k.startswith(behind)}, path)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file. Raises CheckpointError where it is missing or damaged."""
    try:
        return load_file(path)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: weights not found; check the path, or run the stage that makes them") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path}: not a whole safetensors file ({error}); delete it and rerun the stage that makes it"
        ) from None


def load_strictly(module: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Load ``tensors`` into ``module``: every name and shape must match. Raises CheckpointError with the first difference."""
    expected = module.state_dict()
    # Counters of batches seen are not in every release of torchvision's weights and do not enter any result.
    optional = {name for name in expected if name.endswith("num_batches_tracked")}
    for name in sorted((set(expected) - optional) ^ (set(tensors) - optional)):
        where = "missing" if name in expected else "unexpected"
        raise CheckpointError(f"{path}: tensor {name!r} is {where}; the file belongs to another network")
    for name in sorted(set(tensors) & set(expected)):
        if tensors[name].shape != expected[name].shape:
            found, wanted = tuple(tensors[name].shape), tuple(expected[name].shape)
            raise CheckpointError(f"{path}: tensor {name!r} has shape {found}, expected {wanted}; check width and cut")
    module.load_state_dict({**{k: expected[k] for k in optional}, **tensors})
