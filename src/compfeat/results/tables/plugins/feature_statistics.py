"""What a run's 8-bit features look like: their histogram, their spectrum and what an ideal memoryless coder would need.

Source: docs/explanation/method.md, "Compressibility loss" (the loss acts on the spectrum) and its warning to watch the histogram.

The sums are of whole numbers, or exact (math.fsum): they are the same on every processor.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.codecs.quantiser import quantise
from compfeat.results.tables.base import Inputs, table

KEYS = ["cut", "method", "seed"]
COLUMNS = ["statistic", "x", "value"]
CODES = 256
ROUNDING_VARIANCE = 1 / 12
"""Of the error of rounding to whole codes, steps squared."""


@table("feature_statistics.csv", needs=("features",), uses=("methods",))
def make_feature_statistics(inputs: Inputs) -> pd.DataFrame:
    """Return the statistics of the features of every method that sends features and transforms none, as its network gives them.

    Raises:
        DataError: a file is missing, or contains no features.
    """
    tables = []
    for trained, _ in inputs.trained("features"):
        statistics = feature_statistics(inputs.features(trained))
        for name, method in inputs.experiment.methods.items():
            if method.training == trained.training and method.sends == "features" and method.transform is None:
                tables.append(statistics.assign(cut=trained.cut, method=name, seed=trained.seed)[[*KEYS, *COLUMNS]])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*KEYS, *COLUMNS])


def feature_statistics(features: NDArray[np.float32]) -> pd.DataFrame:
    """Return the statistics of quantised features, one per row with COLUMNS (``x`` is empty if there is none).

    - ``code_share``: share (0..1) of the elements that have code ``x`` (0..255); ``zero_share``: that of code 0.
    - ``dct_magnitude_steps``: mean |coefficient| (quantiser steps) of the channels' orthonormal 2-D DCT-II at radial frequency ``x``
      (cycles per element).
    - ``entropy_bits``: order-0 entropy of the codes of the whole split, bits per element; ``mean_image_entropy_bits``: mean of the
      images' own, what a coder that knows each image's histogram needs.
    - ``mean_range``: mean of the tensors' max - min, in the units of the network's features.
    - ``channel_gain_db``, ``channel_rank``: see the functions of these names.

    Args:
        features: (N, C, h, w); may be a memory map, read in order.
    """
    from scipy.fft import dctn

    n, channels = features.shape[:2]
    bins, frequencies = radial_bins(*features.shape[-2:])
    histogram = np.zeros(CODES, dtype=np.int64)
    magnitudes: list[list[float]] = [[] for _ in frequencies]
    image_entropies: list[float] = []
    ranges: list[float] = []
    sums, products = np.zeros(channels, np.int64), np.zeros((channels, channels), np.int64)
    for tensor in features:
        quantised = quantise(np.array(tensor))
        ranges.append(float(quantised.maximum) - float(quantised.minimum))
        counts = np.bincount(quantised.codes.ravel(), minlength=CODES)
        histogram += counts
        image_entropies.append(entropy(counts))
        spectrum = np.abs(dctn(quantised.codes.astype(np.float64), axes=(-2, -1), norm="ortho"))
        for k, of_bin in enumerate(magnitudes):
            of_bin.append(math.fsum(spectrum[:, bins == k].ravel().tolist()))
        by_channel = quantised.codes.reshape(channels, -1).astype(np.int64)
        sums += by_channel.sum(axis=1)
        products += by_channel @ by_channel.T
    total = int(histogram.sum())
    sizes = np.bincount(bins.ravel(), minlength=len(frequencies))
    per_channel = total / channels
    covariance = products / per_channel - np.outer(sums, sums) / per_channel**2
    rows: list[tuple[str, float | None, float]] = [
        *(("code_share", code, count / total) for code, count in enumerate(histogram.tolist())),
        *(
            ("dct_magnitude_steps", float(frequencies[k]), math.fsum(magnitudes[k]) / (n * channels * int(sizes[k])))
            for k in np.unique(bins)
        ),
        ("zero_share", None, int(histogram[0]) / total),
        ("entropy_bits", None, entropy(histogram)),
        ("mean_image_entropy_bits", None, math.fsum(image_entropies) / n),
        ("mean_range", None, math.fsum(ranges) / n),
        ("channel_gain_db", None, channel_gain_db(np.diagonal(covariance))),
        ("channel_rank", None, effective_rank(covariance)),
    ]
    return pd.DataFrame([(name, x, float(f"{value:.12g}")) for name, x, value in rows], columns=COLUMNS)


def radial_bins(height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return each DCT coefficient's bin (H x W) and the bins' radial frequencies (cycles per element).

    Coefficient (u, v) has the frequency hypot(u / 2H, v / 2W); a bin is 1 / (2 min(H, W)) wide.
    """
    steps = min(height, width)
    # A root of exact sums is rounded alike everywhere, which hypot is not, and some coefficients lie between two bins.
    down, across = np.arange(height)[:, None] / height, np.arange(width)[None, :] / width
    frequency = np.sqrt(down * down + across * across)
    bins = np.floor(frequency * steps + 0.5).astype(np.intp)
    return bins, np.arange(bins.max() + 1) / (2.0 * steps)


def channel_gain_db(variances: NDArray[np.float64]) -> float:
    """Return what a coder can gain (dB) from channels whose variances (C,), in steps squared, differ: arithmetic over geometric mean.

    A variance counts as at least ROUNDING_VARIANCE, below which there is nothing to code. Source: the coding gain of a transform
    (Jayant and Noll, Digital Coding of Waveforms, 1984), with the channels in the place of its coefficients.
    """
    floored = [max(float(value), ROUNDING_VARIANCE) for value in variances]
    mean = math.fsum(floored) / len(floored)
    return 10.0 * (math.log10(mean) - math.fsum(map(math.log10, floored)) / len(floored))


def effective_rank(covariance: NDArray[np.float64]) -> float:
    """Return the effective rank of a covariance (C x C), 1..C: (sum of eigenvalues)^2 / sum of their squares; 0 of constants."""
    trace = math.fsum(np.diagonal(covariance).tolist())
    # A covariance of constants is rounding error, not a direction.
    return trace**2 / math.fsum(np.square(covariance).ravel().tolist()) if trace > 1e-6 else 0.0


def entropy(counts: NDArray[np.int64]) -> float:
    """Return the order-0 entropy (bits) of what was counted."""
    total = int(counts.sum())
    shares = [int(count) / total for count in counts if count]
    return -math.fsum(share * math.log2(share) for share in shares) + 0.0
