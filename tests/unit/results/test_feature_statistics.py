from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.fft import dctn

from compfeat.results.tables.plugins.feature_statistics import (
    channel_gain_db,
    effective_rank,
    entropy,
    feature_statistics,
    radial_bins,
)


def _one(table: pd.DataFrame, name: str) -> float:
    return float(table.loc[table["statistic"] == name, "value"].item())


def test_the_spectrum_is_that_of_the_orthonormal_dct() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (1, 3, 8, 16), dtype=np.uint8)
    codes[0, 0, 0, :2] = 0, 255
    table = feature_statistics(codes.astype(np.float32))
    found = table.loc[table["statistic"] == "dct_magnitude_steps", "value"].to_numpy()
    magnitudes = np.abs(dctn(codes.astype(float), type=2, norm="ortho", axes=(-2, -1)))
    bins = np.broadcast_to(radial_bins(8, 16)[0], codes.shape)
    np.testing.assert_allclose(found, [magnitudes[bins == k].mean() for k in np.unique(bins)])


@pytest.mark.parametrize("channels", [5, 8])
def test_the_histogram_is_of_all_codes(channels: int) -> None:
    codes = np.random.default_rng(1).integers(1, 256, (7, channels, 4, 8), dtype=np.uint8)
    codes[:, 0, 0, :2] = 0, 255
    table = feature_statistics(codes.astype(np.float32))
    assert _one(table, "zero_share") == pytest.approx(7 / codes.size) and _one(table, "mean_range") == 255.0
    assert entropy(np.array([4, 4, 0, 8])) == pytest.approx(1.5)
    histogram = table.loc[table["statistic"] == "code_share", "value"].to_numpy() * codes.size
    np.testing.assert_allclose(histogram, np.bincount(codes.ravel(), minlength=256), rtol=1e-9)


def test_constant_features_have_no_entropy_and_no_spectrum() -> None:
    table = feature_statistics(np.full((2, 4, 4, 8), 9, dtype=np.float32))
    for name in ("entropy_bits", "mean_image_entropy_bits", "mean_range", "channel_gain_db", "channel_rank"):
        assert _one(table, name) == 0.0
    assert (table.loc[table["statistic"] == "dct_magnitude_steps", "value"] == 0).all()


def test_the_order_of_images_does_not_matter_to_the_bit() -> None:
    """The sums are exact, so neither does any other order of adding."""
    values = np.random.default_rng(3).standard_normal((9, 4, 8, 8)).astype(np.float32)
    pd.testing.assert_frame_equal(feature_statistics(values), feature_statistics(values[::-1]), check_exact=True)


def test_channels_differ_by_their_variance_and_by_what_they_share() -> None:
    rng = np.random.default_rng(2)
    scales = np.array([1.0, 2.0, 4.0, 8.0])
    codes = np.round(100 + scales[:, None, None] * rng.standard_normal((40, 4, 8, 16))).astype(np.uint8)
    codes[:, 0, 0, :2] = 0, 255
    flat = codes.swapaxes(0, 1).reshape(4, -1).astype(float)
    eigenvalues = np.linalg.eigvalsh(np.cov(flat, bias=True))
    table = feature_statistics(codes.astype(np.float32))
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
    # Coefficient (2, 3) of 8 x 16 lies exactly between two bins, and belongs to the upper one.
    assert radial_bins(8, 16)[0][2, 3] == 3
