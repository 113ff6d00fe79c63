"""The calibrated mIoU: what the receiver knows of the classes of the train split changes predictions, not the network."""

from __future__ import annotations

import numpy as np
import torch

from compfeat.tasks.plugins.segmentation import CALIBRATION, Segmentation

CLASSES = ("common", "rare")
SHARES = np.array([0.98, 0.02])
RECORD: np.void = np.zeros(1, np.dtype([("labels", "u1", (2, 2))]))[0]


def task(shares: np.ndarray | None) -> Segmentation:
    made = Segmentation(CLASSES)
    made.train_shares = shares
    return made


def test_a_rare_class_wins_where_it_is_nearly_as_likely() -> None:
    gap = CALIBRATION * float(np.log(SHARES[0] / SHARES[1]))
    output = torch.zeros(1, 2, 2, 2)
    output[0, 0] = torch.tensor([[0.9 * gap, 1.1 * gap], [0.0, -1.0]])
    planes = task(SHARES).predict(output)[0]
    np.testing.assert_array_equal(planes[0], [[0, 0], [0, 1]])
    np.testing.assert_array_equal(planes[1], [[1, 0], [1, 1]])
    np.testing.assert_array_equal(task(None).predict(output)[0], planes[0])


def test_both_mious_are_measured_where_both_were_scored() -> None:
    own = task(SHARES)
    scores = own.score(np.array([[[0, 0], [0, 1]], [[0, 0], [0, 0]]], np.uint8), RECORD)
    measured = own.measure({name: matrix[None] for name, matrix in scores.items()}, np.ones((1, 1)))
    assert measured["miou"][0] == 0.375 and measured["miou_calibrated"][0] == 1
    plain = task(None).score(np.zeros((2, 2), np.uint8), RECORD)
    assert set(own.measure({name: matrix[None] for name, matrix in plain.items()}, np.ones((1, 1)))) == {"miou"}
    assert own.keep(np.zeros((2, 4, 8), np.uint8)).shape == (4, 8)
