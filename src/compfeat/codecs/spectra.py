"""The discrete cosine transform of features, over each channel's whole map.

Source: docs/explanation/feature-codec.md.
Its last bits may differ between processors: no decoder may draw a symbol from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def dct2(maps: NDArray[Any]) -> NDArray[np.float64]:
    """Return the orthonormal 2-D DCT-II of the last two axes, in float64: element (u, v) has frequency u / 2h, v / 2w."""
    from scipy.fft import dctn

    coefficients: NDArray[np.float64] = dctn(maps.astype(np.float64), axes=(-2, -1), norm="ortho")
    return coefficients


def inverse_dct2(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what ``dct2`` made ``coefficients`` of, within rounding."""
    from scipy.fft import idctn

    maps: NDArray[np.float64] = idctn(coefficients, axes=(-2, -1), norm="ortho")
    return maps


def cosines(size: int) -> NDArray[np.float32]:
    """Return the orthonormal DCT-II of one axis as a matrix, size x size."""
    return np.ascontiguousarray(dct2(np.eye(size)[:, :, None])[:, :, 0].T, np.float32)


def variances(images: Callable[[], Iterable[NDArray[np.float32]]]) -> NDArray[np.float64]:
    """Return the variance over images of each channel and frequency of the DCT, C x h x w.

    Args:
        images: gives the same images (C x h x w) each time; one is in memory at a time.
    """
    count, total = 0, np.zeros(())
    for image in images():
        count, total = count + 1, total + dct2(image)
    squares = np.zeros(total.shape)
    for image in images():
        squares += np.square(dct2(image) - total / count)
    return squares / count
