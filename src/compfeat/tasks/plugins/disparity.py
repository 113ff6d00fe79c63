"""Disparity: squared errors over the pixels with ground truth, and the RMSE derived from them.

Source: docs/explanation/method.md, "Task metrics". Two conventions of the truth use the same functions: valid-aware resizing, and the
authors' plain bilinear one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compfeat.datasets.base import Truth
from compfeat.datasets.resize import resize_disparity, resize_disparity_authors
from compfeat.tasks.base import TASKS, Metric, Scores, Task, check_shapes, mean_squared, weighted_means

if TYPE_CHECKING:
    from torch import Tensor


@TASKS.register("disparity")
class Disparity(Task):
    """The disparity of each pixel, in pixels of the source image."""

    title = "disparity estimation"
    truths = (
        Truth("disparity_px", "disparity_px", "<f4", resize_disparity),
        Truth("disparity_authors_px", "disparity_px", "<f4", resize_disparity_authors, trained=False),
    )
    metrics = (
        Metric("rmse", "RMSE", "px", 4, higher_is_better=False),
        Metric("rmse_authors", "RMSE, authors' convention", "px", 4, higher_is_better=False, compared=False),
    )
    likelihood = "regression"
    decoder_widening = 2

    @property
    def output_channels(self) -> int:
        return 1

    def loss(self, output: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """Return the mean squared error (px^2) over valid pixels; 0 for a batch without any."""
        target = truth["disparity_px"].unsqueeze(1)
        valid = target > 0
        # The sum over valid pixels by a mask, not by indexing: one pass, and the same memory for any image.
        return ((output - target).square() * valid).sum() / valid.sum().clamp(min=1)

    def pixel_weights(self, output: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """Return one over the number of valid pixels, at these."""
        valid = truth["disparity_px"] > 0
        return valid.to(output) / valid.sum().clamp(min=1)

    def predict(self, output: Tensor) -> NDArray[np.float32]:
        """Return each pixel's disparity, float32 N x H x W (px)."""
        values: NDArray[np.float32] = output[:, 0].float().cpu().numpy()
        return values

    def score(self, prediction: NDArray[Any], record: np.void) -> dict[str, Any]:
        """Return ``sse`` (px^2) and ``n`` (pixels with truth), and both in the authors' convention."""
        own = disparity_errors(prediction, record["disparity_px"])
        authors = disparity_errors(prediction, record["disparity_authors_px"])
        return {"sse": own[0], "n": own[1], "sse_authors": authors[0], "n_authors": authors[1]}

    def measure(self, scores: Scores, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the means over images of each image's RMSE (px); images without truth do not count."""
        kinds = {"rmse": ("sse", "n"), "rmse_authors": ("sse_authors", "n_authors")}
        return {
            name: weighted_means(np.sqrt(mean_squared(scores[sse], scores[n])), weights)
            for name, (sse, n) in kinds.items()
        }

    def keep(self, prediction: NDArray[Any]) -> NDArray[Any]:
        return prediction.astype(np.float16)

    def truth_picture(self, record: np.void) -> NDArray[Any]:
        return np.array(record["disparity_px"]).astype(np.float16)

    def picture(self, kept: NDArray[Any], reference: NDArray[Any] | None) -> NDArray[np.uint8]:
        """Return disparities in colours from dark (far) to bright (near), on the scale of the truth; no truth is grey."""
        from matplotlib import colormaps

        values = kept.astype(np.float32)
        scale = values if reference is None else reference.astype(np.float32)
        top = float(scale.max()) or 1.0
        coloured = colormaps["magma"](np.clip(values / top, 0.0, 1.0), bytes=True)[..., :3]
        return np.where((values == 0)[..., None], np.uint8(128), coloured)


def disparity_errors(predicted: NDArray[np.floating], truth_px: NDArray[np.floating]) -> tuple[float, int]:
    """Return the sum of squared errors (px^2) of one image, and how many pixels have ground truth.

    Args:
        predicted: float, H x W, disparity in pixels.
        truth_px: float, H x W, disparity in pixels; values that are not > 0 mean no ground truth.

    Raises:
        ValueError: the two shapes differ.
    """
    check_shapes(predicted.shape, truth_px.shape)
    valid = truth_px > 0
    error = predicted[valid].astype(np.float64) - truth_px[valid].astype(np.float64)
    return float(np.sum(error * error)), int(np.count_nonzero(valid))
