"""What a run's 8-bit features look like: their histogram, their spectrum and what an ideal memoryless coder would need.

Source: METHOD.md, "Compressibility loss" (the loss acts on the spectrum) and its warning to watch the histogram.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.features.tile import untile

COLUMNS = ("statistic", "x", "value")
CODES = 256
CODE_SHARE = "code_share"
"""Share (0..1) of the elements that have code ``x`` (0..255)."""
DCT_MAGNITUDE = "dct_magnitude_steps"
"""Mean |coefficient| (quantiser steps) of the channels' orthonormal 2-D DCT-II at radial frequency ``x`` (cycles an element)."""
ZERO_SHARE = "zero_share"
ENTROPY = "entropy_bits"
"""Order-0 entropy of the codes of the whole split, bits an element."""
IMAGE_ENTROPY = "mean_image_entropy_bits"
"""Mean of the images' own order-0 entropies, bits an element: what a coder that knows each image's histogram needs."""
MEAN_RANGE = "mean_range"
"""Mean of the tensors' max - min, in the units of the network's features."""
CHANNEL_GAIN = "channel_gain_db"
"""Arithmetic over geometric mean of the channels' variances, dB: what a coder can gain from channels that differ in energy.

Source: the coding gain of a transform (Jayant and Noll, Digital Coding of Waveforms, 1984), with the channels in the place of its
coefficients. A variance counts as at least ROUNDING_VARIANCE, below which there is nothing to code.
"""
CHANNEL_RANK = "channel_rank"
"""Effective rank of the channels' covariance, 1..C: (sum of eigenvalues)^2 / sum of their squares; 0 for constant features."""
ROUNDING_VARIANCE = 1 / 12
"""Of the error of rounding to whole codes, steps squared."""


def radial_bins(height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return each DCT coefficient's bin (H x W) and the bins' radial frequencies (cycles an element).

    Coefficient (u, v) has the frequency hypot(u / 2H, v / 2W); a bin is 1 / (2 min(H, W)) wide.
    """
    steps = min(height, width)
    frequency = np.hypot(np.arange(height)[:, None] / height, np.arange(width)[None, :] / width)
    bins = np.floor(frequency * steps + 0.5).astype(np.intp)
    return bins, np.arange(bins.max() + 1) / (2.0 * steps)


def feature_statistics(records: NDArray[np.void], channels: int, chunk: int = 8) -> pd.DataFrame:
    """Return the statistics of a features file, one a row with COLUMNS (``x`` is empty where there is none).

    Args:
        records: (N,), fields minimum, maximum and tiles (``features.store``); may be a memory map, read in order.
        channels: feature channels C; tiles left over in the grid do not count.
        chunk: images held in memory at once.
    """
    histogram = np.zeros(CODES, dtype=np.int64)
    magnitudes: NDArray[np.float64] | float = 0.0
    image_entropy, spread = 0.0, 0.0
    sums, products = np.zeros(channels), np.zeros((channels, channels))
    for codes, ranges in chunks(records, channels, chunk):
        counts = np.stack([np.bincount(image.ravel(), minlength=CODES) for image in codes])
        histogram += counts.sum(axis=0)
        image_entropy += sum(entropy(row) for row in counts)
        spread += float(ranges.sum())
        magnitudes = magnitudes + np.abs(dct2(codes)).sum(axis=(0, 1), dtype=np.float64)
        by_channel = codes.swapaxes(0, 1).reshape(channels, -1).astype(np.float64)
        sums += by_channel.sum(axis=1)
        products += by_channel @ by_channel.T
    n = len(records)
    share = histogram / histogram.sum()
    bins, frequencies = radial_bins(*codes.shape[-2:])
    totals = np.bincount(bins.ravel(), weights=np.ravel(magnitudes) / (n * channels))
    spectrum = totals / np.maximum(np.bincount(bins.ravel()), 1)
    rows: list[tuple[str, float | None, float]] = [
        (CODE_SHARE, code, value) for code, value in enumerate(share.tolist())
    ]
    present = np.unique(bins)
    rows += [(DCT_MAGNITUDE, float(frequencies[k]), float(spectrum[k])) for k in present]
    per_channel = histogram.sum() / channels
    covariance = products / per_channel - np.outer(sums, sums) / per_channel**2
    single = {
        ZERO_SHARE: share[0],
        ENTROPY: entropy(histogram),
        IMAGE_ENTROPY: image_entropy / n,
        MEAN_RANGE: spread / n,
        CHANNEL_GAIN: channel_gain_db(np.diagonal(covariance)),
        CHANNEL_RANK: effective_rank(covariance),
    }
    return pd.DataFrame([*rows, *((name, None, float(value)) for name, value in single.items())], columns=list(COLUMNS))


def channel_gain_db(variances: NDArray[np.float64]) -> float:
    """Return the arithmetic over the geometric mean of variances (C,), in steps squared; see CHANNEL_GAIN."""
    floored = np.maximum(variances, ROUNDING_VARIANCE)
    return float(10.0 * (np.log10(floored.mean()) - np.log10(floored).mean()))


def effective_rank(covariance: NDArray[np.float64]) -> float:
    """Return the effective rank of a covariance (C x C); see CHANNEL_RANK."""
    trace = float(np.trace(covariance))
    # A covariance of constants is rounding error, not a direction.
    return trace**2 / float(np.square(covariance).sum()) if trace > 1e-6 else 0.0


def chunks(
    records: NDArray[np.void], channels: int, size: int
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float64]]]:
    """Yield the codes (n x C x H x W) and ranges (n) of ``size`` images at a time."""
    for start in range(0, len(records), size):
        part: Any = records[start : start + size]
        ranges = part["maximum"].astype(np.float64) - part["minimum"].astype(np.float64)
        yield np.stack([untile(tiles, channels) for tiles in part["tiles"]]), ranges


def dct2(channels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the orthonormal 2-D DCT-II of the last two axes."""
    vertical, horizontal = (dct_matrix(size) for size in channels.shape[-2:])
    coefficients: NDArray[np.float32] = np.matmul(np.matmul(vertical, channels.astype(np.float32)), horizontal.T)
    return coefficients


def dct_matrix(size: int) -> NDArray[np.float32]:
    """Return the orthonormal DCT-II of ``size`` values as a matrix, one basis function a row."""
    k, i = np.arange(size)[:, None], np.arange(size)[None, :]
    matrix = np.sqrt(2.0 / size) * np.cos(np.pi * k * (2 * i + 1) / (2 * size))
    matrix[0] /= np.sqrt(2.0)
    return np.asarray(matrix, dtype=np.float32)


def entropy(counts: NDArray[np.int64]) -> float:
    """Return the order-0 entropy (bits) of what was counted."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum()) + 0.0
