"""Resizing a scene to the network's input size. Disparity values stay in pixels of the source image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MIN_VALID_WEIGHT = 0.5
"""A resized pixel has ground truth when at least this share of the filter's weight falls on valid pixels."""


def _bilinear(values: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    return np.asarray(Image.fromarray(values).resize((size[1], size[0]), Image.Resampling.BILINEAR))


def resize_image(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize an RGB image, uint8 H x W x 3, to ``size`` (height, width): bilinear, antialiased when shrinking."""
    return image if image.shape[:2] == size else _bilinear(image, size)


def resize_labels(labels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize a label map, uint8 H x W, to ``size`` (height, width): nearest neighbour."""
    if labels.shape == size:
        return labels
    return np.asarray(Image.fromarray(labels).resize((size[1], size[0]), Image.Resampling.NEAREST))


def resize_disparity(disparity_px: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Resize a disparity map, float32 H x W, 0 invalid, to ``size``: bilinear over the valid pixels only.

    A pixel is 0 (invalid) where less than MIN_VALID_WEIGHT of the filter's weight is valid.
    """
    if disparity_px.shape == size:
        return disparity_px
    valid = disparity_px > 0
    weight = _bilinear(valid.astype(np.float32), size)
    total = _bilinear(np.where(valid, disparity_px, np.float32(0)), size)
    enough = weight >= MIN_VALID_WEIGHT
    return np.where(enough, total / np.where(enough, weight, np.float32(1)), np.float32(0))


def resize_disparity_authors(disparity_px: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Resize a disparity map as the authors did: plain bilinear, which mixes invalid zeros into valid neighbours."""
    return disparity_px if disparity_px.shape == size else _bilinear(disparity_px, size)
