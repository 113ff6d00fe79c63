"""Cutting networks by hooks, and the importance of features without labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from compfeat import ConfigError, FeatureCodec
from compfeat.networks.resnet import Encoder
from compfeat.networks.split import SplitNetwork
from compfeat.tasks.plugins.reconstruction import Reconstruction
from compfeat.tasks.plugins.segmentation import Segmentation
from compfeat.torch import Split, importance
from compfeat.transforms.bands import bands_of
from compfeat.transforms.base import FitSource
from compfeat.transforms.sensitivity import sensitivities
from helpers import CLASSES, random_scenes


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


class ResNet(Encoder):
    """ResNet-34 without its last layers, under torchvision's names, and a classifier."""

    def __init__(self) -> None:
        super().__init__(3, 8)
        self.unused, self.fc = nn.Linear(1, 1), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        classes: Tensor = self.fc(super().forward(x).mean((2, 3)))
        return classes


class Tokens(nn.Module):
    """A small vision transformer: patches as tokens, N x T x C."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 8, 8)
        self.block1 = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.block2 = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = self.block2(self.block1(self.patches(x).flatten(2).transpose(1, 2)))
        return {"classes": self.head(x.mean(1)), "tokens": x}


class Skipping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(self.first(x)) + x
        return y


def fitted(split: Split, images: Tensor) -> tuple[FeatureCodec, NDArray[np.float32]]:
    weights = importance(split, images[:4])
    features = split.features(images)
    return FeatureCodec.fit(features, weights), features


@pytest.mark.parametrize(
    ("model", "name", "shape"),
    [(ResNet(), "layer2", (16, 8, 8)), (Tokens(), "block1", (16, 1, 64)), (Tokens(), "patches", (16, 8, 8))],
)
def test_outputs_come_from_decoded_bitstreams_and_the_model_stays(
    model: nn.Module, name: str, shape: tuple[int, ...]
) -> None:
    images, split = torch.randn(20, 3, 64, 64), Split.at(model.eval(), name)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    codec, features = fitted(split, images)
    assert features.shape == (20, *shape) and features.dtype == np.float32
    with torch.no_grad():
        expected = model(images)
    fine, sizes = split.run(images, codec, quality=-12)
    coarse, fewer = split.run(images, codec, max_bytes=60)
    assert len(sizes) == len(fewer) == 20 and max(fewer) <= 60 < min(sizes)
    for output, near, far in zip(*map(tensors, (expected, fine, coarse)), strict=True):
        torch.testing.assert_close(near, output, atol=0.02, rtol=0.02)
        assert (near - output).abs().mean() < (far - output).abs().mean()
    streams = [codec.encode(tensor, -12) for tensor in features]
    assert [len(data) for data in streams] == sizes
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    with torch.no_grad():
        assert all(map(torch.equal, tensors(model(images)), tensors(expected)))


def tensors(outputs: Tensor | dict[str, Tensor]) -> list[Tensor]:
    return [outputs] if isinstance(outputs, Tensor) else list(outputs.values())


def test_importance_is_that_of_the_pipeline() -> None:
    tasks = [Segmentation(CLASSES), Reconstruction(CLASSES)]
    network = SplitNetwork("resnet34", "c256", 2, tasks, 1).eval()
    images = torch.rand(6, 3, 64, 128)

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.network = network.encoder, network

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return self.network.decode(self.network.encode(x))

    split = Split.at(Whole().eval(), "encoder")
    features = split.features(images)
    scenes = random_scenes(len(images), (64, 128))
    positions, size = np.arange(len(images)), (features.shape[2], features.shape[3])
    band = bands_of(size, 4)
    # The library counts every pixel, the pipeline those with truth.
    scenes["labels"] = 0
    found = sensitivities(FitSource(features, scenes, lambda: network), positions, 4, 0, False, band)
    kind = {"segmentation": "classification", "reconstruction": "regression"}
    for name, own in found.items():
        others = {other: 0.0 for other in kind if other != name}
        ours = importance(split, images, kind=kind, weights=others)
        theirs = own.in_bands * len(own.matrix) / np.trace(own.matrix)
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6 * np.abs(theirs).max(), err_msg=name)


def test_importance_of_a_known_network() -> None:
    # Logits a x_0, so that only the first channel matters: E[p (1 - p)] times both rows' difference.
    last = nn.Linear(3, 2, bias=False)
    last.load_state_dict({"weight": torch.tensor([[1.0, 0, 0], [0, 0, 0]])})
    model = nn.Sequential(nn.Conv2d(3, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), last).eval()
    weights = importance(Split.at(model, "0"), torch.randn(4, 3, 4, 4), bands=1)
    np.testing.assert_allclose(weights, [np.diag([3, 0, 0])], atol=1e-6)


def test_mistakes_are_told_in_one_line() -> None:
    model, images = ResNet().eval(), torch.randn(2, 3, 64, 64)
    codec = FeatureCodec.fit(np.random.default_rng(0).standard_normal((4, 3, 2, 2)))
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: Split.at(model, "layer9"), r"'layer9' is unknown; .*'layer[123]'"),
        (lambda: Split.at(ResNet(), "layer1"), r"training mode; .*model\.eval\(\)"),
        (lambda: Split.at(model, "unused").features(images), "'unused' does not run"),
        (lambda: Split.at(Skipping().eval(), "first").run(images, codec), "depends on more than what it returns"),
        (lambda: importance(Split.at(model, "layer1"), images, kind="nothing"), "kind 'nothing'; expected"),
        (lambda: importance(Split.at(model, "layer1"), images, weights={"x": 1}), "output 'x'; expected some of ''"),
        (lambda: importance(Split.at(model, "layer1"), images, weights={"": 0}), "no output that depends"),
    ]
    for call, message in cases:
        with pytest.raises(ConfigError, match=message) as error:
            call()
        assert "\n" not in str(error.value)
