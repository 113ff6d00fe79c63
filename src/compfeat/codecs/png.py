"""PNG, the lossless rung of the published ladder (docs/method.md, "Codecs")."""

from __future__ import annotations

import mmap
import struct
import zlib
from importlib.metadata import version
from io import BytesIO

from PIL import Image, features

from compfeat.codecs import CODECS, LOSSLESS
from compfeat.codecs._images import ImageCodec, pillow_decode
from compfeat.codecs._streams import FrameBytes
from compfeat.codecs.frames import Frame
from compfeat.experiment.section import Section

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COMPRESS_LEVEL = 6
"""zlib's default, which is Pillow's, too; stated so that another Pillow cannot move it."""


@CODECS.register("png")
class Png(ImageCodec):
    """8-bit PNG by Pillow, grey or RGB: adaptive row filters, zlib level 6, no optimising second pass."""

    qualities = (LOSSLESS,)

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: Section | None = None) -> str:
        """Return Pillow's version and that of its zlib: other zlibs give other bytes."""
        ng = features.version("zlib_ng")
        zlib_name = f"zlib-ng {ng}" if ng else f"zlib {features.version('zlib')}"
        return f"Pillow {version('pillow')} ({zlib_name})"

    def encode_image(self, frame: Frame) -> bytes:
        buffer = BytesIO()
        Image.fromarray(frame).save(buffer, format="PNG", optimize=False, compress_level=COMPRESS_LEVEL)
        return buffer.getvalue()

    def decode_image(self, data: bytes) -> Frame:
        return pillow_decode(data, "PNG")

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
