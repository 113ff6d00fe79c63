import hashlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from compfeat.codecs.quantiser import dequantise, quantise
from compfeat.codecs.tiling import tile
from compfeat.errors import DataError

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
tensors = arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)), elements=finite)
EXTREME = np.array([[[-3.4028235e38, 3.4028235e38, 0.0, 1e-45]]], dtype=np.float32)


@given(tensors, st.integers(1, 8))
@example(EXTREME, 8)
def test_error_is_at_most_half_a_step_and_ends_are_exact(features: NDArray[np.float32], bits: int) -> None:
    codes, minimum, maximum = quantise(features, bits)
    values = dequantise(codes, minimum, maximum, bits)
    step = (np.float64(maximum) - np.float64(minimum)) / (2**bits - 1)
    rounding = np.abs(values.astype(np.float64)) * 2.0**-23 + 2.0**-149
    assert np.all(np.abs(features.astype(np.float64) - values) <= step / 2 * (1 + 1e-9) + rounding)
    assert codes.dtype == np.uint8 and codes.max() <= 2**bits - 1
    assert values.min() == features.min() and values.max() == features.max()


@given(tensors, st.integers(1, 8))
@example(EXTREME, 8)
def test_quantising_twice_changes_nothing(features: NDArray[np.float32], bits: int) -> None:
    once = quantise(features, bits)
    twice = quantise(dequantise(*once, bits), bits)
    assert np.array_equal(once.codes, twice.codes) and once[1:] == twice[1:]


@given(tensors, st.floats(0, 0.49))
def test_a_clipped_range_ends_at_values_with_a_share_beyond(features: NDArray[np.float32], clip: float) -> None:
    codes, low, high = quantise(features, clip=clip)
    beyond = int(clip * features.size)
    assert np.count_nonzero(features < low) <= beyond <= np.count_nonzero(features <= low)
    assert np.count_nonzero(features > high) <= beyond <= np.count_nonzero(features >= high)
    assert np.array_equal(codes, quantise(features.clip(low, high)).codes)


@given(finite, st.integers(1, 8))
def test_a_constant_tensor_keeps_its_constant(value: float, bits: int) -> None:
    features = np.full((2, 3, 4), value, dtype=np.float32)
    codes, minimum, maximum = quantise(features, bits)
    assert not codes.any() and minimum == maximum
    assert np.array_equal(dequantise(codes, minimum, maximum, bits), features)


def test_negative_zero_is_sent_as_zero() -> None:
    for features in (np.array([[[-0.0, 0.0]]], dtype=np.float32), np.array([[[-0.0]]], dtype=np.float32)):
        assert quantise(features).minimum.tobytes() == quantise(features).maximum.tobytes() == bytes(4)


def test_ties_round_to_even() -> None:
    features = np.array([[[0, 0.5, 1.5, 2.5, 255]]], dtype=np.float32)
    assert quantise(features).codes.ravel().tolist() == [0, 0, 2, 2, 255]


def test_check_value_of_the_method() -> None:
    features = np.maximum(0, np.random.default_rng(64).standard_normal((1, 64, 8, 16)).astype(np.float32))[0]
    image = tile(quantise(features).codes)
    assert image.shape == (64, 128)
    digest = hashlib.sha256(image.tobytes()).hexdigest()
    assert digest == "4a90d26107937bc3487f6d54a67f0cbc994aac5d1e030d1386c116377f96d5ca"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    features = np.zeros((1, 2, 2), dtype=np.float32)
    features[0, 1, 1] = value
    with pytest.raises(DataError, match="1 of 4 values that are not finite"):
        quantise(features)


@pytest.mark.parametrize("features", [np.zeros((1, 2, 2)), np.zeros((0, 2, 2), dtype=np.float32)])
def test_other_arrays_are_refused(features: NDArray[np.float32]) -> None:
    with pytest.raises(DataError, match="expected a float32 tensor"):
        quantise(features)


def test_overshooting_codes_of_a_lossy_codec_are_clamped() -> None:
    assert dequantise(np.array([0, 15, 16, 255], dtype=np.uint8), -1.0, 2.0, 4).tolist() == [-1, 2, 2, 2]
