"""A codec for features: DCT, dead-zone quantiser, and a range coder whose Laplace tables are fitted to a run's train features.

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

from compfeat.codecs.base import CODECS, EVERY_QUALITY, RERUN, Codec, Coding, Decoded, ImageBytes, Item, State
from compfeat.codecs.laplace_tables import OFFSET, PER_OCTAVE, ROUNDING, TABLES, entropy_bits, tables
from compfeat.codecs.packets import packed, unpacked
from compfeat.codecs.ranges import GREATEST, LevelCoder
from compfeat.codecs.spectra import dct2, inverse_dct2
from compfeat.errors import BitstreamError, DataError
from compfeat.experiment.section import Section
from compfeat.io import write_bytes

RUNGS = 9
PER_RUNG = PER_OCTAVE // 2
"""Tables from one rung to the next: the step grows by sqrt(2)."""
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
    """``d0`` to ``d8``: the step D = D0 2^(j/2), in the features' own unit, with D0 fitted.

    The state is ``scale`` (int8, C x h x w: the table of each channel and frequency at D0, beyond 0..63 too), ``finest`` (int16:
    D0 = 2^(finest / 6)) and ``mean`` (float32, C x h x w). An image's bytes are the length of the range coder's (7 bits a byte, the
    last without the top bit), a check byte, and the range coder's bytes.
    """

    qualities = tuple(f"d{rung}" for rung in range(RUNGS))
    fitted = True

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: Section | None = None) -> str:
        return f"constriction {version('constriction')} (scipy {version('scipy')})"

    @classmethod
    def fit(cls, features: NDArray[np.float32], options: Options, coding: Coding = EVERY_QUALITY) -> State:
        """Return the state: means, mean magnitudes of the DCT about them, and the finest step.

        D0 is the smallest step of the grid 2^(n/6) at which the Laplace laws need at most ``finest_bits`` an element.

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
        return {
            "scale": np.clip(index, -128, 127).astype(np.int8),
            "finest": np.array(finest, np.int16),
            "mean": mean,
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
        fitted = self._fitted
        coefficients = dct2(item - fitted.mean)
        with np.errstate(over="ignore"):
            steps = np.abs(coefficients) / fitted.step + float(ROUNDING)
        levels: NDArray[np.int64] = np.copysign(np.floor(np.minimum(steps, GREATEST)), coefficients).astype(np.int64)
        return levels

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


def _read(state: State, rung: int) -> _Fitted:
    kinds = {"scale": (np.int8, 3), "finest": (np.int16, 0), "mean": (np.float32, 3)}
    for name, (kind, dimensions) in kinds.items():
        array = state.get(name)
        if array is None or array.dtype != kind or array.ndim != dimensions or not np.isfinite(array).all():
            found = "nothing" if array is None else f"{array.dtype} of shape {array.shape}"
            raise DataError(
                f"state of codec 'laplace': {name!r} is {found}; expected finite {np.dtype(kind)} in {dimensions} dimensions; {REFIT}"
            )
    if state["mean"].shape != state["scale"].shape:
        raise DataError(
            f"state of codec 'laplace': 'mean' is of shape {state['mean'].shape}, 'scale' of {state['scale'].shape}; {REFIT}"
        )
    index = np.clip(state["scale"].astype(int) - PER_RUNG * rung, 0, TABLES - 1).astype(np.int8)
    step = 2.0 ** ((int(state["finest"]) + PER_RUNG * rung) / PER_OCTAVE)
    parts = [np.ascontiguousarray(state[name], np.dtype(kinds[name][0]).newbyteorder("<")) for name in sorted(kinds)]
    key = hashlib.blake2b(b"".join(part.tobytes() for part in parts) + bytes([rung]), digest_size=16).digest()
    shift = (np.array([table.centroid for table in tables()])[index] - float(ROUNDING)) * step
    return _Fitted(LevelCoder(index), step, state["mean"].astype(np.float64), shift, key)
