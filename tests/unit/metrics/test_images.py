from __future__ import annotations

import math

import numpy as np
import pytest

from compfeat.metrics.images import METRICS, TaskErrors, aggregate, images_table


def test_all_tasks() -> None:
    table = images_table(
        [TaskErrors("a", (0.01, 1), (8.0, 2), (18.0, 2)), TaskErrors("b", (0.0001, 1), (0.0, 0), (1.0, 1))]
    )
    assert list(table) == [
        "image_id",
        *(f"{k}_{t}" for t in ("reconstruction", "disparity", "disparity_authors") for k in ("sse", "n")),
    ]
    matrices = np.array([[[2, 0], [0, 0]], [[0, 1], [0, 1]]], dtype=np.int32)
    found = aggregate(table, matrices)
    assert found == pytest.approx({"miou": (2 / 3 + 1 / 2) / 2, "psnr_db": 30.0, "rmse": 2.0, "rmse_authors": 2.0})
    assert aggregate(table, matrices.sum(axis=0))["miou"] == found["miou"]


def test_untrained_tasks_have_no_columns_and_are_nan() -> None:
    table = images_table([TaskErrors("a", reconstruction=(0.01, 1))])
    assert list(table) == ["image_id", "sse_reconstruction", "n_reconstruction"]
    found = aggregate(table, None)
    assert tuple(found) == METRICS
    assert [m for m in METRICS if math.isnan(found[m])] == ["miou", "rmse", "rmse_authors"]


def test_refuses_uneven_tasks() -> None:
    with pytest.raises(ValueError, match="same tasks"):
        images_table([TaskErrors("a", reconstruction=(0.0, 1)), TaskErrors("b")])
