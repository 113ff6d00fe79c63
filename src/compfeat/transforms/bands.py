"""Bands of spatial frequency: what a transform that has one matrix per band divides a channel's map into.

Source: docs/explanation/transforms.md, "Bands of spatial frequency".
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.spectra import dct2

MOST_BANDS = 64


def bands_of(shape: tuple[int, int], wanted: int) -> NDArray[np.intp]:
    """Return the band of every frequency of an h x w DCT, h x w, 0 the lowest.

    Frequencies are ranked by (u / h)^2 + (v / w)^2, equal ones by row and column; of F frequencies those of the ranks
    F (b / wanted)^2 to F ((b + 1) / wanted)^2 are band b, so that bands are about equally wide in frequency. Bands without a
    frequency are left out.
    """
    numbers = _numbers(shape, wanted)
    return np.unique(numbers, return_inverse=True)[1].reshape(shape)


def bands_elsewhere(band: NDArray[np.integer], shape: tuple[int, int]) -> NDArray[np.intp]:
    """Return of every frequency of an h x w DCT of ``shape`` its band among those of ``band``, which ``bands_of`` made.

    The same share of the frequencies is in each; a band that was left out is the one below it.

    Raises:
        ValueError: ``bands_of`` makes no such map.
    """
    height, width = band.shape
    for wanted in range(int(band.max()) + 1, MOST_BANDS + 1):
        numbers = _numbers((height, width), wanted)
        there, found = np.unique(numbers, return_inverse=True)
        if np.array_equal(found.reshape(band.shape), band):
            return np.searchsorted(there, _numbers(shape, wanted), side="right") - 1
    raise ValueError(f"no bands of the frequencies of {height} x {width} maps")


def _numbers(shape: tuple[int, int], wanted: int) -> NDArray[np.intp]:
    """Return the band of every frequency, h x w, where some of ``wanted`` bands may have none."""
    rows, columns = np.indices(shape)
    order = np.lexsort((columns.ravel(), rows.ravel(), ((rows * shape[1]) ** 2 + (columns * shape[0]) ** 2).ravel()))
    total = order.size
    edges = [-(-total * b * b // wanted**2) for b in range(1, wanted)]
    band = np.empty(total, np.intp)
    band[order] = np.searchsorted(edges, np.arange(total), side="right")
    return band.reshape(shape)


def in_bands(maps: NDArray[np.float64], band: NDArray[np.intp] | None) -> Iterator[NDArray[np.float64]]:
    """Yield the DCT of ``maps`` (C x h x w) at the frequencies of each band, C x frequencies; with None the maps, C x positions."""
    if band is None:
        yield maps.reshape(len(maps), -1)
        return
    spectrum = dct2(maps)
    for number in range(band.max() + 1):
        yield spectrum[:, band == number]
