"""Laying a tensor's channels out as one grey image (METHOD.md, "Tiling")."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import DataError


def grid_shape(channels: int) -> tuple[int, int]:
    """Return (rows, columns) of the grid of tiles.

    For a power of two that is 2^floor(log2(C)/2) by 2^ceil(log2(C)/2). Other counts take the columns of the next
    power of two and as many rows as they need; the tiles left over at the end are black.

    Raises:
        DataError: C < 1.
    """
    if channels < 1:
        raise DataError(f"{channels} feature channels; expected at least 1")
    columns = 1 << (((channels - 1).bit_length() + 1) // 2)
    return -(-channels // columns), columns


def tiled_shape(channels: int, feature_shape: tuple[int, int]) -> tuple[int, int]:
    """Return the (H, W) of the image that ``channels`` channels of ``feature_shape`` (H, W) make."""
    rows, columns = grid_shape(channels)
    return rows * feature_shape[0], columns * feature_shape[1]


def tile(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return codes C x H x W as one image (rows * H) x (columns * W), channels in raster order, in C order."""
    channels, height, width = codes.shape
    rows, columns = grid_shape(channels)
    full = np.zeros((rows * columns, height, width), dtype=codes.dtype)
    full[:channels] = codes
    image = full.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(image).reshape(rows * height, columns * width)


def untile(image: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Return the codes C x H x W that ``tile`` made the image of.

    Raises:
        DataError: the image does not divide into the grid of ``channels`` tiles.
    """
    rows, columns = grid_shape(channels)
    if image.ndim != 2 or image.shape[0] % rows or image.shape[1] % columns:
        raise DataError(
            f"tiled image of shape {image.shape}; expected multiples of {(rows, columns)} for {channels} channels"
        )
    height, width = image.shape[0] // rows, image.shape[1] // columns
    tiles = image.reshape(rows, height, columns, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(tiles).reshape(-1, height, width)[:channels]
