"""Variants of training: what every one must be, whoever adds it, and the noise that stands for the quantiser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from compfeat.losses.step import Step
from compfeat.settings.section import NoOptions
from compfeat.training.batches import Arrays, fields_of
from compfeat.training.variants.base import VARIANTS
from compfeat.training.variants.plugins.coded_images import CodedImages
from compfeat.training.variants.plugins.release import Release
from compfeat.training.variants.plugins.standard import Standard
from helpers import random_scenes
from tiny import phase, train_settings

FIELDS = ("image", "labels", "disparity_px")
STEP = Step(seed=3, number=5, epoch=0.5)


@pytest.mark.parametrize("name", VARIANTS.names())
def test_a_step_repeats_and_leaves_the_scenes_as_they_are(name: str) -> None:
    made = VARIANTS.get(name)
    variant = made(train_settings(), made.options_type())
    records = random_scenes(3)
    before = records.copy()
    features = torch.rand(2, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    first, again = (variant.augment(fields_of(records, FIELDS), phase(crop_width_px=32), STEP) for _ in range(2))
    assert set(first) == set(FIELDS)
    for field, array in first.items():
        assert array.shape[:3] == (3, 32, 32) and array.dtype == records[field].dtype
        assert np.array_equal(array, again[field])
        assert torch.from_numpy(array).numpy().flags.writeable
        array[:] = 0
    shown = [variant.shown(records["image"], STEP) for _ in range(2)]
    assert shown[0].shape == records["image"].shape and shown[0].dtype == np.uint8
    assert np.array_equal(shown[0], shown[1]) and np.array_equal(records, before)
    noise = variant.noise(features, STEP)
    assert (noise + features).shape == features.shape and torch.equal(noise, variant.noise(features, STEP))


def test_coded_images_are_shown_at_the_qualities_of_the_options_without_noise() -> None:
    smooth = np.linspace(0, 250, 32 * 64 * 3).astype(np.uint8).reshape(1, 32, 64, 3)
    errors = {}
    for quality in ("q90", "q5"):
        coded = CodedImages(train_settings(), CodedImages.options_type(qualities=(quality,)))
        errors[quality] = np.abs(coded.shown(smooth, STEP).astype(int) - smooth).mean()
        assert not coded.noise(torch.ones(1, 2, 3, 4), STEP).any()
    assert 0 < errors["q90"] < errors["q5"] < 40
    both = CodedImages(train_settings(), CodedImages.options_type(qualities=("q90", "q5")))
    assert len({both.shown(smooth, Step(3, number, 0.5)).tobytes() for number in range(20)}) == 2


def test_the_release_adds_noise_of_a_fixed_width_and_scores_all_pixels_disparity() -> None:
    variant = Release(train_settings(), NoOptions())
    for scale in (1, 1000):
        noise = variant.noise(scale * torch.rand(2, 8, 16, 16), STEP)
        assert 0.0019 < float(noise.abs().max()) <= 0.002 and abs(float(noise.mean())) < 1e-4
    seen = variant.augment(fields_of(random_scenes(3), FIELDS), phase(), STEP)
    assert (random_scenes(3)["disparity_px"] == 0).any() and (seen["disparity_px"] > 0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"codec": "laplace"}, "codec 'laplace' codes no images"),
        ({"codec": "nothing"}, "codec 'nothing' is unknown"),
        ({"codec": "hevc", "qualities": ["qp20", "q80"]}, "quality 'q80' is unknown"),
        ({"codec": "hevc", "qualities": ["qp20"]}, "None"),
    ],
)
def test_codecs_that_cannot_code_images_are_refused(options: dict[str, Any], message: str) -> None:
    assert message in str(CodedImages.problem(CodedImages.options_type(**options)))


def test_strips_cover_the_image_mirroring_is_a_coin_and_the_truth_is_turned_alike() -> None:
    columns = np.arange(64, dtype=np.uint8) * np.ones((200, 1, 1), np.uint8)
    scenes: Arrays = {"image": columns[..., None], "labels": columns, "disparity_px": columns.astype(np.float32)}
    standard = Standard(train_settings(), NoOptions())
    made = standard.augment(scenes, phase(crop_width_px=32), STEP)
    seen = made["image"][..., 0]
    assert np.array_equal(made["labels"], seen) and np.array_equal(made["disparity_px"], seen)
    first, last = seen[:, 0, 0], seen[:, 0, -1]
    left = np.minimum(first, last)
    assert left.min() == 0 and left.max() == 32
    assert 70 < np.count_nonzero(first > last) < 130
    assert standard.augment(scenes, phase(), STEP)["image"].shape == (200, 1, 64, 1)


def noise(features: torch.Tensor, steps: float = 1, bits: int = 8, number: int = 5) -> torch.Tensor:
    settings = train_settings(noise_steps=steps, quantiser_bits=bits)
    return Standard(settings, NoOptions()).noise(features, Step(3, number, 0.5))


def test_noise_is_uniform_one_step_of_its_image_wide_and_without_a_gradient() -> None:
    features = torch.rand(2, 64, 16, 32, generator=torch.Generator().manual_seed(0))
    features[1] *= 100
    features.requires_grad_()
    for image, drawn in zip(features.detach(), noise(features), strict=True):
        step = float(image.max() - image.min()) / 255
        assert not drawn.requires_grad and float(drawn.abs().max()) <= step / 2 * (1 + 1e-6)
        assert float(drawn.mean()) == pytest.approx(0, abs=0.02 * step)
        assert float(drawn.std()) == pytest.approx(step / 12**0.5, rel=0.01)


def test_noise_scales_with_steps_and_bits_and_depends_on_the_step_alone() -> None:
    features = torch.rand(1, 8, 4, 4)
    torch.testing.assert_close(noise(features, steps=8), noise(features) * 8)
    torch.testing.assert_close(noise(features, bits=4), noise(features) * (255 / 15))
    assert not noise(features, steps=0).any() and not noise(torch.full((1, 4, 2, 2), 3.0)).any()
    assert torch.equal(noise(features), noise(features)) and not torch.equal(noise(features), noise(features, number=6))
