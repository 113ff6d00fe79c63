from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torchmetrics.functional.image import peak_signal_noise_ratio

from compfeat.metrics.regression import PSNR_CAP_DB, disparity_errors, psnr_db, reconstruction_errors, rmse


def test_disparity_scores_pixels_with_truth_only() -> None:
    truth = np.array([[0.0, 2.0], [4.0, 0.0]], dtype=np.float32)
    predicted = np.array([[9.0, 5.0], [0.0, -9.0]], dtype=np.float32)
    assert disparity_errors(predicted, truth) == (9.0 + 16.0, 2)
    assert disparity_errors(predicted, np.zeros_like(truth)) == (0.0, 0)


def test_rmse_averages_roots_and_skips_images_without_truth() -> None:
    assert rmse(np.array([8.0, 0.0, 9.0]), np.array([2, 0, 1])) == pytest.approx((2.0 + 3.0) / 2)
    assert math.isnan(rmse(np.array([0.0]), np.array([0])))


def test_a_nan_is_not_hidden() -> None:
    assert math.isnan(rmse(np.array([math.nan, 1.0]), np.array([1, 1])))
    assert math.isnan(psnr_db(np.array([math.nan, 1.0]), np.array([1, 1])))


def test_psnr_matches_torchmetrics_per_image() -> None:
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    predicted = images / 255.0 + rng.normal(0, 0.3, images.shape)
    pairs = [reconstruction_errors(p, i) for p, i in zip(predicted, images, strict=True)]
    found = psnr_db(np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))
    reference = peak_signal_noise_ratio(
        torch.tensor(predicted).clamp(0, 1), torch.tensor(images) / 255.0, data_range=1.0, dim=(1, 2, 3)
    )
    assert found == pytest.approx(float(reference), abs=1e-5)


def test_perfect_reconstruction_counts_as_the_cap() -> None:
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    sse, n = reconstruction_errors(image / 255.0, image)
    assert (sse, n) == (0.0, 12)
    assert psnr_db(np.array([sse]), np.array([n])) == pytest.approx(PSNR_CAP_DB)
    assert math.isnan(psnr_db(np.array([0.0]), np.array([0])))


def test_refuses_different_shapes() -> None:
    with pytest.raises(ValueError, match="one shape"):
        disparity_errors(np.zeros((2, 3)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="one shape"):
        reconstruction_errors(np.zeros((3, 2, 2)), np.zeros((2, 2, 3), dtype=np.uint8))
