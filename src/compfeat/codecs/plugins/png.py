"""PNG, the lossless rung of the published ladder (docs/reference/codecs.md)."""

from __future__ import annotations

import mmap
import struct
import zlib
from typing import Any

from PIL import features

from compfeat.codecs.base import CODECS, LOSSLESS
from compfeat.codecs.frames import Frame, FrameOptions
from compfeat.codecs.images import ImageCodec
from compfeat.codecs.streams import FrameBytes

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COMPRESS_LEVEL = 6
"""zlib's default, which is Pillow's, too; stated so that another Pillow cannot move it."""


@CODECS.register("png")
class Png(ImageCodec[FrameOptions]):
    """8-bit PNG by Pillow, grey or RGB: adaptive row filters, zlib level 6, no optimising second pass."""

    qualities = (LOSSLESS,)
    file_format = "PNG"
    library = "zlib"

    @classmethod
    def library_version(cls) -> str:
        ng = features.version("zlib_ng")
        return f"zlib-ng {ng}" if ng else super().library_version()

    def save_options(self, frame: Frame) -> dict[str, Any]:
        return {"optimize": False, "compress_level": COMPRESS_LEVEL}

    def split(self, data: mmap.mmap, start: int) -> FrameBytes:
        """Walk the chunks to IEND, checking their CRCs; payload is the data of IDAT (PNG specification, 5.3)."""
        if data[start : start + 8] != SIGNATURE:
            raise ValueError("no PNG signature")
        payload, at, kind = 0, start + 8, b""
        while kind != b"IEND":
            length, kind = struct.unpack(">I4s", data[at : at + 8])
            body = data[at + 4 : at + 8 + length]
            (expected,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
            if zlib.crc32(body) != expected:
                raise ValueError(f"chunk at byte {at} fails its CRC")
            payload += length if kind == b"IDAT" else 0
            at += 12 + length
        return FrameBytes(payload, at - start - payload)
