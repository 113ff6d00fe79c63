"""The split network: the paper's parameter counts, shapes, and the Q-layer's noise."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from compfeat.errors import ConfigError
from compfeat.models.cuts import CUTS, DECODER_CHANNELS, feature_shape
from compfeat.models.network import SplitNetwork, quantisation_noise
from helpers import CLASSES, TASKS, tiny_network

PAPER = {
    "c512": {"encoder": 21_284_672, "segmentation": 1_485_347, "reconstruction": 1_485_075, "disparity": 4_889_569},
    "c256": {"encoder": 8_170_304, "segmentation": 370_723, "reconstruction": 370_451, "disparity": 1_218_529},
}


def n_parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.fixture(scope="module", params=sorted(CUTS))
def paper_network(request: pytest.FixtureRequest) -> SplitNetwork:
    with torch.device("meta"):
        return SplitNetwork(request.param, 64, TASKS, 19)


def test_parameter_counts_are_the_papers(paper_network: SplitNetwork) -> None:
    parts = {"encoder": paper_network.encoder, **{task: paper_network.decoders[task] for task in TASKS}}
    assert {name: n_parameters(part) for name, part in parts.items()} == PAPER[paper_network.cut]


def test_decoder_stages_are_one_upsampling_and_one_convolution(paper_network: SplitNetwork) -> None:
    for task in TASKS:
        layers: list[Any] = list(paper_network.decoders[task].children())
        widths = DECODER_CHANNELS[paper_network.cut, task]
        kinds = [(type(layer) is nn.ConvTranspose2d, layer.kernel_size) for layer in layers]
        assert kinds == [(True, (2, 2)), (False, (3, 3))] * len(widths) + [(False, (1, 1))]
        assert [layer.out_channels for layer in layers[:-1:2]] == list(widths)


@pytest.mark.parametrize(("cut", "shape"), [("c512", (64, 2, 4)), ("c256", (32, 4, 8))])
def test_shapes_and_the_sign_of_the_features(cut: str, shape: tuple[int, int, int]) -> None:
    network = tiny_network(cut).eval()
    with torch.inference_mode():
        features = network.encode(torch.rand(2, 3, 64, 128))
        outputs = network.decode(features)
    assert tuple(features.shape) == (2, *shape) == (2, *feature_shape(cut, 8, 64, 128))
    assert float(features.min()) >= 0
    assert {task: tuple(output.shape) for task, output in outputs.items()} == {
        "segmentation": (2, len(CLASSES), 64, 128),
        "disparity": (2, 1, 64, 128),
        "reconstruction": (2, 3, 64, 128),
    }


def test_shapes_of_the_paper() -> None:
    assert feature_shape("c512", 64, 256, 512) == (512, 8, 16)
    assert feature_shape("c256", 64, 256, 512) == (256, 16, 32)


def test_a_size_that_does_not_fit_the_cut_is_refused() -> None:
    assert feature_shape("c256", 8, 48, 64) == (32, 3, 4)
    with pytest.raises(ConfigError, match=r"dataset\.size: 48x64 does not fit cut c512; expected multiples of 32"):
        feature_shape("c512", 8, 48, 64)
    with pytest.raises(ConfigError, match="'c128' is unknown; expected one of c256, c512"):
        feature_shape("c128", 8, 64, 64)


def noise(features: torch.Tensor, steps: float = 1, bits: int = 8, seed: int = 5) -> torch.Tensor:
    return quantisation_noise(features, steps, bits, torch.Generator().manual_seed(seed))


def test_noise_is_uniform_and_one_step_of_its_image_wide() -> None:
    features = torch.rand(2, 64, 16, 32, generator=torch.Generator().manual_seed(0))
    features[1] *= 100
    for image, drawn in zip(features, noise(features), strict=True):
        step = float(image.max() - image.min()) / 255
        assert float(drawn.abs().max()) <= step / 2 * (1 + 1e-6)
        assert float(drawn.mean()) == pytest.approx(0, abs=0.02 * step)
        assert float(drawn.std()) == pytest.approx(step / 12**0.5, rel=0.01)


def test_noise_scales_with_steps_and_bits() -> None:
    features = torch.rand(1, 8, 4, 4)
    torch.testing.assert_close(noise(features, steps=8), noise(features) * 8)
    torch.testing.assert_close(noise(features, bits=4), noise(features) * (255 / 15))
    assert float(noise(features, steps=0).abs().max()) == 0


def test_noise_of_a_constant_tensor_is_zero() -> None:
    assert float(noise(torch.full((1, 4, 2, 2), 3.0)).abs().max()) == 0


def test_noise_has_no_gradient_and_depends_on_the_generator_alone() -> None:
    features = torch.rand(1, 4, 2, 2, requires_grad=True)
    assert not noise(features).requires_grad
    assert torch.equal(noise(features), noise(features))
    assert not torch.equal(noise(features), noise(features, seed=6))
