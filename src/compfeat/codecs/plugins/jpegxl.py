"""JPEG XL, lossless and lossy, by ffmpeg and libjxl (docs/reference/codecs.md)."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import IO

from pydantic import Field

from compfeat.codecs.base import CODECS, LOSSLESS
from compfeat.codecs.ffmpeg import FfmpegCodec
from compfeat.codecs.frames import Frame, FrameOptions
from compfeat.codecs.images import files_in
from compfeat.codecs.leb128 import leb128, read_leb128
from compfeat.codecs.streams import FrameBytes

SIGNATURE = b"\xff\x0a"
"""Of a bare codestream (ISO/IEC 18181-1, 9.1)."""
FILES = "%d.jxl"


class JpegXlOptions(FrameOptions):
    """Options of JPEG XL."""

    effort: int = Field(7, ge=1, le=9, description="libjxl's effort: 1 is the fastest, 9 the slowest")


@CODECS.register("jpegxl")
class JpegXl(FfmpegCodec[JpegXlOptions]):
    """JPEG XL: ``lossless`` (modular), or ``d0.1`` to ``d15`` (Butteraugli distance, in steps of 0.1; XYB).

    A codestream does not say where it ends, so a length stands before each.
    """

    qualities = (LOSSLESS, *(f"d{tenths / 10:g}" for tenths in range(1, 151)))
    encoder = "libjxl"
    stream_format = "image2"
    multiple = 1
    minimum = 1
    lossless_images = True

    def coded_format(self, grey: bool) -> str:
        return "gray" if grey else "rgb24"

    def encoder_args(self) -> dict[str, str]:
        distance = "0" if self.is_lossless else self.quality[1:]
        return {"effort": str(self.options.effort), "distance": distance, "threads": "1"}

    def _write(self, frames: Iterable[Frame], shape: tuple[int, ...], stream: Path) -> int:
        with TemporaryDirectory() as folder:
            count = self._feed(self.encode_argv(shape, numbered(folder)), frames, shape, DEVNULL)
            with stream.open("wb") as file:
                for position in range(1, len(list(Path(folder).iterdir())) + 1):
                    data = Path(folder, FILES % position).read_bytes()
                    file.write(leb128(len(data)) + data)
        return count

    @contextmanager
    def _read(self, stream: Path) -> Iterator[tuple[str, IO[bytes] | int]]:
        with TemporaryDirectory() as folder:
            for position, (data, size) in enumerate(files_in(stream, split), 1):
                Path(folder, FILES % position).write_bytes(data[-size.payload_bytes - len(SIGNATURE) :])
            yield numbered(folder), DEVNULL

    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        """Payload is the codestream, with the image's own header; its length and its signature are header."""
        return [size for _, size in files_in(stream, split)]


def numbered(folder: str) -> str:
    """Return ffmpeg's pattern of the numbered files in a folder."""
    return f"{folder.replace('%', '%%')}/{FILES}"


def split(data: mmap.mmap, start: int) -> FrameBytes:
    """Return the bytes of the codestream whose length stands at ``start``. Raises ValueError if it is damaged."""
    size, first = read_leb128(data, start)
    end, payload = first + size, size - len(SIGNATURE)
    if end > len(data) or payload <= 0 or data[first : first + len(SIGNATURE)] != SIGNATURE:
        raise ValueError("no whole JPEG XL codestream")
    return FrameBytes(payload, end - start - payload)
