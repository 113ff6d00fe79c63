"""Codecs that write one image file a frame, by Pillow: the files stand one after the other in the stream."""

from __future__ import annotations

import mmap
import struct
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, features

from compfeat.codecs import RERUN
from compfeat.codecs._streams import FrameBytes, mapped
from compfeat.codecs.frames import Frame, FrameCodec, check_frame
from compfeat.errors import BitstreamError, DataError, ToolError
from compfeat.io import atomic_path

DAMAGE = (OSError, SyntaxError, ValueError, IndexError, struct.error, Image.DecompressionBombError)
"""What Pillow and the walkers raise on damaged bytes."""


def pillow_decode(data: bytes, kind: str) -> Frame:
    """Return the grey or RGB image in ``data``, a file of Pillow's format ``kind``. Raises one of DAMAGE."""
    with Image.open(BytesIO(data), formats=[kind]) as image:
        if image.mode not in ("L", "RGB"):
            raise ValueError(f"an image of mode {image.mode}, expected 8-bit grey (L) or RGB")
        return np.array(image, dtype=np.uint8)


def pillow_version(library: str) -> str:
    """Return the versions of Pillow and of its ``library``, e.g. ``avif``; other ones give other bytes."""
    return f"Pillow {version('pillow')} ({library} {features.version(library)})"


def check_pillow(library: str) -> None:
    """Raise ToolError where this Pillow was built without ``library``."""
    if not features.check(library):
        raise ToolError(
            f"Pillow {version('pillow')}: was built without {library}; pip install --force-reinstall pillow to get a wheel of "
            "Pillow 11.3 or newer, or remove the codec from the configuration"
        )


class ImageCodec(FrameCodec):
    """Base of the codecs whose frames are image files. A subclass gives the three functions below and ``tool``."""

    @abstractmethod
    def encode_image(self, frame: Frame) -> bytes:
        """Return ``frame`` (uint8, H x W or H x W x 3) as an image file; the same bytes every time."""

    @abstractmethod
    def decode_image(self, data: bytes) -> Frame:
        """Return the frame in the image file ``data``. Raises one of DAMAGE where it is damaged."""

    @abstractmethod
    def split(self, data: mmap.mmap, start: int) -> FrameBytes:
        """Return the bytes of the image file that begins at ``start``. Raises one of DAMAGE where it is damaged."""

    def encode_frames(self, frames: Iterable[Frame], shape: tuple[int, ...], stream: Path) -> list[FrameBytes]:
        count = 0
        with atomic_path(stream) as temporary, temporary.open("wb") as file:
            for frame in frames:
                check_frame(frame, shape, count)
                file.write(self.encode_image(frame))
                count += 1
            if not count:
                raise DataError(f"{stream}: no frames to code; expected at least one image in the features file")
        return self.measure_frames(stream)

    def decode_frames(self, stream: Path, shape: tuple[int, ...]) -> Iterator[Frame]:
        with mapped(stream) as data:
            for position, (start, size) in enumerate(files_in(data, stream, self.split)):
                try:
                    frame = self.decode_image(data[start : start + size.total_bytes])
                except DAMAGE as error:
                    raise BitstreamError(f"{stream}: image {position} is damaged ({error}); {RERUN}") from None
                if frame.shape != shape:
                    raise BitstreamError(f"{stream}: image {position} is {frame.shape}; expected {shape}; {RERUN}")
                yield frame

    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        with mapped(stream) as data:
            return [size for _, size in files_in(data, stream, self.split)]


def files_in(
    data: mmap.mmap, stream: Path, split: Callable[[mmap.mmap, int], FrameBytes]
) -> Iterator[tuple[int, FrameBytes]]:
    """Yield where each of the image files in ``stream`` begins, and its bytes, as ``split`` finds them.

    Raises:
        BitstreamError: ``split`` raises one of DAMAGE; the message names the image.
    """
    start = position = 0
    while start < len(data):
        try:
            size = split(data, start)
        except DAMAGE as error:
            raise BitstreamError(
                f"{stream}: image {position} (byte {start}) is damaged or cut short ({error}); {RERUN}"
            ) from None
        yield start, size
        start += size.total_bytes
        position += 1
