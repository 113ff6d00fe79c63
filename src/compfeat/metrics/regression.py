"""Disparity and reconstruction: squared errors, one sum an image, and the RMSE and PSNR derived from them.

Source: METHOD.md, "Task metrics". Both conventions of the disparity's truth (valid-aware and the authors' plain
bilinear resizing) use the same functions; they differ only in the truth that is given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PSNR_CAP_DB = 100.0
"""What a reconstruction counts at most.

A perfect one has an infinite PSNR, and one such image would make the mean over all
images infinite too; 100 dB (an error of 1e-5 of full scale) is far above what 8-bit images can show (about 59 dB for a
reconstruction whose only error is rounding)."""


def disparity_errors(predicted: NDArray[np.floating], truth_px: NDArray[np.floating]) -> tuple[float, int]:
    """Return the sum of squared errors (px^2) of one image, and how many pixels have ground truth.

    Args:
        predicted: float, H x W, disparity in pixels.
        truth_px: float, H x W, disparity in pixels; values that are not > 0 mean no ground truth.

    Raises:
        ValueError: the two shapes differ.
    """
    _check_shapes(predicted.shape, truth_px.shape)
    valid = truth_px > 0
    error = predicted[valid].astype(np.float64) - truth_px[valid].astype(np.float64)
    return float(np.sum(error * error)), int(np.count_nonzero(valid))


def reconstruction_errors(predicted: NDArray[np.floating], image: NDArray[np.uint8]) -> tuple[float, int]:
    """Return the sum of squared errors of one image on a scale of 0..1, and the number of samples.

    Args:
        predicted: float, any shape; clamped to [0, 1] here.
        image: uint8, the same shape; its values over 255 are the target.

    Raises:
        ValueError: the two shapes differ.
    """
    _check_shapes(predicted.shape, image.shape)
    error = np.clip(predicted.astype(np.float64), 0.0, 1.0) - image.astype(np.float64) / 255.0
    return float(np.sum(error * error)), int(error.size)


def rmse(sse: NDArray[np.floating], n_valid: NDArray[np.integer]) -> float:
    """Return the mean over images of the root of each image's mean squared error, in the unit of the values.

    Args:
        sse: float, (N,), sums of squared errors.
        n_valid: integers, (N,), scored samples; images with none are skipped. nan where no image is left.
    """
    mse = _mean_squared(sse, n_valid)
    return float(np.mean(np.sqrt(mse))) if mse.size else float("nan")


def psnr_db(sse: NDArray[np.floating], n: NDArray[np.integer], cap_db: float = PSNR_CAP_DB) -> float:
    """Return the mean over images of each image's PSNR (dB) for values of 0..1, none above ``cap_db``.

    Args:
        sse: float, (N,), sums of squared errors.
        n: integers, (N,), samples; images with none are skipped. nan where no image is left.
        cap_db: the PSNR of a perfect reconstruction (see PSNR_CAP_DB).
    """
    mse = _mean_squared(sse, n)
    if not mse.size:
        return float("nan")
    floor = 10.0 ** (-cap_db / 10.0)
    return float(np.mean(-10.0 * np.log10(np.maximum(mse, floor))))


def _mean_squared(sse: NDArray[np.floating], n: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the mean squared errors of the images that have any sample; a nan stays a nan."""
    sums, counts = np.asarray(sse, dtype=np.float64), np.asarray(n)
    scored = counts > 0
    result: NDArray[np.float64] = sums[scored] / counts[scored]
    return result


def _check_shapes(found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if found != expected:
        raise ValueError(f"prediction is {found}, truth {expected}; expected one shape")
