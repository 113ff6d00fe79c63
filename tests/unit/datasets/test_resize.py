"""Resizing: identity, and disparity that does not leak across invalid pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compfeat.datasets.resize import resize_disparity, resize_disparity_authors, resize_image, resize_labels


@settings(max_examples=40, deadline=None)
@example(seed=0, value=7.5, holes=0.0, size=(9, 40))
@given(
    seed=st.integers(0, 1000),
    value=st.floats(0.25, 100, width=32),
    holes=st.floats(0, 0.9),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_a_constant_field_with_holes_stays_constant(
    seed: int, value: float, holes: float, size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    field = np.where(rng.random((24, 32)) < holes, 0, value).astype(np.float32)
    resized = resize_disparity(field, size)
    assert resized.shape == size and resized.dtype == np.float32
    assert holes > 0 or (resized > 0).all()
    np.testing.assert_allclose(resized[resized > 0], value, rtol=1e-5)


def test_disparity_is_invalid_where_less_than_half_the_weight_is_valid() -> None:
    field = np.zeros((8, 16), np.float32)
    field[:, :8] = 4
    resized = resize_disparity(field, (4, 8))
    assert (resized[:, :4] == 4).all() and (resized[:, 4:] == 0).all()
    leaking = resize_disparity_authors(field, (4, 8))
    assert 0 < leaking[0, 4] < 4


@pytest.mark.parametrize("resize", [resize_disparity, resize_disparity_authors, resize_labels, resize_image])
def test_identity_at_the_same_size(resize: object) -> None:
    assert callable(resize)
    dtype = np.float32 if "disparity" in getattr(resize, "__name__", "") else np.uint8
    pixels = np.random.default_rng(0).integers(0, 255, (8, 16, 3) if resize is resize_image else (8, 16)).astype(dtype)
    np.testing.assert_array_equal(resize(pixels, (8, 16)), pixels)


def test_image_is_antialiased_and_labels_are_not_mixed() -> None:
    stripes = np.zeros((8, 64), np.uint8)
    stripes[:, ::2] = 200
    image = resize_image(np.repeat(stripes[:, :, None], 3, axis=2), (2, 8))
    assert image.shape == (2, 8, 3) and np.abs(image.astype(int) - 100).max() < 30
    assert set(np.unique(resize_labels(stripes, (3, 7)))) <= {0, 200}
