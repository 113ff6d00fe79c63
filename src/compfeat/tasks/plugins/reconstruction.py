"""Reconstruction of the input: squared errors, and the PSNR derived from them. Source: docs/explanation/method.md, "Task metrics"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from compfeat.datasets.base import Truth
from compfeat.tasks.base import TASKS, Metric, Scores, Task, check_shapes, mean_squared, weighted_means

if TYPE_CHECKING:
    from torch import Tensor

PSNR_CAP_DB = 100.0
"""What a reconstruction counts at most.

A perfect one has an infinite PSNR, and one such image would make the mean over all images infinite too; 100 dB (an error of 1e-5
of full scale) is far above what 8-bit images can show (about 59 dB where the only error is rounding).
"""


@TASKS.register("reconstruction")
class Reconstruction(Task):
    """The input image itself."""

    title = "reconstruction of the input"
    truths: ClassVar[tuple[Truth, ...]] = ()
    metrics = (Metric("psnr_db", "PSNR", "dB", 2, of_image="image_psnr_db"),)
    likelihood = "regression"

    @property
    def output_channels(self) -> int:
        return 3

    def loss(self, output: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """Return the mean squared error of the image in [0, 1]."""
        return (output - truth["image"]).square().mean()

    def predict(self, output: Tensor) -> NDArray[np.float32]:
        """Return the images, float32 N x H x W x 3, clamped to [0, 1]."""
        images: NDArray[np.float32] = output.float().clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
        return images

    def score(self, prediction: NDArray[Any], record: np.void) -> dict[str, Any]:
        """Return ``sse`` on a scale of 0..1, and ``n``, the samples."""
        sse, n = reconstruction_errors(prediction, record["image"])
        return {"sse": sse, "n": n}

    def measure(self, scores: Scores, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the mean over images of each image's PSNR (dB), none above PSNR_CAP_DB."""
        floor = 10.0 ** (-PSNR_CAP_DB / 10.0)
        mse = mean_squared(scores["sse"], scores["n"])
        # math.log10, since the last bit of numpy's depends on the processor.
        psnr_db = np.array([-10.0 * math.log10(max(value, floor)) for value in mse.tolist()])
        return {"psnr_db": weighted_means(psnr_db, weights)}

    def keep(self, prediction: NDArray[Any]) -> NDArray[Any]:
        return np.round(prediction * 255).astype(np.uint8)

    def truth_picture(self, record: np.void) -> NDArray[Any]:
        return np.array(record["image"])

    def picture(self, kept: NDArray[Any], reference: NDArray[Any] | None) -> NDArray[np.uint8]:
        return kept


def reconstruction_errors(predicted: NDArray[np.floating], image: NDArray[np.uint8]) -> tuple[float, int]:
    """Return the sum of squared errors of one image on a scale of 0..1, and the number of samples.

    Args:
        predicted: float, any shape; clamped to [0, 1] here.
        image: uint8, the same shape; its values over 255 are the target.

    Raises:
        ValueError: the two shapes differ.
    """
    check_shapes(predicted.shape, image.shape)
    error = np.clip(predicted.astype(np.float64), 0.0, 1.0) - image.astype(np.float64) / 255.0
    return float(np.sum(error * error)), int(error.size)
