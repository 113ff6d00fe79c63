"""The tasks of the package: how each scores an image, and what it makes of the scores of several."""

from __future__ import annotations

import math
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from compfeat.datasets.base import IGNORE
from compfeat.errors import DataError
from compfeat.tasks.plugins.disparity import Disparity, disparity_errors
from compfeat.tasks.plugins.reconstruction import PSNR_CAP_DB, Reconstruction, reconstruction_errors
from compfeat.tasks.plugins.segmentation import CALIBRATION, LEAST_SHARE, Segmentation, confusion, miou


@pytest.fixture(scope="module")
def functional() -> ModuleType:
    """Functions of torchmetrics, which takes seconds to import: only where these tests run."""
    return import_module("torchmetrics.functional")


@pytest.fixture(scope="module")
def labelled() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Labels of five classes, some of them void, and predictions."""
    rng = np.random.default_rng(1)
    labels, predicted = rng.integers(0, 5, (2, 12, 16), dtype=np.uint8)
    labels[rng.random(labels.shape) < 0.2] = IGNORE
    return labels, predicted


def measured(sse: Any, n: Any, weights: Any = None) -> tuple[list[float], list[float]]:
    """Return RMSE and PSNR of images by their squared errors and counts, per row of weights."""
    scores = {"sse": np.array(sse), "n": np.array(n)}
    scores |= {f"{name}_authors": array for name, array in scores.items()}
    weights = np.ones((1, len(n))) if weights is None else np.array(weights)
    rmse, psnr = Disparity(()).measure(scores, weights)["rmse"], Reconstruction(()).measure(scores, weights)["psnr_db"]
    return rmse.tolist(), psnr.tolist()


def test_disparity_scores_pixels_with_truth_only() -> None:
    truth = np.array([[0.0, 2.0], [4.0, 0.0]], dtype=np.float32)
    predicted = np.array([[9.0, 5.0], [0.0, -9.0]], dtype=np.float32)
    assert disparity_errors(predicted, truth) == (9.0 + 16.0, 2)
    assert disparity_errors(predicted, np.zeros_like(truth)) == (0.0, 0)


def test_rmse_averages_roots_skips_images_without_truth_and_counts_images_by_weights() -> None:
    assert measured([8.0, 0.0, 9.0], [2, 0, 1])[0] == [(2.0 + 3.0) / 2]
    weights = [[1.0, 1.0, 1.0], [3.0, 0.0, 2.0], [0.0, 0.0, 1.0]]
    rmse, _ = measured([8.0, 9.0, 5.0], [2, 1, 0], weights)
    assert rmse[:2] == [2.5, 2.0] and math.isnan(rmse[2])


def test_perfect_reconstruction_counts_as_the_cap() -> None:
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    sse, n = reconstruction_errors(image / 255.0, image)
    assert (sse, n) == (0.0, 12)
    assert measured([sse], [n])[1] == pytest.approx([PSNR_CAP_DB])
    assert math.isnan(measured([0.0], [0])[1][0])


def test_psnr_is_that_of_torchmetrics(functional: ModuleType) -> None:
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    predicted = images / 255.0 + rng.normal(0, 0.3, images.shape)
    sse, n = np.array([reconstruction_errors(p, i) for p, i in zip(predicted, images, strict=True)]).T
    reference = functional.image.peak_signal_noise_ratio(
        torch.tensor(predicted).clamp(0, 1), torch.tensor(images) / 255.0, data_range=1.0, dim=(1, 2, 3)
    )
    assert measured(sse, n)[1] == pytest.approx([float(reference)], abs=1e-5)


def test_confusion_is_that_of_torchmetrics_and_miou_that_of_a_plain_loop(
    functional: ModuleType, labelled: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    labels, predicted = labelled
    found = confusion(labels, predicted, 5)
    reference = functional.classification.multiclass_confusion_matrix(
        torch.tensor(predicted.astype(np.int64)),
        torch.tensor(labels.astype(np.int64)),
        num_classes=5,
        ignore_index=IGNORE,
    )
    assert found.dtype == np.int64 and np.array_equal(found, reference.numpy())
    shares = []
    for k in range(5):
        true, guess = labels == k, (predicted == k) & (labels != IGNORE)
        shares.append((true & guess).sum() / (true | guess).sum())
    assert miou(found) == pytest.approx(float(np.mean(shares)), abs=1e-15)


def test_absent_classes_and_predictions_of_ignored_pixels_do_not_count() -> None:
    assert miou(np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]])) == pytest.approx((3 / 4 + 4 / 5) / 2)
    assert math.isnan(miou(np.zeros((3, 3), dtype=int)))
    labels = np.array([[0, IGNORE]], dtype=np.uint8)
    assert confusion(labels, np.array([[0, 99]]), 2).tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize(("label", "predicted", "what"), [(2, 0, "label 2"), (0, -1, "predicted class -1")])
def test_refuses_what_is_no_class(label: int, predicted: int, what: str) -> None:
    with pytest.raises(DataError, match=f"{what} found; expected 0..1"):
        confusion(np.array([[label]], dtype=np.uint8), np.array([[predicted]]), 2)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("classes", [1, 2, 19])
@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_the_first_of_equal_classes_is_predicted_plain_and_calibrated(
    levels: int, classes: int, layout: torch.memory_format
) -> None:
    rng, task = np.random.default_rng([levels, classes]), Segmentation([str(k) for k in range(classes)])
    drawn = rng.integers(0, levels, (3, classes, 16, 32)) - levels // 2
    output = torch.from_numpy(drawn.astype(np.float32)).contiguous(memory_format=layout)
    expected = output.numpy().argmax(1)
    predicted = task.predict(output)
    assert np.array_equal(predicted, expected) and predicted.dtype == np.uint8
    task.train_shares = rng.choice([0.0, 0.1, 0.5], classes)
    prior = (CALIBRATION * np.log(np.maximum(task.train_shares, LEAST_SHARE))).astype(np.float32)
    calibrated = (output.numpy() - prior[:, None, None]).argmax(1)
    assert np.array_equal(task.predict(output), np.stack([expected, calibrated], axis=1))


SHARES = np.array([0.98, 0.02])


def of_two_classes(shares: NDArray[np.float64] | None) -> Segmentation:
    task = Segmentation(("common", "rare"))
    task.train_shares = shares
    return task


def test_a_rare_class_wins_where_it_is_nearly_as_likely() -> None:
    gap = CALIBRATION * float(np.log(SHARES[0] / SHARES[1]))
    output = torch.zeros(1, 2, 2, 2)
    output[0, 0] = torch.tensor([[0.9 * gap, 1.1 * gap], [0.0, -1.0]])
    planes = of_two_classes(SHARES).predict(output)[0]
    assert planes.tolist() == [[[0, 0], [0, 1]], [[1, 0], [1, 1]]]


def test_both_mious_are_measured_where_both_were_scored() -> None:
    own, record = of_two_classes(SHARES), np.zeros(1, np.dtype([("labels", "u1", (2, 2))]))[0]
    scores = own.score(np.array([[[0, 0], [0, 1]], [[0, 0], [0, 0]]], np.uint8), record)
    measured = own.measure({name: matrix[None] for name, matrix in scores.items()}, np.ones((1, 1)))
    assert measured["miou"][0] == 0.375 and measured["miou_calibrated"][0] == 1
    plain = of_two_classes(None).score(np.zeros((2, 2), np.uint8), record)
    assert set(own.measure({name: matrix[None] for name, matrix in plain.items()}, np.ones((1, 1)))) == {"miou"}
    assert own.keep(np.zeros((2, 4, 8), np.uint8)).shape == (4, 8)


def test_different_shapes_are_refused() -> None:
    grey, other = np.zeros((2, 3)), np.zeros((3, 2))
    for score in (
        lambda: confusion(grey.astype(np.uint8), other.astype(int), 2),
        lambda: disparity_errors(grey, other),
        lambda: reconstruction_errors(np.zeros((3, 2, 2)), np.zeros((2, 2, 3), dtype=np.uint8)),
    ):
        with pytest.raises(ValueError, match="one shape"):
            score()
