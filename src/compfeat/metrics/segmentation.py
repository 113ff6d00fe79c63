"""Semantic segmentation: confusion matrices, one an image, and the mean intersection over union of their sum.

Source: METHOD.md, "Task metrics" (the authors' convention, which is kept).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import DataError


def confusion(
    labels: NDArray[np.uint8], predicted: NDArray[np.integer], n_classes: int, ignore: int = 255
) -> NDArray[np.int64]:
    """Count the pixels of one image by true and predicted class.

    Args:
        labels: uint8, H x W, class index 0..n_classes-1, or ``ignore`` where nothing is scored.
        predicted: integers, H x W, class index 0..n_classes-1; what it says of ignored pixels is not read.
        n_classes: number of classes n.
        ignore: the label of unscored pixels (``datasets.IGNORE``).

    Returns:
        int64, n x n; rows are the truth, columns the prediction; the sum is the number of scored pixels.

    Raises:
        ValueError: the two shapes differ.
        DataError: a scored pixel's label or prediction is not a class.
    """
    if labels.shape != predicted.shape:
        raise ValueError(f"labels are {labels.shape}, predictions {predicted.shape}; expected one shape")
    scored = labels != ignore
    truth = labels[scored].astype(np.int64)
    guess = predicted[scored].astype(np.int64)
    for what, values in (("label", truth), ("predicted class", guess)):
        if values.size and not (values.min() >= 0 and values.max() < n_classes):
            wrong = values[(values < 0) | (values >= n_classes)][0]
            expected = f"0..{n_classes - 1} (or label {ignore})"
            raise DataError(f"{what} {wrong} found; expected {expected}; check the class list")
    counts = np.bincount(n_classes * truth + guess, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes).astype(np.int64)


def miou(matrix: NDArray[np.integer]) -> float:
    """Return the mean intersection over union (0..1) of a confusion matrix summed over all images.

    The mean is over the classes that occur in truth or prediction (union > 0); nan where none does.

    Args:
        matrix: integers, n x n; rows are the truth.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    intersection = np.diagonal(counts)
    union = counts.sum(axis=0) + counts.sum(axis=1) - intersection
    present = union > 0
    if not present.any():
        return float("nan")
    return float(np.mean(intersection[present] / union[present]))
