"""The split network: the paper's parameter counts, the decoders' depth, and encoders that are not as declared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from compfeat.errors import ConfigError
from compfeat.networks.base import NETWORKS, Backbone, Place, feature_shape
from compfeat.networks.files import build_network
from compfeat.networks.split import SplitNetwork, stage_channels
from helpers import CLASSES
from tiny import network_config, tiny_network, tiny_tasks

PAPER = {
    "c512": {"encoder": 21_284_672, "segmentation": 1_485_347, "reconstruction": 1_485_075, "disparity": 4_889_569},
    "c256": {"encoder": 8_170_304, "segmentation": 370_723, "reconstruction": 370_451, "disparity": 1_218_529},
}
PAPER_STAGES = {
    ("c512", "segmentation"): (256, 128, 64, 32, 16),
    ("c512", "reconstruction"): (256, 128, 64, 32, 16),
    ("c512", "disparity"): (512, 256, 128, 64, 32),
    ("c256", "segmentation"): (128, 64, 32, 16),
    ("c256", "reconstruction"): (128, 64, 32, 16),
    ("c256", "disparity"): (256, 128, 64, 32),
}


def n_parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.fixture(scope="module", params=sorted(PAPER))
def paper_network(request: pytest.FixtureRequest) -> SplitNetwork:
    with torch.device("meta"):
        return build_network(network_config(request.param, 64), tiny_tasks())


def test_parameter_counts_are_the_papers(paper_network: SplitNetwork) -> None:
    parts = {"encoder": paper_network.encoder, **dict(paper_network.decoders.items())}
    assert {name: n_parameters(part) for name, part in parts.items()} == PAPER[paper_network.place]


def test_decoder_stages_are_one_upsampling_and_one_convolution(paper_network: SplitNetwork) -> None:
    for task in paper_network.tasks:
        layers: list[Any] = list(paper_network.decoders[task].children())
        widths = PAPER_STAGES[paper_network.place, task]
        kinds = [(type(layer) is nn.ConvTranspose2d, layer.kernel_size) for layer in layers]
        assert kinds == [(True, (2, 2)), (False, (3, 3))] * len(widths) + [(False, (1, 1))]
        assert [layer.out_channels for layer in layers[:-1:2]] == list(widths)


@pytest.mark.parametrize(("cut", "shape"), [("c512", (64, 2, 4)), ("c256", (32, 4, 8))])
def test_shapes_of_features_and_outputs(cut: str, shape: tuple[int, int, int]) -> None:
    network = tiny_network(cut).eval()
    with torch.inference_mode():
        features = network.encode(torch.rand(2, 3, 64, 128))
        outputs = network.decode(features)
    assert tuple(features.shape) == (2, *shape) == (2, *feature_shape("resnet34", cut, 8, 64, 128))
    assert {task: tuple(output.shape) for task, output in outputs.items()} == {
        "segmentation": (2, len(CLASSES), 64, 128),
        "disparity": (2, 1, 64, 128),
        "reconstruction": (2, 3, 64, 128),
    }


def test_shapes_of_the_paper() -> None:
    assert feature_shape("resnet34", "c512", 64, 256, 512) == (512, 8, 16)
    assert feature_shape("resnet34", "c256", 64, 256, 512) == (256, 16, 32)


def test_a_size_or_place_that_does_not_fit_is_refused() -> None:
    assert feature_shape("resnet34", "c256", 8, 48, 64) == (32, 3, 4)
    with pytest.raises(ConfigError, match="images of 48x64 px do not fit the cut at c512; expected multiples of 32 px"):
        feature_shape("resnet34", "c512", 8, 48, 64)
    with pytest.raises(ConfigError, match="place 'nowhere' is unknown to network resnet34; expected one of c512, c256"):
        feature_shape("resnet34", "nowhere", 8, 64, 64)


def test_the_depth_of_a_decoder_follows_from_the_stride() -> None:
    assert stage_channels(256, 1, 16) == (128, 64, 32, 16)
    assert stage_channels(16, 2, 8) == (16, 8, 4)
    assert stage_channels(8, 1, 64) == (4, 2, 2, 2, 2, 2)
    for stride in (0, 1, 12):
        with pytest.raises(ConfigError, match=f"a cut of stride {stride} found"):
            stage_channels(64, 1, stride)


class Shrinking(Backbone):
    """Convolutions of stride 2 with signed features; the place ``wrong`` declares another stride than it has."""

    cuts = {"s8": Place(64, 8, signed=True), "wrong": Place(64, 16), "thin": Place(32, 8)}  # noqa: RUF012
    base_width = 16

    @classmethod
    def encoder(cls, place: str, width: int) -> nn.Module:
        sizes = [3, width, 2 * width, 4 * width]
        return nn.Sequential(*(nn.Conv2d(a, b, 3, 2, 1) for a, b in itertools.pairwise(sizes)))


@pytest.fixture
def shrinking(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(NETWORKS._entries, "shrinking", Shrinking)
    yield


@pytest.mark.usefixtures("shrinking")
def test_a_network_of_another_stride_with_signed_features_is_one_class() -> None:
    network = SplitNetwork("shrinking", "s8", 8, tiny_tasks(), 1).eval()
    with torch.inference_mode():
        features = network.encode(torch.rand(1, 3, 16, 32))
        outputs = network.decode(features)
    assert tuple(features.shape) == (1, 32, 2, 4) and float(features.min()) < 0 and network.cut.signed
    assert {tuple(output.shape[2:]) for output in outputs.values()} == {(16, 32)}


@pytest.mark.usefixtures("shrinking")
@pytest.mark.parametrize("place", ["wrong", "thin"])
def test_an_encoder_that_is_not_as_declared_is_refused(place: str) -> None:
    network = SplitNetwork("shrinking", place, 8, tiny_tasks(), 1)
    with pytest.raises(ConfigError, match=rf"gives features of \(1, 32, 2, 4\) at {place}; expected \(1, "):
        network.encode(torch.rand(1, 3, 16, 32))
