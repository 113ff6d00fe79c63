"""Semantic segmentation: confusion matrices, one per image, and the mean intersection over union of their sum.

Source: docs/explanation/method.md, "Task metrics" (the authors' convention, which is kept).
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compfeat.datasets.base import IGNORE, Truth
from compfeat.datasets.resize import resize_labels
from compfeat.errors import DataError
from compfeat.tasks.base import TASKS, Metric, Scores, Task, check_shapes

if TYPE_CHECKING:
    from torch import Tensor

CALIBRATION = 0.3
"""tau of the calibrated mIoU (docs/explanation/method.md, "Task metrics"), chosen on the train split of rendered scenes (0.3: 0.453
and 0.491 at c512 and c256; 0: 0.441 and 0.477; 0.5: 0.451 and 0.488)."""
LEAST_SHARE = 1e-6
"""Of a class, so that one that train lacks is not certain."""


@TASKS.register("segmentation")
class Segmentation(Task):
    """Which of the dataset's classes each pixel belongs to."""

    title = "semantic segmentation"
    truths = (Truth("labels", "labels", "u1", resize_labels),)
    metrics = (Metric("miou", "mIoU", "", 4), Metric("miou_calibrated", "mIoU, calibrated", "", 4, compared=False))
    likelihood = "classification"

    @property
    def output_channels(self) -> int:
        return len(self.class_names)

    def loss(self, output: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """Return the cross-entropy over labelled pixels; 0 for a batch without any."""
        from torch.nn.functional import cross_entropy

        labels = truth["labels"].long()
        # Not reduction="mean", which is 0 / 0 for a batch without a labelled pixel.
        total = cross_entropy(output, labels, ignore_index=IGNORE, reduction="sum")
        return total / (labels != IGNORE).sum().clamp(min=1)

    def pixel_weights(self, output: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """Return one over the number of labelled pixels, at these."""
        labelled = truth["labels"] != IGNORE
        return labelled.to(output) / labelled.sum().clamp(min=1)

    def class_shares(self, records: NDArray[np.void]) -> NDArray[np.float64]:
        """Return the share (0..1) of the labelled pixels that are of each class, n; zeros where no pixel is labelled."""
        counts = np.zeros(256, np.int64)
        for record in records:
            counts += np.bincount(record["labels"].ravel(), minlength=256)
        own = counts[: len(self.class_names)]
        shares: NDArray[np.float64] = own / max(int(own.sum()), 1)
        return shares

    def predict(self, output: Tensor) -> NDArray[np.uint8]:
        """Return the most likely class of each pixel, the first of several, uint8 N x H x W.

        Where the train split's class shares are known, N x 2 x H x W: the second plane is the most likely class after
        CALIBRATION log(share) is subtracted from each logit.
        """
        import torch

        # One image at a time, whose planes stay in the processor's cache.
        images = output.contiguous()
        found = torch.stack([most_likely(image) for image in images])
        if self.train_shares is not None:
            prior = torch.from_numpy(CALIBRATION * np.log(np.maximum(self.train_shares, LEAST_SHARE))).to(output)
            calibrated = ((plane - less for plane, less in zip(image, prior, strict=True)) for image in images)
            found = torch.stack([found, torch.stack([most_likely(planes) for planes in calibrated])], dim=1)
        classes: NDArray[np.uint8] = found.cpu().numpy()
        return classes

    def score(self, prediction: NDArray[Any], record: np.void) -> dict[str, Any]:
        """Return ``confusion``: pixels by true and predicted class, int64 n x n; of both planes if there are two."""
        planes = [prediction] if prediction.ndim == 2 else list(prediction)
        names = ("confusion", "confusion_calibrated")
        return {
            name: confusion(record["labels"], plane, len(self.class_names))
            for name, plane in zip(names, planes, strict=False)
        }

    def measure(self, scores: Scores, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the mIoU (0..1) of the weighted sum of all confusion matrices, plain and if there are some calibrated."""
        measured = {}
        for metric, name in (("miou", "confusion"), ("miou_calibrated", "confusion_calibrated")):
            if name in scores:
                matrices = np.asarray(scores[name], dtype=np.float64)
                n = matrices.shape[1]
                # Counts below 2^53 add up exactly in double precision, in any order.
                sums = (weights @ matrices.reshape(len(matrices), -1)).reshape(-1, n, n)
                measured[metric] = np.array([miou(matrix) for matrix in sums])
        return measured

    def keep(self, prediction: NDArray[Any]) -> NDArray[Any]:
        return prediction if prediction.ndim == 2 else prediction[0]

    def truth_picture(self, record: np.void) -> NDArray[Any]:
        return np.array(record["labels"])

    def picture(self, kept: NDArray[Any], reference: NDArray[Any] | None) -> NDArray[np.uint8]:
        """Return the classes in a fixed set of colours; unlabelled pixels are black."""
        colours = np.zeros((256, 3), np.uint8)
        for k in range(len(self.class_names)):  # evenly spaced on a spiral of hue and lightness
            rgb = colorsys.hls_to_rgb((k * 0.618033988749895) % 1.0, (0.35, 0.55, 0.72)[k % 3], 0.65)
            colours[k] = np.round(np.array(rgb) * 255)
        coloured: NDArray[np.uint8] = colours[kept]
        return coloured


def most_likely(planes: Iterable[Tensor]) -> Tensor:
    """Return which of at most 256 planes of scores is the largest at each place, the first of several, uint8.

    For a few contiguous planes a CPU takes a third of the time of ``Tensor.max``.
    """
    import torch

    first, *others = planes
    best, classes = first.clone(), torch.zeros_like(first, dtype=torch.uint8)
    larger = torch.empty_like(first, dtype=torch.bool)
    numbers = larger.view(torch.uint8)
    for number, plane in enumerate(others, start=1):
        torch.gt(plane, best, out=larger)
        # Numbers rise, so that the larger one is the later one.
        torch.maximum(classes, numbers.mul_(number), out=classes)
        torch.maximum(best, plane, out=best)
    return classes


def confusion(labels: NDArray[np.uint8], predicted: NDArray[np.integer], n_classes: int) -> NDArray[np.int64]:
    """Count the pixels of one image by true and predicted class.

    Args:
        labels: uint8, H x W, class index 0..n_classes-1, or IGNORE where nothing is scored.
        predicted: integers, H x W, class index 0..n_classes-1; what it says of ignored pixels is not read.
        n_classes: number of classes n.

    Returns:
        int64, n x n; rows are the truth, columns the prediction; the sum is the number of scored pixels.

    Raises:
        ValueError: the two shapes differ.
        DataError: a scored pixel's label or prediction is not a class.
    """
    check_shapes(predicted.shape, labels.shape)
    scored = labels != IGNORE
    truth = labels[scored].astype(np.int64)
    guess = predicted[scored].astype(np.int64)
    for what, values in (("label", truth), ("predicted class", guess)):
        if values.size and not (values.min() >= 0 and values.max() < n_classes):
            wrong = values[(values < 0) | (values >= n_classes)][0]
            expected = f"0..{n_classes - 1} (or label {IGNORE})"
            raise DataError(f"{what} {wrong} found; expected {expected}; check the class list")
    counts = np.bincount(n_classes * truth + guess, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes).astype(np.int64)


def miou(matrix: NDArray[Any]) -> float:
    """Return the mean intersection over union (0..1) of a confusion matrix summed over all images.

    The mean is over the classes that occur in truth or prediction (union > 0); nan where none does.

    Args:
        matrix: n x n; rows are the truth.
    """
    counts = np.asarray(matrix, dtype=np.float64)
    intersection = np.diagonal(counts)
    union = counts.sum(axis=0) + counts.sum(axis=1) - intersection
    present = union > 0
    if not present.any():
        return float("nan")
    return float(np.mean(intersection[present] / union[present]))
