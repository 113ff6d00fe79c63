"""The states of a fitted transform and codec, mapped to features of another size h x w (docs/how-to/use-the-library.md)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from compfeat.transforms.bands import bands_elsewhere
from compfeat.transforms.decorrelation import State


def transform_at_size(state: State, size: tuple[int, ...]) -> State:
    """Return the state of a transform for features of another size h x w."""
    if "band" not in state or size == state["band"].shape:
        return state
    return state | {
        "band": bands_elsewhere(state["band"], (size[0], size[1])).astype(np.int8),
        "mean": mean_at_size(state["mean"], size),
    }


def tables_at_size(state: State, size: tuple[int, ...]) -> State:
    """Return the state of the codec's tables for another size h x w: a frequency in cycles per element has the table it had."""
    if size == state["mean"].shape[1:]:
        return state
    rows, columns = (interpolation(old, new) for old, new in zip(state["mean"].shape[1:], size, strict=True))
    # Whole numbers, since tables must be the same on every machine.
    scale = (2 * (rows @ state["scale"].astype(np.int64) @ columns.T) + math.prod(size)) // (2 * math.prod(size))
    return state | {"scale": scale.astype(np.int8), "mean": mean_at_size(state["mean"], size)}


def interpolation(old: int, new: int) -> NDArray[np.int64]:
    """Return what each of ``new`` frequencies of an axis is of the ``old``, new x old, in parts of ``new``: linear between two."""
    places = np.minimum(np.arange(new) * old, (old - 1) * new)
    parts: NDArray[np.int64] = np.maximum(0, new - np.abs(places[:, None] - new * np.arange(old)))
    return parts


def mean_at_size(mean: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the mean of every element (C x h x w) for another size: bilinear between the middles of elements."""
    axes = []
    for old, new in zip(mean.shape[1:], size, strict=True):
        places = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        axes.append(np.maximum(0, 1 - np.abs(places[:, None] - np.arange(old))))
    moved: NDArray[np.float32] = (axes[0] @ mean.astype(np.float64) @ axes[1].T).astype(np.float32)
    return moved
