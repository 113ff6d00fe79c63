"""A codec for features: DCT, dead-zone quantiser, and a range coder whose tables are fitted to a run's train features.

Source: docs/method.md, "Beyond the paper: a codec for features".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compfeat.arrays import evenly_spaced
from compfeat.codecs.base import CODECS, EVERY_QUALITY, RERUN, Codec, Coding, Decoded, ImageBytes, Item, State
from compfeat.codecs.contexts import ACTIVITIES, Contexts, laws_and_shifts, magnitude_counts
from compfeat.codecs.laplace_tables import CENTROIDS, LARGEST, OFFSET, PER_OCTAVE, ROUNDING, TABLES, TOTAL, entropy_bits
from compfeat.codecs.packets import packed, unpacked
from compfeat.codecs.ranges import GREATEST, LevelCoder
from compfeat.codecs.spectra import dct2, inverse_dct2
from compfeat.errors import BitstreamError, DataError
from compfeat.experiment.section import Section
from compfeat.io import write_bytes

HALF_RUNGS = 33
"""Steps of the ladder: from one to the next the step grows by the fourth root of 2."""
LEARNT_IMAGES, LEARNT_RUNGS = 128, range(0, HALF_RUNGS, 4)
"""Train images, at most, and steps that laws and shifts are fitted to."""
VERSION = 2
"""Of the state and of the streams that are coded with it; the first had Laplace tables and no version."""
REFIT = "rerun the fit stage"


class Options(Section):
    """Options of laplace."""

    finest_bits: float = Field(
        default=2.5,
        gt=0,
        le=8,
        description="bits per feature element that train features would cost at the finest step, about",
    )


@CODECS.register("laplace")
class Laplace(Codec[Options]):
    """``d0``, ``d0.5`` to ``d16``: the step D = D0 2^(j/2), in the features' own unit, with D0 fitted.

    The state is ``scale`` (int8, C x h x w: the table of each channel and frequency at D0, beyond 0..63 too), ``finest`` (int16:
    D0 = 2^(finest / 6)), ``mean`` (float32, C x h x w), ``laws`` (uint16, 64 x 128: counts of each table's magnitudes), ``shifts``
    (int8, 256: of the table, at each activity) and ``version`` (uint8). An image's bytes are the length of the range coder's (7 bits
    a byte, the last without the top bit), a check byte, and the range coder's bytes.
    """

    qualities = tuple(f"d{half / 2:g}" for half in range(HALF_RUNGS))
    fitted = True

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: Section | None = None) -> str:
        return f"constriction {version('constriction')} (scipy {version('scipy')})"

    @classmethod
    def fit(cls, features: NDArray[np.float32], options: Options, coding: Coding = EVERY_QUALITY) -> State:
        """Return the state: means, mean magnitudes of the DCT about them, the finest step, and laws and shifts of tables.

        D0 is the smallest step of the grid 2^(n/6) at which Laplace laws need at most ``finest_bits`` per element.

        Raises:
            DataError: features are not finite.
        """
        mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
        total = np.zeros(features.shape[1:])
        if not np.isfinite(mean).all():
            raise DataError("train features: not finite; codec 'laplace' needs finite ones; train the network again")
        for tensor in features:
            total += np.abs(dct2(tensor - mean.astype(np.float64)))
        scale = total / len(features)
        finest = _finest(scale, options.finest_bits)
        with np.errstate(divide="ignore"):
            index = np.rint(PER_OCTAVE * np.log2(scale)) + OFFSET - finest
        scale = np.clip(index, -128, 127).astype(np.int8)
        counts = np.zeros((), np.int64)
        for half in LEARNT_RUNGS:
            contexts, step = Contexts(_index(scale, half)), _step(finest, half)
            for at in evenly_spaced(len(features), LEARNT_IMAGES):
                coefficients = dct2(features[at] - mean.astype(np.float64))
                counts = counts + magnitude_counts(contexts, _levels(coefficients, step))
        laws, shifts = laws_and_shifts(counts)
        return {
            "scale": scale,
            "finest": np.array(finest, np.int16),
            "mean": mean,
            "laws": laws,
            "shifts": shifts,
            "version": np.array(VERSION, np.uint8),
        }

    def encode(self, items: Iterable[Item], stream: Path, side_info: Path) -> list[ImageBytes]:
        fitted, coded = self._fitted, []
        for position, item in enumerate(items):
            if item.shape != fitted.coder.shape or not np.isfinite(item).all():
                found = f"features of shape {item.shape}" if item.shape != fitted.coder.shape else "values not finite"
                raise DataError(f"image {position}: {found}; expected finite ones of {fitted.coder.shape}; {REFIT}")
            coded.append(packed(fitted.coder.encode(self._levels(item)), fitted.key, position))
        if not coded:
            raise DataError(f"{stream}: no images to code; expected at least one in the features file")
        write_bytes(stream, b"".join(coded))
        write_bytes(side_info, b"")
        return self.measure(stream, side_info)

    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        """Yield features; their last bits may differ between processors, the levels that they are made of do not."""
        fitted = self._fitted
        if shape != fitted.coder.shape:
            raise BitstreamError(
                f"{stream}: features of {shape} expected, but the state is of {fitted.coder.shape}; {REFIT}"
            )
        for position, (data, _) in enumerate(unpacked(stream, fitted.key)):
            try:
                levels = fitted.coder.decode(data)
            except ValueError as error:
                raise BitstreamError(f"{stream}: image {position} is damaged ({error}); {RERUN}") from None
            yield Decoded(self._features(levels), None)

    def measure(self, stream: Path, side_info: Path) -> list[ImageBytes]:
        if not side_info.is_file() or side_info.stat().st_size:
            raise BitstreamError(f"{side_info}: missing or not empty; expected an empty file; {RERUN}")
        return [size for _, size in unpacked(stream, self._fitted.key)]

    def _levels(self, item: Item) -> NDArray[np.int64]:
        """Return the levels of an image's features."""
        return _levels(dct2(item - self._fitted.mean), self._fitted.step)

    def _features(self, levels: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the features that levels stand for: coefficients at the centroids of their steps."""
        fitted = self._fitted
        maps = inverse_dct2(levels * fitted.step + np.sign(levels) * fitted.shift) + fitted.mean
        largest = np.finfo(np.float32).max
        return np.clip(maps, -largest, largest).astype(np.float32)

    @cached_property
    def _fitted(self) -> _Fitted:
        """What the state says at this quality. Raises DataError where it is no state of this codec."""
        return _read(self.state or {}, self.qualities.index(self.quality))


class _Fitted(NamedTuple):
    """A state at one quality; ``shift`` is what the magnitude of a coefficient has beyond whole steps, at its centroid."""

    tables: NDArray[np.int8]
    coder: LevelCoder
    step: float
    mean: NDArray[np.float64]
    shift: NDArray[np.float64]
    key: bytes


def _finest(scale: NDArray[np.float64], bits: float) -> int:
    """Return the smallest n at which Laplace laws of mean magnitudes ``scale`` need at most ``bits`` an element at step 2^(n/6)."""
    low, high = -900, 900
    while low < high:
        n = (low + high) // 2
        if entropy_bits(scale / 2 ** (n / PER_OCTAVE)).mean() <= bits:
            high = n
        else:
            low = n + 1
    return low if scale.any() else 0


def _levels(coefficients: NDArray[np.float64], step: float) -> NDArray[np.int64]:
    with np.errstate(over="ignore"):
        steps = np.abs(coefficients) / step + ROUNDING
    levels: NDArray[np.int64] = np.copysign(np.floor(np.minimum(steps, GREATEST)), coefficients).astype(np.int64)
    return levels


def _step(finest: int, half: int) -> float:
    """Return the step at a half rung."""
    return float(2.0 ** ((finest + half * PER_OCTAVE / 4) / PER_OCTAVE))


def _index(scale: NDArray[np.int8], half: int) -> NDArray[np.int8]:
    """Return the table of every element at a half rung, without context."""
    tables: NDArray[np.int8] = np.clip(scale.astype(int) - half * PER_OCTAVE // 4, 0, TABLES - 1).astype(np.int8)
    return tables


def _read(state: State, half: int) -> _Fitted:
    maps = tuple(state["scale"].shape) if "scale" in state else ()
    kinds = {
        "scale": (np.int8, maps if len(maps) == 3 else "C x h x w"),
        "finest": (np.int16, ()),
        "mean": (np.float32, maps),
        "laws": (np.uint16, (TABLES, LARGEST + 1)),
        "shifts": (np.int8, (ACTIVITIES,)),
    }
    if not np.array_equal(state.get("version", 1), VERSION):
        raise DataError(f"state of codec 'laplace': of another version; expected version {VERSION}; {REFIT}")
    for name, (kind, shape) in kinds.items():
        array = state.get(name)
        if array is None or array.dtype != kind or array.shape != shape or not np.isfinite(array).all():
            found = "nothing" if array is None else f"{array.dtype} of shape {array.shape}"
            expected = f"finite {np.dtype(kind)} of shape {shape}"
            raise DataError(f"state of codec 'laplace': {name!r} is {found}; expected {expected}; {REFIT}")
    laws, index = state["laws"], _index(state["scale"], half)
    if (laws[:, :2] == 0).any() or (laws[:, 0] + 2 * laws[:, 1:].sum(axis=1, dtype=int) != TOTAL).any():
        raise DataError(f"state of codec 'laplace': 'laws' are no counts of which all levels' sum to {TOTAL}; {REFIT}")
    step = _step(int(state["finest"]), half)
    parts = [np.ascontiguousarray(state[name], np.dtype(kinds[name][0]).newbyteorder("<")) for name in sorted(kinds)]
    key = hashlib.blake2b(b"".join(part.tobytes() for part in parts) + bytes([VERSION, half]), digest_size=16).digest()
    shift = (CENTROIDS[index] - ROUNDING) * step
    return _Fitted(index, LevelCoder(index, laws, state["shifts"]), step, state["mean"].astype(np.float64), shift, key)
