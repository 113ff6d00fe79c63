"""ImageNet weights: they load by torchvision's names, strictly."""

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
from compfeat.networks.tensors import load_strictly, read_tensors
from tiny import tiny_network

load_imagenet = NETWORKS.get("resnet34").load_weights


def encoder_of(cut: str, width: int = 64) -> Encoder:
    return Encoder(LAYERS[cut], width)


def torchvision_like(cut: str = "c256") -> dict[str, Tensor]:
    """Return ResNet-34's tensors at width 64 under torchvision's names; what lies behind the cut is a stand-in."""
    tensors = {
        name: torch.rand(t.shape) if t.is_floating_point() else t for name, t in encoder_of(cut).state_dict().items()
    }
    behind = {f"layer{i}.0.conv1.weight": torch.ones(1) for i in range(LAYERS[cut] + 1, 5)}
    return {**tensors, **behind, "fc.weight": torch.ones(1), "fc.bias": torch.ones(1)}


def written(tensors: dict[str, Tensor], folder: Path) -> Path:
    path = folder / "resnet34.safetensors"
    save_file(tensors, path)
    return path


def test_names_are_torchvisions() -> None:
    with torch.device("meta"):
        names = set(encoder_of("c512").state_dict())
    assert len(names) == 218 - 2  # torchvision's resnet34 has 218 tensors, fc's two among them
    assert {"conv1.weight", "bn1.running_var", "layer1.2.conv2.weight", "layer2.0.downsample.1.bias"} <= names
    assert {"layer3.5.bn2.weight", "layer4.0.downsample.0.weight", "layer4.2.bn2.num_batches_tracked"} <= names
    assert not any(name.startswith(("layer1.0.downsample", "fc")) for name in names)


def test_weights_load_and_what_lies_behind_the_cut_is_left(tmp_path: Path) -> None:
    tensors = torchvision_like()
    encoder = encoder_of("c256")
    load_imagenet(encoder, written(tensors, tmp_path))
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, tensors[name]), name


def test_counters_may_be_missing(tmp_path: Path) -> None:
    tensors = {name: t for name, t in torchvision_like().items() if not name.endswith("num_batches_tracked")}
    load_imagenet(encoder_of("c256"), written(tensors, tmp_path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"layer2.1.conv1.weight": None},
            r"'layer2\.1\.conv1\.weight' is missing; the file belongs to another network",
        ),
        ({"layer2.9.conv1.weight": torch.ones(1)}, r"'layer2\.9\.conv1\.weight' is unexpected"),
        (
            {"conv1.weight": torch.ones(32, 3, 7, 7)},
            r"'conv1\.weight' has shape \(32, 3, 7, 7\), expected \(64, 3, 7, 7\)",
        ),
    ],
)
def test_any_other_difference_is_refused(change: dict[str, Tensor | None], message: str, tmp_path: Path) -> None:
    changed = {**torchvision_like(), **change}
    path = written({name: t for name, t in changed.items() if t is not None}, tmp_path)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_imagenet(encoder_of("c256"), path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_the_deeper_cut_needs_the_deeper_layers(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"'layer4\.0\.bn1\.bias' is missing"):
        load_imagenet(encoder_of("c512"), written(torchvision_like("c256"), tmp_path))


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 a pickle", "cut"])
def test_damaged_weights_are_refused(content: bytes | str | None, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    if content == "cut":
        save_file({"a": torch.zeros(100)}, path)
        path.write_bytes(path.read_bytes()[:-1])
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"w\.safetensors: ") as caught:
        read_tensors(path)
    assert "\n" not in str(caught.value)


def test_a_refused_file_changes_nothing(tmp_path: Path) -> None:
    network = tiny_network()
    before = {name: t.clone() for name, t in network.state_dict().items()}
    with pytest.raises(CheckpointError):
        load_strictly(network, {"encoder.conv1.weight": torch.zeros(1)}, tmp_path / "x")
    assert all(torch.equal(t, before[name]) for name, t in network.state_dict().items())
