from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from compfeat.datasets.base import IGNORE
from compfeat.errors import DataError
from compfeat.tasks.plugins.segmentation import Segmentation, confusion, miou


def test_default_ignore_is_the_datasets() -> None:
    assert confusion.__defaults__ == (IGNORE,)


def test_matches_a_plain_loop() -> None:
    rng = np.random.default_rng(1)
    labels, predicted = rng.integers(0, 5, (2, 12, 16), dtype=np.uint8)
    labels[rng.random(labels.shape) < 0.2] = IGNORE
    found = confusion(labels, predicted, 5)
    assert found.dtype == np.int64
    shares = []
    for k in range(5):
        true, guess = labels == k, (predicted == k) & (labels != IGNORE)
        shares.append((true & guess).sum() / (true | guess).sum())
    assert miou(found) == pytest.approx(float(np.mean(shares)), abs=1e-15)


def test_absent_classes_do_not_count() -> None:
    assert miou(np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]])) == pytest.approx((3 / 4 + 4 / 5) / 2)
    assert math.isnan(miou(np.zeros((3, 3), dtype=int)))


def test_predictions_of_ignored_pixels_are_not_read() -> None:
    labels = np.array([[0, IGNORE]], dtype=np.uint8)
    assert confusion(labels, np.array([[0, 99]]), 2).tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize(("label", "predicted", "what"), [(2, 0, "label 2"), (0, -1, "predicted class -1")])
def test_refuses_what_is_no_class(label: int, predicted: int, what: str) -> None:
    with pytest.raises(DataError, match=f"{what} found; expected 0..1"):
        confusion(np.array([[label]], dtype=np.uint8), np.array([[predicted]]), 2)


def test_refuses_different_shapes() -> None:
    with pytest.raises(ValueError, match="one shape"):
        confusion(np.zeros((2, 3), dtype=np.uint8), np.zeros((3, 2), dtype=int), 2)


def test_the_first_of_equal_classes_is_predicted() -> None:
    output = torch.zeros(2, 5, 3, 4)
    output[0, 2:4] = 1.0
    output[1, 1, :, 0] = output[1, 4, :, 0] = 2.0
    predicted = Segmentation(tuple("abcde")).predict(output)
    assert (predicted == output.argmax(1).numpy()).all() and predicted.dtype == np.uint8
    assert (predicted[0] == 2).all() and (predicted[1, :, 0] == 1).all()
