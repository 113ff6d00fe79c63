"""Transforms that decorrelate channels: one matrix for all positions and images, fitted to train features.

Source: docs/method.md, "Beyond the paper: transforms".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compfeat.arrays import evenly_spaced
from compfeat.codecs import State
from compfeat.errors import DataError
from compfeat.experiment.section import Section
from compfeat.transforms import FitSource, Transform

Matrix = NDArray[np.float64]
SYMMETRIC = 1e-6
"""Skewness below which a component counts as symmetric."""


class LinearOptions(Section):
    """Options of a transform that decorrelates channels."""

    images: int | None = Field(
        256, ge=1, description="train images that mean and covariance are taken of, evenly spaced; null for all"
    )


class Linear(Transform):
    """y = T (f - mean) at every position, C components by falling variance, in the features' unit; f = mean + T^-1 y.

    The state is ``mean`` (C,), ``forward`` T and ``inverse`` T^-1 (C x C), float32. A subclass says in ``fit`` what T is.
    """

    options: ClassVar[type[Section]] = LinearOptions

    def __init__(self, options: Section, state: State) -> None:
        """Raises DataError where ``state`` is not that of such a transform."""
        super().__init__(options, state)
        shapes = {name: state[name].shape for name in ("mean", "forward", "inverse") if name in state}
        size = shapes.get("mean", (0,))
        if shapes != {"mean": size[:1], "forward": 2 * size, "inverse": 2 * size}:
            raise DataError(
                f"state of a transform with {shapes or 'none of its arrays'}; expected mean (C,), forward and inverse (C x C); "
                "rerun the stage fit"
            )

    def forward(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(features) != len(self.state["mean"]):
            raise DataError(
                f"features of {len(features)} channels; the transform is fitted to {len(self.state['mean'])}; rerun the stage fit"
            )
        centred = features.reshape(len(features), -1) - self.state["mean"].astype(np.float64)[:, None]
        return product(self.state["forward"], centred).reshape(features.shape)

    def inverse(self, coded: NDArray[np.float32]) -> NDArray[np.float32]:
        centred = product(self.state["inverse"], coded.reshape(len(coded), -1), self.state["mean"])
        return centred.reshape(coded.shape)


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


def moments(features: NDArray[np.float32], positions: NDArray[np.intp]) -> tuple[NDArray[np.float64], Matrix]:
    """Return mean (C,) and covariance (C x C) of the channels of features N x C x h x w, over positions of images.

    Raises:
        DataError: a feature is not finite.
    """
    channels = features.shape[1]
    samples = len(positions) * int(np.prod(features.shape[2:]))
    mean, covariance = np.zeros(channels), np.zeros((channels, channels))
    for columns in images(features, positions):
        mean += columns.sum(axis=1)
    mean /= samples
    for columns in images(features, positions):
        centred = columns - mean[:, None]
        covariance += centred @ centred.T
    covariance /= samples
    if not np.isfinite(covariance).all():
        raise DataError(
            "train features have values that are not finite; the network diverged: train it again with a lower learning rate"
        )
    return mean, covariance


def images(features: NDArray[np.float32], positions: NDArray[np.intp]) -> Iterator[Matrix]:
    """Yield each image's features in double precision, C x positions, one in memory at a time."""
    for position in positions:
        yield features[position].reshape(features.shape[1], -1).astype(np.float64)


def fitted(source: FitSource, wanted: int | None, sensitivity: Matrix | None = None) -> State:
    """Return the state of ``Linear`` that decorrelates ``source`` by T = U^T R.

    R is the symmetric root of ``sensitivity`` (C x C, positive definite; None for the identity), U the eigenvectors of R S R by
    falling eigenvalue, S the covariance. Each component's sign is that of positive skewness; a symmetric component's largest weight
    is positive.

    Raises:
        DataError: a feature is not finite.
    """
    positions = evenly_spaced(len(source.features), wanted)
    mean, covariance = moments(source.features, positions)
    channels = len(mean)
    root = np.eye(channels) if sensitivity is None else symmetric_root(sensitivity)
    forward = principal(root @ covariance @ root).T @ root
    forward *= signs(source.features, positions, mean, forward)[:, None]
    rounded = forward.astype(np.float32)
    inverse = np.linalg.inv(rounded.astype(np.float64)).astype(np.float32)
    return {"mean": mean.astype(np.float32), "forward": rounded, "inverse": inverse}


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
    for columns in images(features, positions):
        components = forward @ (columns - mean[:, None])
        second += (components**2).mean(axis=1)
        third += (components**3).mean(axis=1)
    n = len(positions)
    scale = (second / n) ** 1.5
    largest = forward[np.arange(len(forward)), np.abs(forward).argmax(axis=1)]
    skewed = np.abs(third / n) > SYMMETRIC * scale
    return np.where(np.where(skewed, third, largest) < 0, -1.0, 1.0)
