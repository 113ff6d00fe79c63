"""Decorrelation of channels by matrices that are fitted to features: the arithmetic of ``linear``, on arrays alone.

Source: docs/explanation/transforms.md, "Fitting the matrix".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.spectra import dct2, inverse_dct2
from compfeat.errors import DataError
from compfeat.transforms.bands import in_bands

Matrix = NDArray[np.float64]
State = dict[str, NDArray[Any]]
Channels = Literal["rotated", "kept", "standardised"]
"""What a matrix does with the channels (see ``decorrelating``)."""
SYMMETRIC = 1e-6
"""Skewness below which a component counts as symmetric."""


def check(state: State, remedy: str = "rerun the stage fit") -> None:
    """Raise DataError where ``state`` is not of the arrays that ``fitted`` makes; ``remedy`` is what to do then."""
    shapes = {name: state[name].shape for name in ("mean", "forward", "inverse", "band") if name in state}
    size, band = shapes.get("mean", (0,)), state.get("band")
    expected = {"mean": size, "forward": 2 * size[:1], "inverse": 2 * size[:1]}
    if band is not None:
        matrices = (int(band.max(initial=-1)) + 1, *2 * size[:1])
        expected = {"mean": size, "forward": matrices, "inverse": matrices, "band": size[1:]}
    if shapes != expected or len(size) != (1 if band is None else 3):
        raise DataError(
            f"state of a transform with {shapes or 'none of its arrays'}; expected mean (C,), forward and inverse (C x C), or "
            f"mean (C x h x w), forward and inverse (bands x C x C) and band (h x w); {remedy}"
        )


def forward(state: State, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the components of ``features`` (C x h x w), by a state as ``fitted`` makes it."""
    mean, band = state["mean"].astype(np.float64), state.get("band")
    if band is not None:
        return inverse_dct2(by_band(state["forward"], band, dct2(features - mean))).astype(np.float32)
    centred = features.reshape(len(features), -1) - mean[:, None]
    return product(state["forward"], centred).reshape(features.shape)


def inverse(state: State, coded: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features (C x h x w) of components."""
    band = state.get("band")
    if band is not None:
        return (inverse_dct2(by_band(state["inverse"], band, dct2(coded))) + state["mean"]).astype(np.float32)
    centred = product(state["inverse"], coded.reshape(len(coded), -1), state["mean"])
    return centred.reshape(coded.shape)


def by_band(
    matrices: NDArray[np.float32], band: NDArray[np.int8], spectrum: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the matrix of each frequency's band times the spectrum (C x h x w) there, in double precision."""
    flat = spectrum.reshape(len(spectrum), -1)
    result = np.empty_like(flat)
    for number, matrix in enumerate(matrices.astype(np.float64)):
        there = np.flatnonzero(band == number)
        result[:, there] = matrix @ flat[:, there]
    return result.reshape(spectrum.shape)


def product(
    matrix: NDArray[np.float32], columns: NDArray[np.floating], offset: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return ``matrix`` times ``columns`` plus ``offset``, added up in double precision and rounded once.

    So the order in which a processor adds does not show but in one number of millions.
    """
    result = matrix.astype(np.float64) @ columns.astype(np.float64)
    if offset is not None:
        result += offset.astype(np.float64)[:, None]
    return result.astype(np.float32)


def moments(
    features: NDArray[np.float32],
    positions: NDArray[np.intp],
    band: NDArray[np.intp] | None = None,
    element_mean: bool = True,
) -> tuple[NDArray[np.float64], Matrix, NDArray[np.float64]]:
    """Return mean, covariance (bands x C x C) and each band's share of the frequencies of features N x C x h x w, over some images.

    Without ``band`` the mean is one per channel (C,), and the covariance that of all positions; with it the mean is one per element
    (C x h x w), and the covariances are of the DCT's coefficients about it; without ``element_mean`` it is alike in each channel.

    Raises:
        DataError: a feature is not finite.
    """
    channels, counts = (
        features.shape[1],
        np.bincount(band.ravel()) if band is not None else np.array([features[0, 0].size]),
    )
    total = np.zeros(features.shape[1:] if band is not None else channels)
    for image in images(features, positions):
        total += image if band is not None else image.sum(axis=(1, 2))
    mean = total / (len(positions) * (1 if band is not None else counts[0]))
    if band is not None and not element_mean:
        mean = np.broadcast_to(mean.mean(axis=(1, 2), keepdims=True), mean.shape)
    covariance = np.zeros((len(counts), channels, channels))
    for image in images(features, positions):
        for number, own in enumerate(in_bands(image - (mean if band is not None else mean[:, None, None]), band)):
            covariance[number] += own @ own.T
    covariance /= len(positions) * counts[:, None, None]
    if not np.isfinite(covariance).all():
        raise DataError(
            "train features have values that are not finite; the network diverged: train it again with a lower learning rate"
        )
    return mean, covariance, counts / counts.sum()


def images(features: NDArray[np.float32], positions: NDArray[np.intp]) -> Iterator[NDArray[np.float64]]:
    """Yield each image's features in double precision, C x h x w, one in memory at a time."""
    for position in positions:
        yield features[position].astype(np.float64)


def fitted(
    features: NDArray[np.float32],
    positions: NDArray[np.intp],
    band: NDArray[np.intp] | None,
    tiles: NDArray[np.intp],
    sensitivity: Matrix | None = None,
    channels: Channels = "rotated",
    element_mean: bool = True,
) -> State:
    """Return the state (see ``linear.Linear``) that decorrelates the images at ``positions`` by T = U^T R.

    R is the symmetric root of ``sensitivity`` (bands x C x C, positive definite; None for the identity), U the eigenvectors of R S R
    by falling eigenvalue, S the covariance. Each component's sign is that of positive skewness; a symmetric component's largest
    weight is positive. In a band it is the sign that agrees with the same component of one matrix for all frequencies.

    Args:
        features: N x C x h x w.
        band: h x w, the band of each frequency; None for one band.
        tiles: the component, by falling variance, at each place, (C,).
        channels: what a matrix does (see ``decorrelating``).
        element_mean: whether a mean of each element is subtracted if there is a ``band``; else one of each channel.

    Raises:
        DataError: a feature is not finite.
    """
    mean, covariance, shares = moments(features, positions, band, element_mean)
    if sensitivity is None:
        sensitivity = np.broadcast_to(np.eye(len(mean)), covariance.shape)
    whole = decorrelating(np.tensordot(shares, covariance, 1), np.tensordot(shares, sensitivity, 1), channels)
    if channels == "rotated":
        whole *= signs(features, positions, mean, whole)[:, None]
    forward = whole[None]
    if band is not None:
        forward = np.stack([decorrelating(*each, channels) for each in zip(covariance, sensitivity, strict=True)])
        agreement = np.einsum("ij,bjk,bik->bi", whole, covariance, forward)
        forward *= np.where(agreement < 0, -1.0, 1.0)[:, :, None]
    rounded = forward[:, tiles].astype(np.float32)
    inverse = np.linalg.inv(rounded.astype(np.float64)).astype(np.float32)
    state = {"mean": mean.astype(np.float32), "forward": rounded, "inverse": inverse}
    if band is None:
        return {name: np.squeeze(array, axis=0) if name != "mean" else array for name, array in state.items()}
    return state | {"band": band.astype(np.int8)}


def floored(bands: Matrix, whole: Matrix, floor: float) -> Matrix:
    """Return M_e of each band, bands x C x C: (1 - e) C M_b / tr M + e I, with M the ``whole``, e the ``floor``."""
    channels = len(whole)
    result: Matrix = (1 - floor) * channels * bands / np.trace(whole) + floor * np.eye(channels)
    return result


def decorrelating(covariance: Matrix, sensitivity: Matrix, channels: Channels) -> Matrix:
    """Return T (C x C) for one covariance and one sensitivity M.

    Rotated channels: U^T R. Kept: the root of M's diagonal. Standardised: one over each channel's standard deviation.
    """
    if channels == "kept":
        return np.diag(np.sqrt(np.diag(sensitivity)))
    if channels == "standardised":
        variances = np.diag(covariance)
        return np.diag(1 / np.sqrt(np.where(variances > 0, variances, 1)))
    root = symmetric_root(sensitivity)
    turned: Matrix = principal(root @ covariance @ root).T @ root
    return turned


def principal(matrix: Matrix) -> Matrix:
    """Return the eigenvectors of a symmetric matrix as columns, by falling eigenvalue."""
    vectors: Matrix = np.linalg.eigh((matrix + matrix.T) / 2)[1]
    return vectors[:, ::-1]


def symmetric_root(matrix: Matrix) -> Matrix:
    """Return the symmetric square root of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    root: Matrix = (vectors * np.sqrt(values)) @ vectors.T
    return root


def signs(
    features: NDArray[np.float32], positions: NDArray[np.intp], mean: NDArray[np.float64], forward: Matrix
) -> NDArray[np.float64]:
    """Return the sign (C,) that makes each component's skewness positive, or where it is symmetric its largest weight."""
    second, third = np.zeros(len(mean)), np.zeros(len(mean))
    for image in images(features, positions):
        components = forward @ (image - (mean if mean.ndim == 3 else mean[:, None, None])).reshape(len(mean), -1)
        second += (components**2).mean(axis=1)
        third += (components**3).mean(axis=1)
    n = len(positions)
    scale = (second / n) ** 1.5
    largest = forward[np.arange(len(forward)), np.abs(forward).argmax(axis=1)]
    skewed = np.abs(third / n) > SYMMETRIC * scale
    return np.where(np.where(skewed, third, largest) < 0, -1.0, 1.0)
