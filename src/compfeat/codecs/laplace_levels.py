"""Features as levels of a quantised DCT, by tables that are fitted to train features: the arithmetic of ``laplace``, on arrays alone.

Source: docs/explanation/feature-codec.md.

The state is ``scale`` (int8, C x h x w: the table of each channel and frequency at the finest step D0, beyond 0..63 too),
``finest`` (int16: D0 = 2^(finest / 6)), ``mean`` (float32, C x h x w), ``laws`` (uint16, 64 x 128: how often each table has each
magnitude), ``shifts`` (int8, 256: of the table, at each activity) and ``version`` (uint8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compfeat.arrays import evenly_spaced
from compfeat.codecs.contexts import ACTIVITIES, Contexts, laws_and_shifts, magnitude_counts
from compfeat.codecs.laplace_tables import CENTROIDS, LARGEST, OFFSET, PER_OCTAVE, ROUNDING, TABLES, TOTAL, entropy_bits
from compfeat.codecs.ranges import GREATEST, LevelCoder
from compfeat.codecs.spectra import dct2, inverse_dct2
from compfeat.errors import DataError

State = dict[str, NDArray[Any]]
HALF_RUNGS = 49
"""Steps of the ladder: from one to the next the step grows by the fourth root of 2."""
LEARNT_IMAGES, LEARNT_RUNGS = 128, range(0, 33, 4)
"""Train images, at most, and steps that laws and shifts are fitted to; coarser ones hardly have levels other than 0."""
VERSION = 2
"""Of the state and of the streams that are coded with it; the first had Laplace tables and no version."""
REFIT = "rerun the fit stage"


def fitted(features: NDArray[np.float32], finest_bits: float) -> State:
    """Return the state: means, mean magnitudes of the DCT about them, the finest step, and laws and shifts of tables.

    D0 is the smallest step of the grid 2^(n/6) at which Laplace laws need at most ``finest_bits`` per element.

    Args:
        features: N x C x h x w.

    Raises:
        DataError: features are not finite.
    """
    mean, magnitudes = mean_and_magnitudes(features)
    finest = finest_rung(magnitudes, finest_bits)
    chosen = features[evenly_spaced(len(features), LEARNT_IMAGES)]
    coefficients = [dct2(tensor - mean.astype(np.float64)) for tensor in chosen]
    return with_laws(mean, scale_of(magnitudes, finest), finest, dict.fromkeys(LEARNT_RUNGS, coefficients))


def with_laws(
    mean: NDArray[np.float32],
    scale: NDArray[np.int8],
    finest: int,
    coefficients: Mapping[int, Sequence[NDArray[np.float64]]],
) -> State:
    """Return the state of means, tables and a finest step, with laws and shifts that fit images' coefficients by half rung."""
    counts = np.zeros((), np.int64)
    for half, images in coefficients.items():
        contexts, step = Contexts(tables_at(scale, half)), step_at(finest, half)
        for image in images:
            counts = counts + magnitude_counts(contexts, levels_of(image, step))
    laws, shifts = laws_and_shifts(counts)
    return {
        "scale": scale,
        "finest": np.array(finest, np.int16),
        "mean": mean,
        "laws": laws,
        "shifts": shifts,
        "version": np.array(VERSION, np.uint8),
    }


def mean_and_magnitudes(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the mean of every element, and the mean magnitude of every coefficient of the DCT about it."""
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    total = np.zeros(features.shape[1:])
    if not np.isfinite(mean).all():
        raise DataError("train features: not finite; codec 'laplace' needs finite ones; train the network again")
    for tensor in features:
        total += np.abs(dct2(tensor - mean.astype(np.float64)))
    return mean, total / len(features)


def scale_of(magnitudes: NDArray[np.float64], finest: int) -> NDArray[np.int8]:
    """Return the table of every mean magnitude at the finest step, beyond 0..63 too."""
    with np.errstate(divide="ignore"):
        index = np.rint(PER_OCTAVE * np.log2(magnitudes)) + OFFSET - finest
    scale: NDArray[np.int8] = np.clip(index, -128, 127).astype(np.int8)
    return scale


def finest_rung(scale: NDArray[np.float64], bits: float) -> int:
    """Return the smallest n at which Laplace laws of mean magnitudes ``scale`` need at most ``bits`` an element at step 2^(n/6)."""
    low, high = -900, 900
    while low < high:
        n = (low + high) // 2
        if entropy_bits(scale / 2 ** (n / PER_OCTAVE)).mean() <= bits:
            high = n
        else:
            low = n + 1
    return low if scale.any() else 0


def levels_of(coefficients: NDArray[np.float64], step: float) -> NDArray[np.int64]:
    """Return the levels of coefficients at a step; those beyond GREATEST are GREATEST."""
    with np.errstate(over="ignore"):
        steps = np.abs(coefficients) / step + ROUNDING
    levels: NDArray[np.int64] = np.copysign(np.floor(np.minimum(steps, GREATEST)), coefficients).astype(np.int64)
    return levels


def step_at(finest: int, half: float) -> float:
    """Return the step at a half rung."""
    return float(2.0 ** ((finest + half * PER_OCTAVE / 4) / PER_OCTAVE))


def tables_at(scale: NDArray[np.int8], half: float) -> NDArray[np.int8]:
    """Return the table of every element at a half rung, without context."""
    tables: NDArray[np.int8] = np.clip(scale.astype(int) - int(half * PER_OCTAVE // 4), 0, TABLES - 1).astype(np.int8)
    return tables


class Fitted:
    """A state at one half rung, whole or between two.

    Attributes:
        tables: of every element, without context.
        step: of the quantiser, in the features' unit.
        coder: of the levels.
        key: tells states and half rungs apart, 16 bytes.
    """

    def __init__(self, state: State, half: float) -> None:
        """Take a state that ``check`` accepts."""
        self.tables = tables_at(state["scale"], half)
        self.step, self.mean = step_at(int(state["finest"]), half), state["mean"].astype(np.float64)
        self.coder = LevelCoder(self.tables, state["laws"], state["shifts"])
        self._shift = (CENTROIDS[self.tables] - ROUNDING) * self.step
        self._parts = [np.ascontiguousarray(state[name], kind) for name, kind in sorted(KINDS.items())]
        self._half = half

    @cached_property
    def key(self) -> bytes:
        parts = b"".join(part.tobytes() for part in self._parts)
        return hashlib.blake2b(parts + bytes([VERSION, int(self._half)]), digest_size=16).digest()

    def levels(self, features: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the levels of an image's features."""
        return levels_of(dct2(features - self.mean), self.step)

    def features(self, levels: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the features that levels stand for: coefficients at the centroids of their steps."""
        maps = inverse_dct2(levels * self.step + np.sign(levels) * self._shift) + self.mean
        largest = np.finfo(np.float32).max
        return np.clip(maps, -largest, largest).astype(np.float32)


KINDS = {"finest": "<i2", "laws": "<u2", "mean": "<f4", "scale": "i1", "shifts": "i1"}
"""The numbers of a state's arrays, but for its version."""


def check(state: State, remedy: str = REFIT) -> None:
    """Raise DataError where ``state`` is not one that ``fitted`` makes; ``remedy`` is what to do then."""
    maps = tuple(state["scale"].shape) if "scale" in state else ()
    shapes = {
        "scale": maps if len(maps) == 3 else "C x h x w",
        "finest": (),
        "mean": maps,
        "laws": (TABLES, LARGEST + 1),
        "shifts": (ACTIVITIES,),
    }
    if not np.array_equal(state.get("version", 1), VERSION):
        raise DataError(f"state of codec 'laplace': of another version; expected version {VERSION}; {remedy}")
    for name, shape in shapes.items():
        array, kind = state.get(name), np.dtype(KINDS[name])
        if array is None or array.dtype != kind or array.shape != shape or not np.isfinite(array).all():
            found = "nothing" if array is None else f"{array.dtype} of shape {array.shape}"
            raise DataError(
                f"state of codec 'laplace': {name!r} is {found}; expected finite {kind} of shape {shape}; {remedy}"
            )
    laws = state["laws"]
    if (laws[:, :2] == 0).any() or (laws[:, 0] + 2 * laws[:, 1:].sum(axis=1, dtype=int) != TOTAL).any():
        raise DataError(f"state of codec 'laplace': 'laws' are not counts that sum to {TOTAL}; {remedy}")
