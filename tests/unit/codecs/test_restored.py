"""The decoder that restores features, and the codec that has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compfeat.codecs.base import LOSSLESS, Codec, Coding
from compfeat.codecs.plugins.hevc import Hevc
from compfeat.codecs.plugins.hevc_restored import HevcRestored, RestoredOptions, by_channel, fitted_map
from compfeat.errors import DataError
from compfeat.settings.runs import QUANTISED

SHAPE = (8, 8, 16)
COARSE = "qp40"


def features(count: int, seed: int) -> NDArray[np.float32]:
    """Return maps that are mixed from half as many smooth ones, and are above 0 as behind a ReLU."""
    rng = np.random.default_rng(seed)
    smooth = rng.standard_normal((count, 4, *SHAPE[1:])).cumsum(axis=2).cumsum(axis=3)
    mix = np.random.default_rng(99).standard_normal((SHAPE[0], 4))
    mixed: NDArray[np.float64] = np.einsum("cd,ndhw->nchw", mix, smooth)
    return np.maximum(mixed, 0).astype(np.float32)


TRAIN, OTHERS = features(24, 0), features(6, 1)


def through(codec: Codec[Any], folder: Path) -> NDArray[np.float32]:
    codec.encode(iter(OTHERS), folder / "stream", folder / "side_info")
    return np.stack([image.item for image in codec.decode(folder / "stream", folder / "side_info", SHAPE)])


def squared_error(decoded: NDArray[np.float32]) -> float:
    return float(np.square(decoded.astype(np.float64) - OTHERS).mean())


@pytest.mark.parametrize("joint", [False, True])
def test_the_streams_are_hevcs_and_other_images_come_back_closer(joint: bool, tmp_path: Path) -> None:
    options = RestoredOptions(joint=joint)
    state = HevcRestored.fit(TRAIN, options, Coding((COARSE, LOSSLESS)))
    assert set(state) == {f"gain_{COARSE}", f"offset_{COARSE}"}
    assert state[f"gain_{COARSE}"].shape == (8, 8)[: 1 + joint]
    plain = through(Hevc(COARSE), tmp_path)
    stream = (tmp_path / "stream").read_bytes()
    restored = through(HevcRestored(COARSE, options, None, state), tmp_path)
    assert (tmp_path / "stream").read_bytes() == stream
    assert squared_error(restored) < (0.99 if joint else 1) * squared_error(plain)


def test_lossless_is_left_as_it_is(tmp_path: Path) -> None:
    codec = HevcRestored(LOSSLESS, RestoredOptions(), None, {})
    assert np.array_equal(through(codec, tmp_path), through(Hevc(LOSSLESS), tmp_path))
    assert codec.reference(LOSSLESS, "features", codec.options) == QUANTISED


@pytest.mark.parametrize("joint", [False, True])
def test_a_map_of_features_that_come_back_as_they_are_changes_nothing(joint: bool) -> None:
    columns = by_channel(TRAIN)
    gain, offset = fitted_map(columns, columns, joint)
    assert not gain.any() and not offset.any()
    dead = np.zeros_like(columns)
    assert all(np.isfinite(array).all() for array in fitted_map(dead, dead, joint))


def test_a_gain_and_an_offset_are_undone_but_for_the_ridge() -> None:
    columns = by_channel(TRAIN)
    gain, offset = fitted_map(columns / 2 + 1, columns, joint=False)
    restored = columns / 2 + 1 + gain[:, None] * (columns / 2 + 1) + offset[:, None]
    assert np.square(restored - columns).mean() < 0.001 * np.square(columns / 2 + 1 - columns).mean()


def test_a_state_of_other_qualities_or_channels_is_refused(tmp_path: Path) -> None:
    state = HevcRestored.fit(TRAIN[:2], RestoredOptions(), Coding(("qp30",)))
    with pytest.raises(DataError, match="nothing for quality qp40 and 8 channels; rerun the fit stage"):
        through(HevcRestored(COARSE, RestoredOptions(), None, state), tmp_path)
    state = {f"gain_{COARSE}": np.zeros(3, np.float32), f"offset_{COARSE}": np.zeros(3, np.float32)}
    with pytest.raises(DataError, match="and 8 channels"):
        through(HevcRestored(COARSE, RestoredOptions(), None, state), tmp_path)
