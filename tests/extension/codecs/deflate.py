"""A codec of floats with options of its own: features are rounded to whole steps and deflated."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from pydantic import Field

from compfeat.codecs.base import CODECS, Codec, Decoded, ImageBytes, Item
from compfeat.errors import DataError
from compfeat.io import write_bytes
from compfeat.settings.section import Section


class Options(Section):
    """Options of deflate."""

    level: int = Field(6, ge=0, le=9, description="zlib's level")


@CODECS.register("deflate")
class Deflate(Codec[Options]):
    """``d0.02`` to ``d0.5``: the step, in the features' own unit. A stream is a length and the deflated codes of each image."""

    qualities = ("d0.02", "d0.05", "d0.1", "d0.2", "d0.5")

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: Section | None = None) -> str:
        return f"zlib {zlib.ZLIB_RUNTIME_VERSION}"

    @property
    def step(self) -> float:
        return float(self.quality[1:])

    def encode(self, items: Iterable[Item], stream: Path, side_info: Path) -> list[ImageBytes]:
        coded = [zlib.compress(np.rint(item / self.step).astype("<i2").tobytes(), self.options.level) for item in items]
        if not coded:
            raise DataError(f"{stream}: no images to code")
        write_bytes(stream, b"".join(struct.pack("<I", len(data)) + data for data in coded))
        write_bytes(side_info, b"")
        return self.measure(stream, side_info)

    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        for data in self._images(stream):
            codes = np.frombuffer(zlib.decompress(data), "<i2").reshape(shape)
            yield Decoded((codes * self.step).astype(np.float32), None)

    def measure(self, stream: Path, side_info: Path) -> list[ImageBytes]:
        return [ImageBytes(len(data), 4) for data in self._images(stream)]

    def _images(self, stream: Path) -> Iterator[bytes]:
        data, at = stream.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack_from("<I", data, at)
            yield data[at + 4 : at + 4 + length]
            at += 4 + length
