from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compfeat.codecs.tiling import Packing, grid_shape, tile, tile_positions, tiled_shape, untile
from compfeat.errors import DataError


def test_grids_and_image_shapes() -> None:
    grids = {
        1: (1, 1),
        2: (1, 2),
        4: (2, 2),
        8: (2, 4),
        64: (8, 8),
        256: (16, 16),
        512: (16, 32),
        5: (2, 4),
        48: (6, 8),
    }
    assert {channels: grid_shape(channels) for channels in grids} == grids
    assert tiled_shape(512, (8, 16)) == (128, 512) and tiled_shape(256, (16, 32)) == (256, 512)


@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 5), st.sampled_from(get_args(Packing)))
def test_untile_undoes_tile(channels: int, height: int, width: int, packing: Packing) -> None:
    codes = np.random.default_rng(channels).integers(0, 256, (channels, height, width), dtype=np.uint8)
    image = tile(codes, packing)
    assert image.shape == tiled_shape(channels, (height, width)) and image.flags.c_contiguous
    assert np.array_equal(untile(image, channels, packing), codes)


def test_channels_stand_in_raster_order_and_spare_tiles_are_black() -> None:
    codes = np.arange(1, 4, dtype=np.uint8).reshape(3, 1, 1)
    assert tile(codes).tolist() == [[1, 2], [3, 0]]


def test_z_order_keeps_channels_that_follow_each_other_together() -> None:
    """The lowest bit of a channel's number is the column's; of a grid of 2 x 4, the third bit is the column's, too."""
    assert tile(np.arange(16, dtype=np.uint8).reshape(16, 1, 1), "z_order").tolist() == [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
        [8, 9, 12, 13],
        [10, 11, 14, 15],
    ]
    assert tile(np.arange(8, dtype=np.uint8).reshape(8, 1, 1), "z_order").tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]
    assert sorted(tile_positions(512, "z_order")) == list(range(512))


def test_errors() -> None:
    with pytest.raises(DataError, match="expected at least 1"):
        grid_shape(0)
    with pytest.raises(DataError, match="expected multiples of"):
        untile(np.zeros((3, 4), dtype=np.uint8), 4)
