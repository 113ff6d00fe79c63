"""Codecs that write one image file per frame, by Pillow: the files stand one after the other in the stream."""

from __future__ import annotations

import mmap
import struct
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image, features

from compfeat.codecs.base import RERUN
from compfeat.codecs.frames import F, Frame, FrameCodec
from compfeat.codecs.streams import FrameBytes, mapped
from compfeat.errors import BitstreamError, ToolError
from compfeat.io import atomic_path

DAMAGE = (OSError, SyntaxError, ValueError, IndexError, struct.error, Image.DecompressionBombError)
"""What Pillow and the walkers raise on damaged bytes."""


class ImageCodec(FrameCodec[F]):
    """Base of the codecs whose frames are image files. A subclass has ``save_options``, ``split`` and the fields below."""

    file_format: ClassVar[str]
    """Pillow's name of the format."""
    library: ClassVar[str]
    """Pillow's name of the library that codes it, which not every Pillow has."""

    @abstractmethod
    def save_options(self, frame: Frame) -> dict[str, Any]:
        """Return how Pillow is to write ``frame`` (uint8, H x W or H x W x 3), so that the bytes are the same every time."""

    @classmethod
    def library_version(cls) -> str:
        """Return name and version of the library: another one gives other bytes."""
        return f"{cls.library} {features.version(cls.library)}"

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: F | None = None) -> str:
        return f"Pillow {version('pillow')} ({cls.library_version()})"

    @classmethod
    def check_tool(cls, ffmpeg: str | None = None, options: F | None = None) -> None:
        if not features.check(cls.library):
            raise ToolError(
                f"Pillow {version('pillow')}: was built without {cls.library}; pip install --force-reinstall pillow to get a "
                "wheel of Pillow 11.3 or newer, or remove the codec from the configuration"
            )

    def encode_image(self, frame: Frame) -> bytes:
        """Return ``frame`` as an image file."""
        buffer = BytesIO()
        Image.fromarray(frame).save(buffer, format=self.file_format, **self.save_options(frame))
        return buffer.getvalue()

    def decode_image(self, data: bytes) -> Frame:
        """Return the grey or RGB frame in the image file ``data``. Raises one of DAMAGE where it is damaged."""
        with Image.open(BytesIO(data), formats=[self.file_format]) as image:
            if image.mode not in ("L", "RGB"):
                raise ValueError(f"an image of mode {image.mode}, expected 8-bit grey (L) or RGB")
            return np.array(image, dtype=np.uint8)

    @abstractmethod
    def split(self, data: mmap.mmap, start: int) -> FrameBytes:
        """Return the bytes of the image file that begins at ``start``. Raises one of DAMAGE where it is damaged."""

    def encode_frames(self, frames: Iterable[Frame], shape: tuple[int, ...], stream: Path) -> list[FrameBytes]:
        with atomic_path(stream) as temporary, temporary.open("wb") as file:
            file.writelines(map(self.encode_image, frames))
        return self.measure_frames(stream)

    def decode_frames(self, stream: Path, shape: tuple[int, ...]) -> Iterator[Frame]:
        for position, (data, _) in enumerate(files_in(stream, self.split)):
            try:
                frame = self.decode_image(data)
            except DAMAGE as error:
                raise BitstreamError(f"{stream}: image {position} is damaged ({error}); {RERUN}") from None
            if frame.shape != shape:
                raise BitstreamError(f"{stream}: image {position} is {frame.shape}; expected {shape}; {RERUN}")
            yield frame

    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        return [size for _, size in files_in(stream, self.split)]


def files_in(stream: Path, split: Callable[[mmap.mmap, int], FrameBytes]) -> Iterator[tuple[bytes, FrameBytes]]:
    """Yield each of the image files in ``stream``, and what it weighs, as ``split`` finds them.

    Raises:
        BitstreamError: there are none, or ``split`` raises one of DAMAGE; the message names the image.
    """
    start = position = 0
    with mapped(stream) as data:
        while start < len(data):
            try:
                size = split(data, start)
            except DAMAGE as error:
                raise BitstreamError(
                    f"{stream}: image {position} (byte {start}) is damaged or cut short ({error}); {RERUN}"
                ) from None
            yield data[start : start + size.total_bytes], size
            start += size.total_bytes
            position += 1
