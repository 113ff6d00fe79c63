"""The rate-distortion function of Gaussian components, against cases that can be worked out and its own definition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compfeat.results.gaussian import gaussian_rate


def test_one_gaussian_has_the_textbook_rate() -> None:
    assert gaussian_rate(np.array([4.0]), 1.0) == pytest.approx(1.0)
    assert gaussian_rate(np.full(8, 4.0), 8 * 0.25) == pytest.approx(2.0)
    # A level of 1 codes the first alone: half of log2(16) bits for one of three; the others are left out.
    assert gaussian_rate(np.array([0.5, 16.0, 0.25]), 1.75) == pytest.approx(2 / 3)


variances = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=12).map(np.array)


@example(np.array([0.5, 1.0, 1.0]), 0.9999999999999999, 1.0)
@settings(max_examples=100, deadline=None)
@given(values=variances, share=st.floats(1e-4, 0.999), scale=st.floats(1e-3, 1e3))
def test_rates_fall_with_distortion_and_depend_on_ratios_alone(values: Any, share: float, scale: float) -> None:
    total = float(values.sum())
    rate = gaussian_rate(values, share * total)
    assert (
        rate >= 0
        and gaussian_rate(values, total) == pytest.approx(0, abs=1e-12)
        and gaussian_rate(values, 2 * total) == 0
    )
    assert gaussian_rate(values, share * total / 2) >= rate - 1e-12
    assert gaussian_rate(values * scale, share * total * scale) == pytest.approx(rate, abs=1e-9)
    # The level that the distortion fills gives the same rate by its definition.
    low, high = 0.0, float(values.max())
    for _ in range(200):
        level = (low + high) / 2
        low, high = (level, high) if np.minimum(values, level).sum() < share * total else (low, level)
    expected = np.maximum(np.log2(values / high), 0).sum() / 2 / values.size
    assert rate == pytest.approx(expected, abs=1e-6)


def test_no_distortion_has_no_finite_rate_unless_nothing_varies() -> None:
    assert gaussian_rate(np.array([1.0, 0.0]), 0.0) == math.inf
    assert gaussian_rate(np.zeros(4), 0.0) == 0


@given(values=variances, share=st.floats(1e-9, 1))
def test_components_that_are_all_alike_need_the_most_bits(values: Any, share: float) -> None:
    distortion = share * float(values.sum())
    assert gaussian_rate(values, distortion) <= max(0, np.log2(values.sum() / distortion) / 2) + 1e-9
