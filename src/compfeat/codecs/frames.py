"""Codecs of pictures: features are quantised between minimum and maximum and tiled into one grey image; images stay as they are.

Source: docs/method.md, "Quantiser" and "Tiling". All arithmetic of the quantiser is IEEE double precision, one numpy operation at a
time: a float32 converts to it exactly, and the difference of two cannot overflow, so codes and reconstructions are the same on every
machine.

A codec whose samples have more than 8 bits states its ``sample_bits`` and options with more ``bits``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compfeat.codecs import LOSSLESS, RERUN, Codec, Decoded, ImageBytes, Item
from compfeat.codecs._streams import FrameBytes
from compfeat.errors import BitstreamError, ConfigError, DataError
from compfeat.experiment.runs import FLOAT, QUANTISED, Sends
from compfeat.experiment.section import Section
from compfeat.io import write_bytes

Codes = NDArray[Any]
"""Quantised features: uint8, or uint16 where codes have more than 8 bits."""
Frame = NDArray[Any]
"""One picture: tiled features, H x W, grey, uint8 or uint16 as the codec's samples; or an image, uint8 H x W x 3."""
USUAL_BITS, MOST_BITS = 8, 16
"""Of the quantiser: the paper's, which the uncoded quality QUANTISED has, and what a sample can contain."""


class Quantised(NamedTuple):
    """A quantised feature tensor.

    Attributes:
        codes: C x H x W, 0 to 2^bits - 1; uint8, or uint16 for more than 8 bits.
        minimum: the tensor's least value, coded as 0.
        maximum: the tensor's greatest value, coded as 2^bits - 1.
    """

    codes: Codes
    minimum: np.float32
    maximum: np.float32


def quantise(features: NDArray[np.float32], bits: int = USUAL_BITS, clip: float = 0) -> Quantised:
    """Quantise a float32 tensor C x H x W: q = round((f - min) / (max - min) * (2^bits - 1)), one min and max for all.

    Ties round to even (numpy.rint). A constant tensor gets code 0 throughout. ``clip`` is the share of the elements that are left
    out at either end when min and max are taken, rounded down to whole elements; they count as min or max then.

    Raises:
        DataError: the tensor is empty, not float32, or has a value that is not finite.
        ConfigError: ``bits`` is not 1 to 16.
    """
    levels, kind = _levels(bits), sample_type(bits)
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
    if clip:
        ordered = np.sort(features, axis=None)
        beyond = int(clip * ordered.size)
        minimum, maximum = ordered[beyond] + np.float32(0), ordered[-1 - beyond] + np.float32(0)
    if minimum == maximum:
        return Quantised(np.zeros(features.shape, dtype=kind), minimum, maximum)
    low, high = np.float64(minimum), np.float64(maximum)
    scaled = (features.astype(np.float64).clip(low, high) - low) / (high - low) * levels
    return Quantised(np.rint(scaled).astype(kind), minimum, maximum)


def dequantise(
    codes: Codes, minimum: np.float32 | float, maximum: np.float32 | float, bits: int = USUAL_BITS
) -> NDArray[np.float32]:
    """Return the float32 values, shaped as ``codes``, that they stand for: min + q * (max - min) / (2^bits - 1).

    The result is off by half a step at most, and by the rounding to float32. The first and last code give
    ``minimum`` and ``maximum`` exactly. A lossy codec may overshoot: codes above 2^bits - 1 count as that.

    Raises:
        ConfigError: ``bits`` is not 1 to 16.
    """
    levels = _levels(bits)
    low, high = np.float64(minimum), np.float64(maximum)
    table = low + np.arange(levels + 1, dtype=np.float64) * (high - low) / levels
    table[-1] = high
    values: NDArray[np.float32] = table.astype(np.float32)[np.minimum(codes, levels)]
    return values


def _levels(bits: int) -> int:
    if not 1 <= bits <= MOST_BITS:
        raise ConfigError(f"quantiser bits {bits!r}; expected a whole number from 1 to {MOST_BITS}")
    return int(2**bits - 1)


def sample_type(bits: int) -> type[np.uint8] | type[np.uint16]:
    """Return the type of numbers of ``bits`` bits."""
    return np.uint8 if bits <= 8 else np.uint16


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


Packing = Literal["raster", "z_order"]
"""Which tile a channel takes: row by row, or along the Z-order curve, on which channels that follow each other stay together."""


def tile_positions(channels: int, packing: Packing) -> NDArray[np.intp]:
    """Return each channel's tile of the grid, counted in raster order, (C,).

    The Z-order curve takes the bits of a channel's number in turn as bits of column and row, the lowest as the column's;
    tiles that are not in the grid are left out.
    """
    if packing == "raster":
        return np.arange(channels)
    rows, columns = grid_shape(channels)
    row, column = np.divmod(np.arange(rows * columns), columns)
    place = np.zeros(rows * columns, dtype=np.int64)
    for bit in range(columns.bit_length()):
        place |= (column >> bit & 1) << 2 * bit | (row >> bit & 1) << 2 * bit + 1
    return np.argsort(place)[:channels]


def tile(codes: Codes, packing: Packing = "raster") -> Frame:
    """Return codes C x H x W as one image (rows * H) x (columns * W), in C order; see ``tile_positions`` for where channels go."""
    channels, height, width = codes.shape
    rows, columns = grid_shape(channels)
    full = np.zeros((rows * columns, height, width), dtype=codes.dtype)
    full[tile_positions(channels, packing)] = codes
    image = full.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(image).reshape(rows * height, columns * width)


def untile(image: Frame, channels: int, packing: Packing = "raster") -> Codes:
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
    return np.ascontiguousarray(tiles).reshape(-1, height, width)[tile_positions(channels, packing)]


SIDE_INFO_BYTES = 8
"""What an image's minimum and maximum weigh: two float32."""


class FrameOptions(Section):
    """Options that all codecs of pictures have."""

    bits: int = Field(default=USUAL_BITS, ge=2, le=8, description="bits of the quantiser's codes; 8 in the paper")
    clip: float = Field(
        default=0,
        ge=0,
        lt=0.5,
        description="share of an image's elements beyond either end of the quantiser's range; 0 in the paper",
    )
    packing: Packing = Field(
        default="raster", description="which tile a channel takes: row by row, or along the Z-order curve"
    )


class FrameCodec(Codec):
    """Base of the codecs of pictures. A subclass codes frames; minimum and maximum of each tensor are its side information."""

    options: ClassVar[type[Section]] = FrameOptions
    sends: ClassVar[frozenset[Sends]] = frozenset({"features", "image"})
    sample_bits: ClassVar[int] = 8
    """Bits of a sample of a grey frame; with more than 8, frames are uint16, and ``options`` allow as many ``bits``."""

    @abstractmethod
    def encode_frames(self, frames: Iterable[Frame], shape: tuple[int, ...], stream: Path) -> list[FrameBytes]:
        """Code frames of ``shape`` to the file ``stream``, atomically, with one in memory; return their bytes. As ``encode``."""

    @abstractmethod
    def decode_frames(self, stream: Path, shape: tuple[int, ...]) -> Iterator[Frame]:
        """Yield the frames of ``stream``, each of ``shape``. Raises as ``decode``."""

    @abstractmethod
    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        """Return each frame's bytes; their sum is the size of ``stream``. Raises BitstreamError where it is damaged."""

    @classmethod
    def reference(cls, quality: str, sends: Sends, options: Section | None = None) -> str | None:
        """Return FLOAT of images, and QUANTISED of features where the quantiser is the usual one; None for all else."""
        if quality != LOSSLESS:
            return None
        if sends == "image":
            return FLOAT
        usual = bits_of(options or cls.options()) == USUAL_BITS and not frame_options(options).clip
        return QUANTISED if usual else None

    @property
    def bits(self) -> int:
        """Bits of the quantiser's codes."""
        return bits_of(self.chosen)

    @property
    def _frame_options(self) -> FrameOptions:
        return frame_options(self.chosen)

    def encode(self, items: Iterable[Item], stream: Path, side_info: Path) -> list[ImageBytes]:
        remaining = iter(items)
        first = next(remaining, None)
        if first is None:
            raise DataError(f"{stream}: no images to code; expected at least one")
        every = chain([first], remaining)
        if self.sent == "image":
            sizes = self.encode_frames(every, first.shape, stream)
            write_bytes(side_info, b"")
            return self._with_side_info(sizes, side_info)
        pairs: list[tuple[np.float32, np.float32]] = []

        def frames() -> Iterator[Frame]:
            for features in every:
                quantised = quantise(features, self.bits, self._frame_options.clip)
                pairs.append((quantised.minimum, quantised.maximum))
                yield tile(quantised.codes, self._frame_options.packing).astype(
                    sample_type(self.sample_bits), copy=False
                )

        sizes = self.encode_frames(frames(), tiled_shape(first.shape[0], first.shape[1:]), stream)
        write_bytes(side_info, np.array(pairs, dtype="<f4").tobytes())
        return self._with_side_info(sizes, side_info)

    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        if self.sent == "image":
            for frame in self.decode_frames(stream, shape):
                yield Decoded(frame, frame)
            return
        pairs = read_side_info(side_info)
        frames = self.decode_frames(stream, tiled_shape(shape[0], (shape[1], shape[2])))
        for frame, pair in zip_longest(frames, pairs):
            if frame is None or pair is None:
                raise BitstreamError(
                    f"{stream}: more or fewer frames than the {len(pairs)} pairs of {side_info}; {RERUN}"
                )
            codes = untile(frame, shape[0], self._frame_options.packing)
            values = dequantise(codes, pair[0], pair[1], self.bits)
            yield Decoded(values, self._picture(frame))

    def measure(self, stream: Path, side_info: Path) -> list[ImageBytes]:
        return self._with_side_info(self.measure_frames(stream), side_info)

    def _with_side_info(self, sizes: list[FrameBytes], side_info: Path) -> list[ImageBytes]:
        """Return the bytes of frames and of their side information. Raises BitstreamError where that is not one pair each."""
        each = 0 if self.sent == "image" else SIDE_INFO_BYTES
        found = side_info.stat().st_size if side_info.is_file() else 0
        if found != each * len(sizes):
            raise BitstreamError(
                f"{side_info}: {found} bytes; expected {each} for each of {len(sizes)} frames; {RERUN}"
            )
        return [ImageBytes(size.payload_bytes, size.header_bytes, each) for size in sizes]

    def _picture(self, frame: Frame) -> NDArray[np.uint8]:
        """Return a frame of codes in the full range of 8 bits."""
        if self.bits == self.sample_bits == 8:
            return frame
        levels = 2**self.bits - 1
        picture: NDArray[np.uint8] = np.rint(np.minimum(frame, levels) * (255 / levels)).astype(np.uint8)
        return picture


def frame_options(options: Section | None) -> FrameOptions:
    """Return the options that all codecs of pictures have; their defaults where ``options`` has none of them."""
    return options if isinstance(options, FrameOptions) else FrameOptions()


def bits_of(options: Section) -> int:
    """Return the bits of the quantiser's codes that a codec's options ask for."""
    return int(getattr(options, "bits", USUAL_BITS))


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


def check_frame(frame: Frame, shape: tuple[int, ...], position: int, bits: int = 8) -> None:
    """Raise DataError where ``frame``, the ``position``-th fed to a codec, is not of ``shape`` with samples of ``bits`` bits."""
    kind = np.dtype(sample_type(bits))
    if frame.shape != shape or frame.dtype != kind:
        raise DataError(f"frame {position} is {frame.dtype} of shape {frame.shape}; expected {kind} of {shape}")
