"""JPEG, the lossy rungs of the published ladder (docs/method.md, "Codecs")."""

from __future__ import annotations

import mmap
import re
import struct
from importlib.metadata import version
from io import BytesIO

from PIL import Image, features

from compfeat.codecs import CODECS
from compfeat.codecs._images import ImageCodec, pillow_decode
from compfeat.codecs._streams import FrameBytes
from compfeat.codecs.frames import Frame
from compfeat.experiment.section import Section

SOI, SOS, EOI = 0xD8, 0xDA, 0xD9
SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""The first marker that is neither a stuffed zero nor a restart: it ends a scan (ITU-T T.81, B.1.1)."""


@CODECS.register("jpeg")
class Jpeg(ImageCodec):
    """Baseline JPEG by Pillow at ``q1`` to ``q100``, grey or RGB as YCbCr 4:2:0, with the standard Huffman tables."""

    qualities = tuple(f"q{quality}" for quality in range(100, 0, -1))

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: Section | None = None) -> str:
        turbo = features.version("libjpeg_turbo")
        library = f"libjpeg-turbo {turbo}" if turbo else f"libjpeg {features.version('jpg')}"
        return f"Pillow {version('pillow')} ({library})"

    def encode_image(self, frame: Frame) -> bytes:
        buffer = BytesIO()
        Image.fromarray(frame).save(buffer, format="JPEG", quality=int(self.quality[1:]))
        return buffer.getvalue()

    def decode_image(self, data: bytes) -> Frame:
        return pillow_decode(data, "JPEG")

    def split(self, data: mmap.mmap, start: int) -> FrameBytes:
        """Walk the markers to EOI; payload is the entropy-coded bytes of the scans (ITU-T T.81, annex B)."""
        if data[start : start + 2] != bytes((0xFF, SOI)):
            raise ValueError("no JPEG start-of-image marker")
        payload, at = 0, start + 2
        while True:
            prefix, marker = struct.unpack(">BB", data[at : at + 2])
            if prefix != 0xFF:
                raise ValueError(f"byte {at} is no marker")
            if marker == EOI:
                return FrameBytes(payload, at + 2 - start - payload)
            (length,) = struct.unpack(">H", data[at + 2 : at + 4])
            at += 2 + length
            if marker == SOS:
                end = SCAN_END.search(data, at)
                if end is None:
                    raise ValueError("no end-of-image marker")
                payload, at = payload + end.start() - at, end.start()
