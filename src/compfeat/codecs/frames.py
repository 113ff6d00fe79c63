"""Codecs of pictures: features are quantised between minimum and maximum and tiled into one grey image; images stay as they are.

Source: docs/method.md, "Quantiser" and "Tiling". All arithmetic of the quantiser is IEEE double precision, one numpy operation at a
time: a float32 converts to it exactly, and the difference of two cannot overflow, so codes and reconstructions are the same on every
machine.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compfeat.codecs import Codec, Decoded, ImageBytes, Item
from compfeat.codecs._streams import RERUN, FrameBytes
from compfeat.errors import BitstreamError, ConfigError, DataError
from compfeat.experiment.config import Sends
from compfeat.experiment.section import Section
from compfeat.io import write_bytes

Frame = NDArray[np.uint8]
"""One picture: tiled features, uint8 H x W, grey; or an image, uint8 H x W x 3."""
MAX_BITS = 8
"""Codes are bytes."""


class Quantised(NamedTuple):
    """A quantised feature tensor.

    Attributes:
        codes: uint8, C x H x W, 0 to 2^bits - 1.
        minimum: the tensor's least value, which code 0 stands for.
        maximum: the tensor's greatest value, which code 2^bits - 1 stands for.
    """

    codes: NDArray[np.uint8]
    minimum: np.float32
    maximum: np.float32


def quantise(features: NDArray[np.float32], bits: int = MAX_BITS) -> Quantised:
    """Quantise a float32 tensor C x H x W: q = round((f - min) / (max - min) * (2^bits - 1)), one min and max for all.

    Ties round to even (numpy.rint). A constant tensor gets code 0 throughout.

    Raises:
        DataError: the tensor is empty, not float32, or has a value that is not finite.
        ConfigError: ``bits`` is not 1 to 8.
    """
    levels = _levels(bits)
    if features.dtype != np.float32 or features.size == 0:
        raise DataError(
            f"features are {features.dtype} of shape {features.shape}; expected a float32 tensor that is not empty"
        )
    finite = np.isfinite(features)
    if not finite.all():
        raise DataError(
            f"features have {features.size - int(finite.sum())} of {features.size} values that are not finite; "
            "the network diverged: train it again with a lower learning rate"
        )
    # Adding 0 turns -0 into +0: which of the two a minimum returns depends on the machine, and 8 bytes are sent.
    minimum, maximum = features.min() + np.float32(0), features.max() + np.float32(0)
    if minimum == maximum:
        return Quantised(np.zeros(features.shape, dtype=np.uint8), minimum, maximum)
    low = np.float64(minimum)
    scaled = (features.astype(np.float64) - low) / (np.float64(maximum) - low) * levels
    return Quantised(np.rint(scaled).astype(np.uint8), minimum, maximum)


def dequantise(
    codes: NDArray[np.uint8], minimum: np.float32 | float, maximum: np.float32 | float, bits: int = MAX_BITS
) -> NDArray[np.float32]:
    """Return the float32 values, shaped as ``codes``, that they stand for: min + q * (max - min) / (2^bits - 1).

    The result is off by half a step at most, and by the rounding to float32. The first and last code give
    ``minimum`` and ``maximum`` exactly. A lossy codec may overshoot: codes above 2^bits - 1 count as that.

    Raises:
        ConfigError: ``bits`` is not 1 to 8.
    """
    levels = _levels(bits)
    low, high = np.float64(minimum), np.float64(maximum)
    table = low + np.arange(levels + 1, dtype=np.float64) * (high - low) / levels
    table[-1] = high
    values: NDArray[np.float32] = table.astype(np.float32)[np.minimum(codes, levels)]
    return values


def _levels(bits: int) -> int:
    if not 1 <= bits <= MAX_BITS:
        raise ConfigError(f"quantiser bits {bits!r}; expected a whole number from 1 to {MAX_BITS}")
    return int(2**bits - 1)


def grid_shape(channels: int) -> tuple[int, int]:
    """Return (rows, columns) of the grid of tiles.

    For a power of two that is 2^floor(log2(C)/2) by 2^ceil(log2(C)/2). Other counts take the columns of the next
    power of two and as many rows as they need; the tiles left over at the end are black.

    Raises:
        DataError: C < 1.
    """
    if channels < 1:
        raise DataError(f"{channels} feature channels; expected at least 1")
    columns = 1 << (((channels - 1).bit_length() + 1) // 2)
    return -(-channels // columns), columns


def tiled_shape(channels: int, feature_shape: tuple[int, int]) -> tuple[int, int]:
    """Return the (H, W) of the image that ``channels`` channels of ``feature_shape`` (H, W) make."""
    rows, columns = grid_shape(channels)
    return rows * feature_shape[0], columns * feature_shape[1]


def tile(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return codes C x H x W as one image (rows * H) x (columns * W), channels in raster order, in C order."""
    channels, height, width = codes.shape
    rows, columns = grid_shape(channels)
    full = np.zeros((rows * columns, height, width), dtype=codes.dtype)
    full[:channels] = codes
    image = full.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(image).reshape(rows * height, columns * width)


def untile(image: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Return the codes C x H x W that ``tile`` made the image of.

    Raises:
        DataError: the image does not divide into the grid of ``channels`` tiles.
    """
    rows, columns = grid_shape(channels)
    if image.ndim != 2 or image.shape[0] % rows or image.shape[1] % columns:
        raise DataError(
            f"tiled image of shape {image.shape}; expected multiples of {(rows, columns)} for {channels} channels"
        )
    height, width = image.shape[0] // rows, image.shape[1] // columns
    tiles = image.reshape(rows, height, columns, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(tiles).reshape(-1, height, width)[:channels]


SIDE_INFO_BYTES = 8
"""What an image's minimum and maximum weigh: two float32."""


class FrameOptions(Section):
    """Options that all codecs of pictures have."""

    bits: int = Field(8, ge=2, le=MAX_BITS, description="bits of the quantiser's codes; 8 in the paper")


class FrameCodec(Codec):
    """Base of the codecs of pictures. A subclass codes frames; minimum and maximum of each tensor are its side information."""

    options: ClassVar[type[Section]] = FrameOptions
    sends: ClassVar[frozenset[Sends]] = frozenset({"features", "image"})

    @abstractmethod
    def encode_frames(self, frames: Iterable[Frame], shape: tuple[int, ...], stream: Path) -> None:
        """Code frames of ``shape`` to the file ``stream``, atomically, with one in memory. Raises as ``encode``."""

    @abstractmethod
    def decode_frames(self, stream: Path, shape: tuple[int, ...]) -> Iterator[Frame]:
        """Yield the frames of ``stream``, each of ``shape``. Raises as ``decode``."""

    @abstractmethod
    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        """Return each frame's bytes; their sum is the size of ``stream``. Raises BitstreamError where it is damaged."""

    @property
    def bits(self) -> int:
        """Bits of the quantiser's codes."""
        return int(getattr(self.chosen, "bits", MAX_BITS))

    def encode(self, items: Iterable[Item], stream: Path, side_info: Path) -> list[ImageBytes]:
        pairs: list[tuple[np.float32, np.float32]] = []
        remaining = iter(items)
        first = next(remaining, None)
        if first is None:
            raise DataError(f"{stream}: no images to code; expected at least one")
        is_image = first.dtype == np.uint8
        shape = first.shape if is_image else tiled_shape(first.shape[0], first.shape[1:])

        def frames() -> Iterator[Frame]:
            item: Item | None = first
            while item is not None:
                yield item if is_image else self._quantised(item, pairs)
                item = next(remaining, None)

        self.encode_frames(frames(), shape, stream)
        write_bytes(side_info, np.array(pairs, dtype="<f4").tobytes())
        return self.measure(stream, side_info)

    def _quantised(self, features: Item, pairs: list[tuple[np.float32, np.float32]]) -> Frame:
        quantised = quantise(features, self.bits)
        pairs.append((quantised.minimum, quantised.maximum))
        return tile(quantised.codes)

    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        if not is_features(shape):
            for frame in self.decode_frames(stream, shape):
                yield Decoded(frame, frame)
            return
        pairs = read_side_info(side_info)
        frames = self.decode_frames(stream, tiled_shape(shape[0], (shape[1], shape[2])))
        for frame, (minimum, maximum) in zip(frames, pairs, strict=True):
            yield Decoded(dequantise(untile(frame, shape[0]), minimum, maximum, self.bits), frame)

    def measure(self, stream: Path, side_info: Path) -> list[ImageBytes]:
        sizes = self.measure_frames(stream)
        beside = side_info.stat().st_size if side_info.is_file() else 0
        each = beside // len(sizes) if sizes else 0
        if each * len(sizes) != beside or each not in (0, SIDE_INFO_BYTES):
            raise BitstreamError(
                f"{side_info}: {beside} bytes for {len(sizes)} frames of {stream}; expected {SIDE_INFO_BYTES} or none each; {RERUN}"
            )
        return [ImageBytes(size.payload_bytes, size.header_bytes, each) for size in sizes]


def is_features(shape: tuple[int, ...]) -> bool:
    """Return whether ``shape`` is that of features (C, h, w) rather than of an image (H, W, 3)."""
    return not (len(shape) == 3 and shape[2] == 3 and shape[0] > 3)


def read_side_info(path: Path) -> NDArray[np.float32]:
    """Return the (minimum, maximum) pairs, N x 2.

    Raises:
        BitstreamError: the file is missing, cut short, or has a pair that is not finite or not in order.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BitstreamError(f"{path}: cannot be read ({error.strerror}); {RERUN}") from None
    if len(data) % SIDE_INFO_BYTES:
        raise BitstreamError(f"{path}: {len(data)} bytes; expected {SIDE_INFO_BYTES} an image; {RERUN}")
    pairs = np.frombuffer(data, dtype="<f4").astype(np.float32).reshape(-1, 2)
    wrong = np.flatnonzero(~(np.isfinite(pairs).all(axis=1) & (pairs[:, 0] <= pairs[:, 1])))
    if wrong.size:
        raise BitstreamError(f"{path}: image {wrong[0]} has minimum and maximum {pairs[wrong[0]].tolist()}; {RERUN}")
    return pairs


def check_frame(frame: Frame, shape: tuple[int, ...], position: int) -> None:
    """Raise DataError where ``frame``, the ``position``-th fed to a codec, is not uint8 of ``shape``."""
    if frame.shape != shape or frame.dtype != np.uint8:
        raise DataError(f"frame {position} is {frame.dtype} of shape {frame.shape}; expected uint8 of {shape}")
