from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from compfeat.tasks.plugins.disparity import Disparity, disparity_errors
from compfeat.tasks.plugins.reconstruction import PSNR_CAP_DB, Reconstruction, reconstruction_errors


def rmse(sse: NDArray[np.floating], n: NDArray[np.integer]) -> float:
    scores = {"sse": sse, "n": n, "sse_authors": sse, "n_authors": n}
    return float(Disparity(()).measure(scores, np.ones((1, len(n))))["rmse"][0])


def psnr_db(sse: NDArray[np.floating], n: NDArray[np.integer]) -> float:
    return float(Reconstruction(()).measure({"sse": sse, "n": n}, np.ones((1, len(n))))["psnr_db"][0])


def test_disparity_scores_pixels_with_truth_only() -> None:
    truth = np.array([[0.0, 2.0], [4.0, 0.0]], dtype=np.float32)
    predicted = np.array([[9.0, 5.0], [0.0, -9.0]], dtype=np.float32)
    assert disparity_errors(predicted, truth) == (9.0 + 16.0, 2)
    assert disparity_errors(predicted, np.zeros_like(truth)) == (0.0, 0)


def test_rmse_averages_roots_and_skips_images_without_truth() -> None:
    assert rmse(np.array([8.0, 0.0, 9.0]), np.array([2, 0, 1])) == pytest.approx((2.0 + 3.0) / 2)
    assert math.isnan(rmse(np.array([0.0]), np.array([0])))


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


def test_weights_count_images_as_often_as_they_say() -> None:
    sse, n = np.array([8.0, 9.0, 5.0]), np.array([2, 1, 0])
    weights = np.array([[1.0, 1.0, 1.0], [3.0, 0.0, 2.0], [0.0, 0.0, 1.0]])
    scores = {"sse": sse, "n": n, "sse_authors": sse, "n_authors": n}
    found = Disparity(()).measure(scores, weights)["rmse"]
    assert found[:2].tolist() == [2.5, 2.0]
    assert math.isnan(found[2])
