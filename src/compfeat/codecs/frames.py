"""Codecs of pictures: features are quantised between minimum and maximum and tiled into one grey image; images are not changed.

The quantiser and the grid of tiles have modules of their own.

A codec whose samples have more than 8 bits states its ``sample_bits`` and options with more ``bits``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compfeat.codecs.base import LOSSLESS, RERUN, Codec, Decoded, ImageBytes, Item
from compfeat.codecs.quantiser import USUAL_BITS, dequantise, quantise, sample_type
from compfeat.codecs.streams import FrameBytes
from compfeat.codecs.tiling import Packing, tile, tiled_shape, untile
from compfeat.errors import BitstreamError, DataError
from compfeat.io import write_bytes
from compfeat.settings.runs import FLOAT, QUANTISED, Sends
from compfeat.settings.section import Section

Frame = NDArray[Any]
"""One picture: tiled features, H x W, grey, uint8 or uint16 as the codec's samples; or an image, uint8 H x W x 3."""

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


F = TypeVar("F", bound=FrameOptions)


class FrameCodec(Codec[F]):
    """Base of the codecs of pictures. A subclass codes frames; minimum and maximum of each tensor are its side information."""

    sends: ClassVar[frozenset[Sends]] = frozenset({"features", "image"})
    sample_bits: ClassVar[int] = 8
    """Bits of a sample of a grey frame; with more than 8, frames are uint16, and ``options`` allow as many ``bits``."""
    lossless_images: ClassVar[bool] = True
    """Whether its lossless quality codes RGB exactly; not where chroma is subsampled."""

    @abstractmethod
    def encode_frames(self, frames: Iterable[Frame], shape: tuple[int, ...], stream: Path) -> list[FrameBytes]:
        """Code one or more frames of ``shape`` to the file ``stream``, atomically, with one in memory; return their bytes.

        Raises ToolError as ``encode``.
        """

    @abstractmethod
    def decode_frames(self, stream: Path, shape: tuple[int, ...]) -> Iterator[Frame]:
        """Yield the frames of ``stream``, each of ``shape``. Raises as ``decode``."""

    @abstractmethod
    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        """Return each frame's bytes; their sum is the size of ``stream``. Raises BitstreamError if it is damaged."""

    @classmethod
    def reference(cls, quality: str, sends: Sends, options: F | None = None) -> str | None:
        """Return FLOAT of ``lossless_images``, and QUANTISED of features where the quantiser is the usual one; None for all else."""
        if quality != LOSSLESS:
            return None
        if sends == "image":
            return FLOAT if cls.lossless_images else None
        own: FrameOptions = options or cls.options_type()
        return QUANTISED if own.bits == USUAL_BITS and not own.clip else None

    def encode(self, items: Iterable[Item], stream: Path, side_info: Path) -> list[ImageBytes]:
        remaining = iter(items)
        first = next(remaining, None)
        if first is None:
            raise DataError(f"{stream}: no images to code; expected at least one")
        image = self.sent == "image"
        shape = first.shape if image else tiled_shape(first.shape[0], first.shape[1:])
        kind = np.dtype(sample_type(8 if image else self.sample_bits))
        pairs: list[tuple[np.float32, np.float32]] = []

        def frames() -> Iterator[Frame]:
            for position, frame in enumerate(chain([first], remaining)):
                if not image:
                    codes, *ends = quantise(frame, self.options.bits, self.options.clip)
                    pairs.append((ends[0], ends[1]))
                    frame = tile(codes, self.options.packing).astype(kind, copy=False)
                if frame.shape != shape or frame.dtype != kind:
                    found = f"{frame.dtype} of shape {frame.shape}"
                    raise DataError(f"frame {position} is {found}; expected {kind} of {shape}")
                yield frame

        sizes = self.encode_frames(frames(), shape, stream)
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
            codes = untile(frame, shape[0], self.options.packing)
            values = dequantise(codes, pair[0], pair[1], self.options.bits)
            yield Decoded(values, self._picture(frame))

    def measure(self, stream: Path, side_info: Path) -> list[ImageBytes]:
        return self._with_side_info(self.measure_frames(stream), side_info)

    def _with_side_info(self, sizes: list[FrameBytes], side_info: Path) -> list[ImageBytes]:
        """Return the bytes of frames and of their side information. Raises BitstreamError if that is not one pair each."""
        each = 0 if self.sent == "image" else SIDE_INFO_BYTES
        found = side_info.stat().st_size if side_info.is_file() else 0
        if found != each * len(sizes):
            raise BitstreamError(
                f"{side_info}: {found} bytes; expected {each} for each of {len(sizes)} frames; {RERUN}"
            )
        return [ImageBytes(size.payload_bytes, size.header_bytes, each) for size in sizes]

    def _picture(self, frame: Frame) -> NDArray[np.uint8]:
        """Return a frame of codes in the full range of 8 bits."""
        if self.options.bits == self.sample_bits == 8:
            return frame
        levels = 2**self.options.bits - 1
        picture: NDArray[np.uint8] = np.rint(np.minimum(frame, levels) * (255 / levels)).astype(np.uint8)
        return picture


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
