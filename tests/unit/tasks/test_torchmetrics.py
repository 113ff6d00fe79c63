"""Scores are those of torchmetrics, which takes seconds to import: here alone, and only where these tests run."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import numpy as np
import pytest
import torch

from compfeat.datasets.base import IGNORE
from compfeat.tasks.plugins.reconstruction import Reconstruction, reconstruction_errors
from compfeat.tasks.plugins.segmentation import confusion


@pytest.fixture(scope="module")
def functional() -> ModuleType:
    return import_module("torchmetrics.functional")


def test_psnr_per_image(functional: ModuleType) -> None:
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    predicted = images / 255.0 + rng.normal(0, 0.3, images.shape)
    sse, n = np.array([reconstruction_errors(p, i) for p, i in zip(predicted, images, strict=True)]).T
    found = Reconstruction(()).measure({"sse": sse, "n": n}, np.ones((1, 3)))["psnr_db"]
    reference = functional.image.peak_signal_noise_ratio(
        torch.tensor(predicted).clamp(0, 1), torch.tensor(images) / 255.0, data_range=1.0, dim=(1, 2, 3)
    )
    assert found[0] == pytest.approx(float(reference), abs=1e-5)


def test_confusion(functional: ModuleType) -> None:
    rng = np.random.default_rng(1)
    labels, predicted = rng.integers(0, 5, (2, 12, 16), dtype=np.uint8)
    labels[rng.random(labels.shape) < 0.2] = IGNORE
    reference = functional.classification.multiclass_confusion_matrix(
        torch.tensor(predicted.astype(np.int64)),
        torch.tensor(labels.astype(np.int64)),
        num_classes=5,
        ignore_index=IGNORE,
    )
    assert np.array_equal(confusion(labels, predicted, 5), reference.numpy())
