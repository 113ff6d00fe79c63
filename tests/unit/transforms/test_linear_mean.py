"""What the options ``mean`` and ``channels`` of linear transforms say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compfeat.transforms.linear import LinearOptions, fitted
from compfeat.transforms.plugins.klt import Klt

PATTERN = np.random.default_rng(1).normal(size=(1, 6, 4, 8)) * 3
FEATURES = (np.random.default_rng(0).normal(size=(40, 6, 4, 8)) * np.arange(1, 7)[:, None, None] + PATTERN).astype(
    np.float32
)


class Source:
    """Features alone: nothing here needs a network."""

    features = FEATURES


def transform(**options: Any) -> Klt:
    made = LinearOptions(**options)
    return Klt(made, fitted(Source(), made))  # type: ignore[arg-type]


@pytest.mark.parametrize("bands", [1, 4])
@pytest.mark.parametrize("mean", ["channel", "element"])
@pytest.mark.parametrize("channels", ["rotated", "kept", "standardised"])
def test_every_combination_is_undone(bands: int, mean: str, channels: str) -> None:
    own = transform(bands=bands, mean=mean, channels=channels)
    np.testing.assert_allclose(own.inverse(own.forward(FEATURES[0])), FEATURES[0], atol=1e-4)


def test_the_element_mean_takes_out_a_fixed_pattern() -> None:
    left = {
        mean: np.stack([transform(mean=mean, channels="kept").forward(f) for f in FEATURES])
        for mean in ("channel", "element")
    }
    np.testing.assert_allclose(left["element"].mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(left["channel"].mean(axis=(0, 2, 3)), 0, atol=1e-4)
    assert left["channel"].var() - left["element"].var() == pytest.approx(
        (PATTERN - PATTERN.mean(axis=(2, 3), keepdims=True)).var(), rel=0.3
    )


def test_standardised_channels_have_one_variance_and_kept_ones_their_own() -> None:
    spread = {
        c: np.stack([transform(channels=c).forward(f) for f in FEATURES]).std(axis=(0, 2, 3))
        for c in ("kept", "standardised")
    }
    np.testing.assert_allclose(spread["standardised"], 1, rtol=1e-3)
    np.testing.assert_allclose(spread["kept"], FEATURES.std(axis=(0, 2, 3)), rtol=1e-3)


def test_the_means_of_today_are_those_without_the_option() -> None:
    for bands, mean in ((1, "channel"), (4, "element")):
        for name, array in transform(bands=bands).state.items():
            np.testing.assert_array_equal(array, transform(bands=bands, mean=mean).state[name])
