"""The split network: the paper's parameter counts, the decoders' depth, and what every encoder must be, whoever adds it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from compfeat.errors import ConfigError
from compfeat.networks.base import NETWORKS, Backbone, Place, feature_shape
from compfeat.networks.files import build_network
from compfeat.networks.split import SplitNetwork, stage_channels
from helpers import CLASSES
from tiny import network_config, tiny_tasks

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


@pytest.fixture(scope="module", params=sorted(PAPER))
def paper_network(request: pytest.FixtureRequest) -> SplitNetwork:
    with torch.device("meta"):
        return build_network(network_config(request.param, 64), tiny_tasks())


def test_parameter_counts_are_the_papers(paper_network: SplitNetwork) -> None:
    parts = {"encoder": paper_network.encoder, **dict(paper_network.decoders.items())}
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
    assert counts == PAPER[paper_network.place]


def test_decoder_stages_are_one_upsampling_and_one_convolution(paper_network: SplitNetwork) -> None:
    for task in paper_network.tasks:
        layers: list[Any] = list(paper_network.decoders[task].children())
        widths = PAPER_STAGES[paper_network.place, task]
        kinds = [(type(layer) is nn.ConvTranspose2d, layer.kernel_size) for layer in layers]
        assert kinds == [(True, (2, 2)), (False, (3, 3))] * len(widths) + [(False, (1, 1))]
        assert [layer.out_channels for layer in layers[:-1:2]] == list(widths)


def coded(name: str, place: str, size: tuple[int, int]) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the features and outputs of a seeded network on noise."""
    torch.manual_seed(0)
    network = SplitNetwork(name, place, 8, tiny_tasks(), 1).eval()
    with torch.inference_mode():
        features = network.encode(torch.rand(2, 3, *size))
        return features, network.decode(features)


@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name in NETWORKS.names() for place in NETWORKS.get(name).cuts]
)
def test_features_and_outputs_are_as_declared(name: str, place: str) -> None:
    cut = NETWORKS.get(name).cuts[place]
    size = (2 * cut.stride, 4 * cut.stride)
    features, outputs = coded(name, place, size)
    assert tuple(features.shape) == (2, *feature_shape(name, place, 8, *size))
    assert cut.signed or float(features.min()) >= 0
    channels = {"segmentation": len(CLASSES), "disparity": 1, "reconstruction": 3}
    assert {task: tuple(output.shape) for task, output in outputs.items()} == {
        task: (2, channels[task], *size) for task in channels
    }


@pytest.mark.parametrize(
    ("place", "width", "size", "expected"),
    [
        ("c512", 64, (256, 512), (512, 8, 16)),
        ("c256", 64, (256, 512), (256, 16, 32)),
        ("c256", 8, (48, 64), (32, 3, 4)),
        ("c512", 8, (48, 64), "images of 48x64 px do not fit the cut at c512; expected multiples of 32 px"),
        ("nowhere", 8, (64, 64), "place 'nowhere' is unknown to network resnet34; expected one of c512, c256"),
    ],
)
def test_the_shape_of_features(
    place: str, width: int, size: tuple[int, int], expected: tuple[int, int, int] | str
) -> None:
    if not isinstance(expected, str):
        assert feature_shape("resnet34", place, width, *size) == expected
        return
    with pytest.raises(ConfigError, match=expected):
        feature_shape("resnet34", place, width, *size)


@pytest.mark.parametrize("stride", [0, 1, 12])
def test_a_stride_that_no_upsampling_undoes_is_refused(stride: int) -> None:
    with pytest.raises(ConfigError, match=f"a cut of stride {stride} found"):
        stage_channels(64, 1, stride)


class Shrinking(Backbone):
    """Convolutions of stride 2 with signed features; two places are not as they are declared."""

    cuts = {"s8": Place(64, 8, signed=True), "wrong": Place(64, 16), "thin": Place(32, 8)}  # noqa: RUF012
    base_width = 16

    @classmethod
    def encoder(cls, place: str, width: int) -> nn.Module:
        sizes = [3, width, 2 * width, 4 * width]
        return nn.Sequential(*(nn.Conv2d(a, b, 3, 2, 1) for a, b in itertools.pairwise(sizes)))


def test_another_stride_and_signed_features_are_one_class_and_a_wrong_declaration_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(NETWORKS._entries, "shrinking", Shrinking)
    features, outputs = coded("shrinking", "s8", (16, 32))
    assert tuple(features.shape) == (2, 32, 2, 4) and float(features.min()) < 0
    assert {tuple(output.shape[2:]) for output in outputs.values()} == {(16, 32)}
    for place in ("wrong", "thin"):
        with pytest.raises(ConfigError, match=rf"gives features of \(2, 32, 2, 4\) at {place}; expected \(2, "):
            coded("shrinking", place, (16, 32))
