"""Transform and codec as one object, for the features of any network (docs/how-to/use-the-library.md).

The arithmetic is the pipeline's: ``transforms.decorrelation`` and ``codecs.laplace_levels``. The bitstream:
docs/reference/stream-format.md.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from compfeat.arrays import evenly_spaced, read_arrays, write_arrays
from compfeat.codecs import laplace_levels
from compfeat.codecs.laplace_tables import PER_OCTAVE
from compfeat.codecs.leb128 import leb128, read_leb128
from compfeat.codecs.ranges import GREATEST
from compfeat.errors import BitstreamError, ConfigError, DataError
from compfeat.transforms import decorrelation
from compfeat.transforms.bands import bands_of
from compfeat.transforms.decorrelation import State
from compfeat.transforms.other_sizes import tables_at_size, transform_at_size

MAGIC, VERSION = 0xCF, 1
"""The first two bytes of a bitstream; VERSION is that of a saved codec, too."""
PER_QUALITY = 128
"""Steps are on the grid D0 2^(n / 256), so that n is 128 for each whole quality."""
FINEST, COARSEST = -2048, 65535
"""The range of n."""
MOST_ELEMENTS = 1 << 24
"""Of one image's features."""
CHECK_BYTES = 4
KEPT = 8
"""How many sizes and steps have their tables kept."""
REFIT = "fit it again"


class StreamInfo(NamedTuple):
    """What a bitstream says of itself.

    Attributes:
        shape: (C, h, w) of the features.
        quality: 0 is the finest step of the pipeline's ladder; 2 more double the step.
        payload_bytes: the range coder's.
        total_bytes: of the whole bitstream.
    """

    shape: tuple[int, int, int]
    quality: float
    payload_bytes: int
    total_bytes: int


class FeatureCodec:
    """A transform and tables that are fitted to features C x h x w; codes features of C channels and any size.

    Attributes:
        transform: the state of the decorrelating transform (``transforms.linear.Linear``).
        tables: the state of the codec after it (``codecs.laplace_levels``).
        shape: (C, h, w) of the features that it was fitted to.
    """

    def __init__(self, transform: Mapping[str, NDArray[Any]], tables: Mapping[str, NDArray[Any]]) -> None:
        """Take the two states, such as a run of the pipeline has. Raises DataError if they are none, or of different features."""
        self.transform, self.tables = little_endian(transform), little_endian(tables)
        laplace_levels.check(self.tables, REFIT)
        decorrelation.check(self.transform, REFIT)
        self.shape: tuple[int, int, int] = self.tables["mean"].shape
        mean = self.transform["mean"]
        if mean.shape not in (self.shape, self.shape[:1]):
            raise DataError(f"transform of features {mean.shape}, tables of {self.shape}; expected the same; {REFIT}")
        contents = [array.tobytes() for state in (self.tables, self.transform) for _, array in sorted(state.items())]
        self._key = hashlib.blake2b(b"".join(contents), digest_size=16).digest()
        self._transform_at = lru_cache(KEPT)(partial(transform_at_size, self.transform))
        self._tables_at = lru_cache(KEPT)(partial(tables_at, self.tables))

    def __reduce__(self) -> tuple[type[FeatureCodec], tuple[State, State]]:
        return type(self), (self.transform, self.tables)

    @classmethod
    def fit(
        cls,
        features: ArrayLike,
        importance: ArrayLike | None = None,
        *,
        bands: int = 4,
        floor: float = 0.2,
        finest_bits: float = 2.5,
    ) -> FeatureCodec:
        """Return a codec that is fitted to the features of some images: a few hundred, in seconds.

        Args:
            features: N x C x h x w, finite.
            importance: how much noise costs what comes after: of each channel (C,), as a matrix (C x C), or one for each band of
                spatial frequency (bands x C x C; see ``compfeat.torch.importance``). None weighs all channels alike.
            bands: of spatial frequency that have a matrix each, 1 to 64.
            floor: the share of the importance that is the same in all directions, above 0 to 1.
            finest_bits: bits per feature element at quality 0, about.

        Raises:
            DataError: features or importance have another shape, or values that are not finite.
            ConfigError: ``bands`` or ``floor`` are out of range.
        """
        if not (1 <= bands <= 64 and 0 < floor <= 1 and 0 < finest_bits <= 8):
            raise ConfigError(
                f"bands {bands}, floor {floor}, finest_bits {finest_bits}; expected 1 to 64, above 0 to 1, above 0 to 8"
            )
        given = as_features(features, 4)
        size = given.shape[2:]
        band = None if bands == 1 else bands_of(size, bands)
        weights = None if importance is None else weighed(importance, given.shape[1], band, floor)
        positions, order = evenly_spaced(len(given), 256), np.arange(given.shape[1])
        state = decorrelation.fitted(given, positions, band, order, weights)
        return cls(state, laplace_levels.fitted(transformed(state, given), finest_bits))

    def adapted(self, features: ArrayLike) -> FeatureCodec:
        """Return this codec for features of another size: means and scales of ``features``, all else unchanged.

        A few images are enough. Other sizes can be coded without, at a cost (docs/how-to/use-the-library.md).

        Args:
            features: N x C x h x w, finite.
        """
        given = as_features(features, 4)
        self._check_channels(given[0])
        state = dict(transform_at_size(self.transform, given.shape[2:]))
        state["mean"] = given.mean(axis=0 if "band" in state else (0, 2, 3), dtype=np.float64).astype(np.float32)
        mean, magnitudes = laplace_levels.mean_and_magnitudes(transformed(state, given))
        scale = laplace_levels.scale_of(magnitudes, int(self.tables["finest"]))
        return FeatureCodec(state, self.tables | {"mean": mean, "scale": scale})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> FeatureCodec:
        """Return a codec that was saved.

        Raises:
            DataError: the file is missing or damaged.
            BitstreamError: it is of another version.
        """
        arrays = read_arrays(Path(path), "give a file that FeatureCodec.save wrote")
        version = arrays.pop("version", np.array(0))
        if not np.array_equal(version, VERSION):
            raise BitstreamError(f"{path}: codec of version {version}; expected {VERSION}; {REFIT}")
        states: tuple[State, State] = ({}, {})
        for name, array in arrays.items():
            part, _, key = name.partition("_")
            states[part == "tables"][key] = array
        try:
            return cls(*states)
        except DataError as error:
            raise DataError(f"{path}: {error}") from None

    def save(self, path: str | PathLike[str]) -> None:
        """Write the codec, atomically; a few hundred kB that sender and receiver need once. Raises DataError if it cannot."""
        named = {f"transform_{name}": array for name, array in self.transform.items()}
        named |= {f"tables_{name}": array for name, array in self.tables.items()}
        write_arrays(Path(path), {**named, "version": np.array(VERSION, np.uint8)})

    def encode(
        self,
        features: ArrayLike,
        quality: float | None = None,
        *,
        step: float | None = None,
        max_bytes: int | None = None,
    ) -> bytes:
        """Return the bitstream of one image's features.

        Args:
            features: C x h x w, finite, of any size.
            quality: any number from -16 on; 0 is the finest of the pipeline's ladder, 2 more double the step. By default 4.
            step: of the quantiser instead, in the features' unit; off by at most 0.14 %.
            max_bytes: use the finest step whose bitstream has at most this many bytes.

        Raises:
            DataError: features of other channels, not finite, or too large for the step or for ``max_bytes``.
            ConfigError: more than one of the three is given, or one is out of range.
        """
        given = as_features(features, 3)
        self._check_channels(given)
        if given.size > MOST_ELEMENTS:
            raise DataError(f"features of {given.size} elements; expected at most {MOST_ELEMENTS}; code parts of them")
        if sum(choice is not None for choice in (quality, step, max_bytes)) > 1:
            raise ConfigError("quality, step and max_bytes: several are given; expected one of them")
        coded = within_float32(partial(decorrelation.forward, self._transform_at(given.shape[1:])), given)
        if max_bytes is not None:
            return self._encoded_within(coded, max_bytes)
        if step is not None:
            octaves = math.log2(step) - int(self.tables["finest"]) / PER_OCTAVE if 0 < step < math.inf else math.nan
            quality = 2 * octaves
        n = PER_QUALITY * (4.0 if quality is None else quality)
        if not FINEST <= n <= COARSEST:
            raise ConfigError(
                f"{'quality' if step is None else 'step'} {quality if step is None else step}; expected a quality of "
                f"{FINEST / PER_QUALITY:g} to {COARSEST / PER_QUALITY:g}, or the step of one"
            )
        return self._encoded(coded, round(n))

    def decode(self, data: bytes) -> NDArray[np.float32]:
        """Return the features (C x h x w) of a bitstream.

        Raises:
            BitstreamError: it is damaged, cut short, of a newer version, or coded by another codec.
        """
        n, shape, levels = self._parsed(data)
        coded = self._tables_at(shape, n).features(levels)
        try:
            return within_float32(partial(decorrelation.inverse, self._transform_at(shape[1:])), coded)
        except DataError as error:
            raise BitstreamError(f"bitstream: {error}") from None

    def levels(self, data: bytes) -> NDArray[np.int64]:
        """Return the levels (C x h x w) in a bitstream, the same on every machine. Raises BitstreamError as ``decode``."""
        return self._parsed(data)[2]

    def step_of(self, quality: float) -> float:
        """Return the quantiser's step at a quality, in the features' unit."""
        return laplace_levels.step_at(int(self.tables["finest"]), 2 * round(PER_QUALITY * quality) / PER_QUALITY)

    def _check_channels(self, features: NDArray[np.float32]) -> None:
        """Raise DataError where an image's features have other channels."""
        if len(features) != self.shape[0]:
            raise DataError(f"features of {len(features)} channels; the codec is fitted to {self.shape[0]}; {REFIT}")

    def _encoded(self, coded: NDArray[np.float32], n: int) -> bytes:
        """Return the bitstream of components at a step."""
        fitted = self._tables_at(coded.shape, n)
        levels = fitted.levels(coded)
        if np.abs(levels).max() >= GREATEST:
            raise DataError(
                f"features beyond {GREATEST} steps of {fitted.step:g}; give a higher quality, or fit to such features"
            )
        zigzag = 2 * n if n >= 0 else -2 * n - 1
        head = bytes([MAGIC, VERSION]) + b"".join(leb128(value) for value in (zigzag, *coded.shape))
        body = head + fitted.coder.encode(levels)
        return body + self._check(body)

    def _encoded_within(self, coded: NDArray[np.float32], max_bytes: int) -> bytes:
        """Return the bitstream of the finest step that fits, by bisection."""
        low, high, best = FINEST - 1, COARSEST, self._encoded(coded, COARSEST)
        if len(best) > max_bytes:
            raise DataError(f"max_bytes {max_bytes}: features of {coded.shape} need {len(best)}; give more")
        while high - low > 1:
            n = (low + high) // 2
            try:
                data = self._encoded(coded, n)
            except DataError:
                low = n
                continue
            low, high, best = (low, n, data) if len(data) <= max_bytes else (n, high, best)
        return best

    def _parsed(self, data: bytes) -> tuple[int, tuple[int, int, int], NDArray[np.int64]]:
        """Return n, shape and levels of a bitstream."""
        n, shape, start = header(data)
        if shape[0] != self.shape[0]:
            raise BitstreamError(
                f"bitstream of {shape[0]} channels; the codec has {self.shape[0]}; give the codec that coded it"
            )
        if self._check(data[:-CHECK_BYTES]) != data[-CHECK_BYTES:]:
            raise BitstreamError("bitstream fails its check: damaged, or coded by another codec; send it again")
        try:
            return n, shape, self._tables_at(shape, n).coder.decode(bytes(data[start:-CHECK_BYTES]))
        except ValueError as error:
            raise BitstreamError(f"bitstream is damaged ({error}); send it again") from None

    def _check(self, body: bytes) -> bytes:
        """Return the check of a bitstream whose other bytes are ``body``."""
        return zlib.crc32(body, zlib.crc32(self._key)).to_bytes(CHECK_BYTES, "little")


def read_info(data: bytes) -> StreamInfo:
    """Return what a bitstream says of itself, unchecked. Raises BitstreamError if it is none."""
    n, shape, start = header(data)
    return StreamInfo(shape, n / PER_QUALITY, len(data) - start - CHECK_BYTES, len(data))


def header(data: bytes) -> tuple[int, tuple[int, int, int], int]:
    """Return n, shape and the payload's first byte. Raises BitstreamError if it is no bitstream of this version."""
    if data[:1] != bytes([MAGIC]):
        raise BitstreamError(
            f"no bitstream of features: begins with {bytes(data[:2]).hex() or 'nothing'}; expected cf01"
        )
    if data[1:2] != bytes([VERSION]):
        raise BitstreamError(
            f"bitstream of version {bytes(data[1:2]).hex()}; expected 01; install the compfeat that made it"
        )
    values: list[int] = []
    at = 2
    try:
        for _ in range(4):
            value, at = read_leb128(data, at)
            values.append(value)
    except ValueError:
        raise BitstreamError("bitstream is cut short; send it again") from None
    zigzag, *shape = values
    n = zigzag // 2 if zigzag % 2 == 0 else -(zigzag + 1) // 2
    if not (FINEST <= n <= COARSEST and 1 <= math.prod(shape) <= MOST_ELEMENTS and len(data) - at >= CHECK_BYTES):
        raise BitstreamError(
            f"bitstream of shape {tuple(shape)} at step {n} in {len(data)} bytes: damaged or cut short; send it again"
        )
    return n, (shape[0], shape[1], shape[2]), at


def as_features(features: ArrayLike, dimensions: int) -> NDArray[np.float32]:
    """Return features as float32. Raises DataError if they are empty, not finite, or of other dimensions."""
    given = np.asanyarray(features)
    expected = "N x C x h x w" if dimensions == 4 else "C x h x w"
    if given.ndim != dimensions or not given.size or given.dtype.kind not in "fiu":
        raise DataError(f"features: {given.dtype} of shape {given.shape}; expected numbers, {expected}")
    with np.errstate(over="ignore"):
        single = given.astype(np.float32, copy=False)
    # Finite numbers of single precision have a finite sum in double precision.
    if not np.isfinite(single.sum(dtype=np.float64)):
        raise DataError(
            "features: values that are not finite; expected finite ones; look for NaN in the network's output"
        )
    return single


def tables_at(state: State, shape: tuple[int, ...], n: int) -> laplace_levels.Fitted:
    """Return the tables for features of C x h x w at a step."""
    return laplace_levels.Fitted(tables_at_size(state, shape[1:]), 2 * n / PER_QUALITY)


def transformed(state: State, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the components of many images, N x C x h x w."""
    components = np.empty(features.shape, np.float32)
    for place, tensor in enumerate(features):
        components[place] = within_float32(partial(decorrelation.forward, state), tensor)
    return components


def within_float32(
    function: Callable[[NDArray[np.float32]], NDArray[np.float32]], features: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return what ``function`` makes of features. Raises DataError if it is beyond float32."""
    with np.errstate(over="ignore"):
        values = function(features)
    if not np.isfinite(values).all():
        raise DataError(f"values up to {np.abs(features).max():g} are too large for float32; scale the features down")
    return values


def weighed(importance: ArrayLike, channels: int, band: NDArray[np.intp] | None, floor: float) -> decorrelation.Matrix:
    """Return the sensitivity of each band, bands x C x C. Raises DataError if ``importance`` is none."""
    matrices = np.asarray(importance, dtype=np.float64)
    count = 1 if band is None else int(band.max()) + 1
    if matrices.ndim == 1:
        matrices = np.diag(matrices)
    if matrices.ndim == 2:
        matrices = np.broadcast_to(matrices, (count, *matrices.shape))
    if matrices.shape != (count, channels, channels) or not np.isfinite(matrices).all():
        raise DataError(
            f"importance of shape {np.shape(importance)}; expected finite ({channels},), {(channels, channels)} or "
            f"{(count, channels, channels)}; give importance() the same bands as fit()"
        )
    shares = np.ones(1) if band is None else np.bincount(band.ravel()) / band.size
    whole = np.tensordot(shares, matrices, 1)
    if np.trace(whole) <= 0 or np.linalg.eigvalsh(matrices).min() < -1e-6 * np.abs(matrices).max():
        raise DataError(
            "importance: zero or negative; expected noise in some direction to cost something, in none less"
        )
    return decorrelation.floored(matrices, whole, floor)


def little_endian(state: Mapping[str, NDArray[Any]]) -> State:
    """Return a state's arrays in saved form."""
    return {name: np.asarray(array, array.dtype.newbyteorder("<"), order="C") for name, array in state.items()}
