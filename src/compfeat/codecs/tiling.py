"""Tiling: the channels of quantised features as tiles of one grey image. Source: docs/explanation/method.md, "Tiling"."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.quantiser import Codes
from compfeat.errors import DataError

Packing = Literal["raster", "z_order"]
"""Which tile a channel takes: row by row, or along the Z-order curve, on which channels that follow each other stay together."""


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


def tile_positions(channels: int, packing: Packing) -> NDArray[np.intp]:
    """Return each channel's tile of the grid, counted in raster order, (C,).

    The Z-order curve takes the bits of a channel's number in turn as bits of column and row, the lowest as the column's;
    tiles that are not in the grid are left out.
    """
    if packing == "raster":
        return np.arange(channels)
    rows, columns = grid_shape(channels)
    row, column = np.divmod(np.arange(rows * columns), columns)
    place = np.zeros(rows * columns, dtype=np.int64)
    for bit in range(columns.bit_length()):
        place |= (column >> bit & 1) << 2 * bit | (row >> bit & 1) << 2 * bit + 1
    return np.argsort(place)[:channels]


def tile(codes: Codes, packing: Packing = "raster") -> Codes:
    """Return codes C x H x W as one image (rows * H) x (columns * W), in C order; see ``tile_positions`` for where channels go."""
    channels, height, width = codes.shape
    rows, columns = grid_shape(channels)
    full = np.zeros((rows * columns, height, width), dtype=codes.dtype)
    full[tile_positions(channels, packing)] = codes
    image = full.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(image).reshape(rows * height, columns * width)


def untile(image: Codes, channels: int, packing: Packing = "raster") -> Codes:
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
    return np.ascontiguousarray(tiles).reshape(-1, height, width)[tile_positions(channels, packing)]
