"""What a run's 8-bit features look like: their histogram, their spectrum and what an ideal memoryless coder would need.

Source: docs/method.md, "Compressibility loss" (the loss acts on the spectrum) and its warning to watch the histogram.

The sums are of whole numbers, or exact (math.fsum): they are the same on every processor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.codecs.quantiser import quantise
from compfeat.errors import DataError
from compfeat.results.tables import Inputs, table

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
    # A root of exact sums is rounded alike everywhere, which hypot is not, and some coefficients lie between two bins.
    down, across = np.arange(height)[:, None] / height, np.arange(width)[None, :] / width
    frequency = np.sqrt(down * down + across * across)
    bins = np.floor(frequency * steps + 0.5).astype(np.intp)
    return bins, np.arange(bins.max() + 1) / (2.0 * steps)


@table("feature_statistics.csv", needs=("features",), uses=("methods",))
def make(inputs: Inputs) -> pd.DataFrame:
    """Return the statistics of the features of every method that sends features and transforms none, as its network gives them.

    Raises:
        DataError: a file is missing, or contains no features.
    """
    tables = []
    for trained, path in inputs.trained("features"):
        try:
            features = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{path}: no features ({error}); delete it and rerun the stage features") from None
        own = feature_statistics(features)
        for name, method in inputs.experiment.methods.items():
            if method.training == trained.training and method.sends == "features" and method.transform is None:
                keyed = own.assign(cut=trained.cut, method=name, seed=trained.seed)
                tables.append(keyed[["cut", "method", "seed", *own.columns]])
    columns = ["cut", "method", "seed", *COLUMNS]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def feature_statistics(features: NDArray[np.float32]) -> pd.DataFrame:
    """Return the statistics of quantised features, one a row with COLUMNS (``x`` is empty where there is none).

    Args:
        features: (N, C, h, w); may be a memory map, read in order.
    """
    n, channels = features.shape[:2]
    bins, frequencies = radial_bins(*features.shape[-2:])
    histogram = np.zeros(CODES, dtype=np.int64)
    magnitudes: list[list[float]] = [[] for _ in frequencies]
    image_entropies: list[float] = []
    ranges: list[float] = []
    sums, products = np.zeros(channels, np.int64), np.zeros((channels, channels), np.int64)
    for codes, spread in quantised(features):
        counts = np.bincount(codes.ravel(), minlength=CODES)
        histogram += counts
        image_entropies.append(entropy(counts))
        ranges.append(spread)
        spectrum = np.abs(dct2(codes))
        for k, own in enumerate(magnitudes):
            own.append(math.fsum(spectrum[:, bins == k].ravel().tolist()))
        by_channel = codes.reshape(channels, -1).astype(np.int64)
        sums += by_channel.sum(axis=1)
        products += by_channel @ by_channel.T
    total = int(histogram.sum())
    share = histogram / total
    sizes = np.bincount(bins.ravel(), minlength=len(frequencies))
    rows: list[tuple[str, float | None, float]] = [
        (CODE_SHARE, code, value) for code, value in enumerate(share.tolist())
    ]
    rows += [
        (DCT_MAGNITUDE, float(frequencies[k]), math.fsum(magnitudes[k]) / (n * channels * int(sizes[k])))
        for k in np.unique(bins)
    ]
    per_channel = total / channels
    covariance = products / per_channel - np.outer(sums, sums) / per_channel**2
    single = {
        ZERO_SHARE: share[0],
        ENTROPY: entropy(histogram),
        IMAGE_ENTROPY: math.fsum(image_entropies) / n,
        MEAN_RANGE: math.fsum(ranges) / n,
        CHANNEL_GAIN: channel_gain_db(np.diagonal(covariance)),
        CHANNEL_RANK: effective_rank(covariance),
    }
    rounded = [
        (name, x, float(f"{value:.12g}")) for name, x, value in [*rows, *((k, None, v) for k, v in single.items())]
    ]
    return pd.DataFrame(rounded, columns=list(COLUMNS))


def quantised(features: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Yield each image's 8-bit codes (C x h x w) and the range of its features."""
    for tensor in features:
        found = quantise(np.array(tensor))
        yield found.codes, float(found.maximum) - float(found.minimum)


def channel_gain_db(variances: NDArray[np.float64]) -> float:
    """Return the arithmetic over the geometric mean of variances (C,), in steps squared; see CHANNEL_GAIN."""
    floored = [max(float(value), ROUNDING_VARIANCE) for value in variances]
    mean = math.fsum(floored) / len(floored)
    return 10.0 * (math.log10(mean) - math.fsum(map(math.log10, floored)) / len(floored))


def effective_rank(covariance: NDArray[np.float64]) -> float:
    """Return the effective rank of a covariance (C x C); see CHANNEL_RANK."""
    trace = math.fsum(np.diagonal(covariance).tolist())
    # A covariance of constants is rounding error, not a direction.
    return trace**2 / math.fsum(np.square(covariance).ravel().tolist()) if trace > 1e-6 else 0.0


def dct2(channels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the orthonormal 2-D DCT-II of the last two axes."""
    from scipy.fft import dctn

    coefficients: NDArray[np.float64] = dctn(channels.astype(np.float64), axes=(-2, -1), norm="ortho")
    return coefficients


def entropy(counts: NDArray[np.int64]) -> float:
    """Return the order-0 entropy (bits) of what was counted."""
    total = int(counts.sum())
    shares = [int(count) / total for count in counts if count]
    return -math.fsum(share * math.log2(share) for share in shares) + 0.0
