"""The encoder of ResNet-34: ImageNet weights load by torchvision's names, strictly."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from compfeat.errors import CheckpointError
from compfeat.networks.base import NETWORKS
from compfeat.networks.plugins.resnet34 import LAYERS
from compfeat.networks.resnet import Encoder


def encoder_of(cut: str) -> Encoder:
    return Encoder(LAYERS[cut], 64)


def load_imagenet(cut: str, folder: Path, without: str = "nothing") -> tuple[Encoder, dict[str, Tensor]]:
    """Load tensors under torchvision's names into the encoder of a cut; what lies behind c256 is a stand-in."""
    state = encoder_of("c256").state_dict()
    tensors = {name: torch.rand(t.shape) if t.is_floating_point() else t for name, t in state.items()}
    tensors |= {"layer4.0.conv1.weight": torch.ones(1), "fc.weight": torch.ones(1), "fc.bias": torch.ones(1)}
    encoder, path = encoder_of(cut), folder / "resnet34.safetensors"
    save_file({name: tensor for name, tensor in tensors.items() if not name.endswith(without)}, path)
    NETWORKS.get("resnet34").load_weights(encoder, path)
    return encoder, tensors


def test_names_are_torchvisions() -> None:
    with torch.device("meta"):
        names = set(encoder_of("c512").state_dict())
    assert len(names) == 218 - 2  # torchvision's resnet34 has 218 tensors, fc's two among them
    assert {"conv1.weight", "bn1.running_var", "layer1.2.conv2.weight", "layer2.0.downsample.1.bias"} <= names
    assert {"layer3.5.bn2.weight", "layer4.0.downsample.0.weight", "layer4.2.bn2.num_batches_tracked"} <= names
    assert not any(name.startswith(("layer1.0.downsample", "fc")) for name in names)


@pytest.mark.parametrize("without", ["nothing", "num_batches_tracked"])
def test_weights_load_and_what_lies_behind_the_cut_is_left(without: str, tmp_path: Path) -> None:
    encoder, tensors = load_imagenet("c256", tmp_path, without)
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, tensors[name]), name


def test_the_deeper_cut_needs_the_deeper_layers(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"resnet34\.safetensors: tensor 'layer4\.0\.bn1\.bias' is missing"):
        load_imagenet("c512", tmp_path)
