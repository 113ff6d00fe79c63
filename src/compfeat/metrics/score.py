"""From a network's outputs to per-image errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compfeat.metrics.images import TaskErrors
from compfeat.metrics.regression import disparity_errors, reconstruction_errors
from compfeat.metrics.segmentation import confusion


def score_image(
    image_id: str, outputs: Mapping[str, NDArray[Any]], record: np.void, n_classes: int
) -> tuple[TaskErrors, NDArray[np.int64] | None]:
    """Return one image's squared errors and, where segmentation is trained, its confusion matrix.

    Args:
        outputs: ``segmentation`` predicted classes H x W, ``disparity`` px H x W, ``reconstruction`` H x W x 3 in [0, 1]
            (clamped here); only the trained tasks.
        record: the image's packed record (see ``datasets/_packed.py``).
    """
    errors: dict[str, tuple[float, int]] = {}
    if "reconstruction" in outputs:
        errors["reconstruction"] = reconstruction_errors(outputs["reconstruction"], record["image"])
    if "disparity" in outputs:
        errors["disparity"] = disparity_errors(outputs["disparity"], record["disparity_px"])
        errors["disparity_authors"] = disparity_errors(outputs["disparity"], record["disparity_authors_px"])
    matrix = confusion(record["labels"], outputs["segmentation"], n_classes) if "segmentation" in outputs else None
    return TaskErrors(image_id, **errors), matrix
