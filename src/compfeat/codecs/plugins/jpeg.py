"""JPEG, the lossy rungs of the published ladder (docs/reference/codecs.md)."""

from __future__ import annotations

import mmap
import re
import struct
from typing import Any

from PIL import features

from compfeat.codecs.base import CODECS
from compfeat.codecs.frames import Frame, FrameOptions
from compfeat.codecs.images import ImageCodec
from compfeat.codecs.streams import FrameBytes

SOI, SOS, EOI = 0xD8, 0xDA, 0xD9
SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""The first marker that is neither a stuffed zero nor a restart: it ends a scan (ITU-T T.81, B.1.1)."""


@CODECS.register("jpeg")
class Jpeg(ImageCodec[FrameOptions]):
    """Baseline JPEG by Pillow at ``q1`` to ``q100``, grey or RGB as YCbCr 4:2:0, with the standard Huffman tables."""

    qualities = tuple(f"q{quality}" for quality in range(100, 0, -1))
    file_format = "JPEG"
    library = "jpg"

    @classmethod
    def library_version(cls) -> str:
        turbo = features.version("libjpeg_turbo")
        return f"libjpeg-turbo {turbo}" if turbo else f"libjpeg {features.version('jpg')}"

    def save_options(self, frame: Frame) -> dict[str, Any]:
        return {"quality": int(self.quality[1:])}

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
