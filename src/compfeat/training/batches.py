"""Batches of packed scenes, and what is done to them: the images of a step are a pure function of the seed and the step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
"""Fields of a batch of packed scenes by name, each N x H x W x ...: ``image`` (uint8, RGB) and truth fields."""


def steps_per_epoch(n_images: int, batch_size: int) -> int:
    """Return the steps of one pass; the last incomplete batch is left out (its images come in another epoch's order)."""
    return max(1, n_images // batch_size)


def batch_indices(seed: int, epoch: int, n_images: int, batch_size: int) -> list[NDArray[np.int64]]:
    """Return the image indices of every step of one epoch."""
    order = np.random.default_rng([seed, epoch]).permutation(n_images)
    return [np.sort(order[i * batch_size : (i + 1) * batch_size]) for i in range(steps_per_epoch(n_images, batch_size))]


def fields_of(records: NDArray[np.void], names: Iterable[str]) -> Arrays:
    """Return the fields ``names`` of packed scenes."""
    return {name: records[name] for name in names}


def crop(arrays: Mapping[str, NDArray[Any]], left: NDArray[np.int64], width_px: int) -> Arrays:
    """Return copies of a strip of every image, ``width_px`` wide from the column ``left`` on; all of it for a width of 0."""
    strips: Arrays = {}
    for name, whole in arrays.items():
        width = width_px or whole.shape[2]
        strips[name] = np.stack([image[:, x : x + width] for image, x in zip(whole, left, strict=True)])
    return strips


def mirror(arrays: Arrays, which: NDArray[np.bool_]) -> None:
    """Mirror the images ``which`` left to right, in place."""
    for array in arrays.values():
        array[which] = array[which, :, ::-1]
