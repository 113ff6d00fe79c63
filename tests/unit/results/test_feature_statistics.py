from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from compfeat.features.store import record_type
from compfeat.features.tile import tile, tiled_shape
from numpy.typing import NDArray
from scipy.fft import dctn

from compfeat.results.feature_statistics import (
    channel_gain_db,
    dct2,
    effective_rank,
    entropy,
    feature_statistics,
    radial_bins,
)


def _records(codes: NDArray[np.uint8]) -> NDArray[np.void]:
    records = np.zeros(len(codes), record_type(tiled_shape(codes.shape[1], (codes.shape[2], codes.shape[3]))))
    records["tiles"] = [tile(image) for image in codes]
    records["maximum"] = 2.0
    return records


def _one(table: pd.DataFrame, name: str) -> float:
    return float(table.loc[table["statistic"] == name, "value"].item())


def test_dct_is_the_orthonormal_one() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 16), dtype=np.uint8)
    expected = dctn(codes.astype(float), type=2, norm="ortho", axes=(-2, -1))
    np.testing.assert_allclose(dct2(codes), expected, atol=2e-3)


@pytest.mark.parametrize("channels", [5, 8])
def test_chunks_and_leftover_tiles_do_not_count(channels: int) -> None:
    codes = np.random.default_rng(1).integers(1, 256, (7, channels, 4, 8), dtype=np.uint8)
    whole = feature_statistics(_records(codes), channels, chunk=100)
    pd.testing.assert_frame_equal(whole, feature_statistics(_records(codes), channels, chunk=2), rtol=1e-9)
    assert _one(whole, "zero_share") == 0.0 and _one(whole, "mean_range") == 2.0
    histogram = whole.loc[whole["statistic"] == "code_share", "value"].to_numpy() * codes.size
    np.testing.assert_allclose(histogram, np.bincount(codes.ravel(), minlength=256))


def test_constant_features_have_no_entropy_and_only_a_mean() -> None:
    table = feature_statistics(_records(np.full((2, 4, 4, 8), 9, dtype=np.uint8)), 4)
    assert _one(table, "entropy_bits") == 0.0 and _one(table, "mean_image_entropy_bits") == 0.0
    assert _one(table, "channel_gain_db") == 0.0 and _one(table, "channel_rank") == 0.0
    spectrum = table.loc[table["statistic"] == "dct_magnitude_steps", "value"].to_numpy()
    assert spectrum[0] == pytest.approx(9 * np.sqrt(4 * 8), rel=1e-6) and np.abs(spectrum[1:]).max() < 1e-4


def test_channels_are_told_apart_by_their_variance_and_what_they_share() -> None:
    rng = np.random.default_rng(2)
    scales = np.array([1.0, 2.0, 4.0, 8.0])
    codes = np.round(100 + scales[:, None, None] * rng.standard_normal((40, 4, 8, 16))).astype(np.uint8)
    flat = codes.swapaxes(0, 1).reshape(4, -1).astype(float)
    eigenvalues = np.linalg.eigvalsh(np.cov(flat, bias=True))
    table = feature_statistics(_records(codes), 4, chunk=9)
    assert _one(table, "channel_rank") == pytest.approx(eigenvalues.sum() ** 2 / np.square(eigenvalues).sum(), rel=1e-6)
    assert _one(table, "channel_gain_db") == pytest.approx(channel_gain_db(flat.var(axis=1)), abs=1e-6)
    # Equal variances have nothing to gain.
    assert channel_gain_db(np.full(4, 9.0)) == pytest.approx(0.0)
    assert channel_gain_db(np.array([4.0, 1.0])) == pytest.approx(10 * np.log10(2.5 / 2.0))
    assert effective_rank(np.ones((4, 4))) == pytest.approx(1.0) and effective_rank(np.eye(4)) == pytest.approx(4.0)


def test_radial_bins() -> None:
    bins, frequencies = radial_bins(4, 8)
    assert bins.shape == (4, 8) and bins[0, 0] == 0 and (bins[1:, 0] == [1, 2, 3]).all() and bins[0, 2] == 1
    np.testing.assert_allclose(frequencies[:3], [0.0, 0.125, 0.25])


def test_entropy() -> None:
    assert entropy(np.array([4, 4, 0, 8])) == pytest.approx(1.5)
