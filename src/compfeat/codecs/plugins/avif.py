"""AVIF, a still picture of AV1 in a file of its own, by Pillow, libavif and libaom (docs/reference/codecs.md)."""

from __future__ import annotations

import mmap
import struct
from typing import Any

from pydantic import Field

from compfeat.codecs.base import CODECS, LOSSLESS
from compfeat.codecs.frames import Frame, FrameOptions
from compfeat.codecs.images import ImageCodec
from compfeat.codecs.plugins.av1 import FRAME
from compfeat.codecs.streams import FrameBytes, obus


class AvifOptions(FrameOptions):
    """Options of AVIF."""

    speed: int = Field(6, ge=0, le=10, description="libaom's effort: 0 is the slowest, 10 the fastest")


@CODECS.register("avif")
class Avif(ImageCodec[AvifOptions]):
    """AVIF at 8 bit, features 4:0:0 and images 4:2:0, in full range: ``lossless``, or ``q99`` to ``q0``."""

    qualities = (LOSSLESS, *(f"q{quality}" for quality in range(99, -1, -1)))
    file_format = "AVIF"
    library = "avif"
    lossless_images = False

    def save_options(self, frame: Frame) -> dict[str, Any]:
        return {
            "quality": 100 if self.is_lossless else int(self.quality[1:]),
            "subsampling": "4:0:0" if frame.ndim == 2 else "4:2:0",
            "range": "full",
            "speed": self.options.speed,
            "codec": "aom",
            "max_threads": 1,
            "autotiling": False,
            "advanced": {"tune": "psnr"},
        }

    def split(self, data: mmap.mmap, start: int) -> FrameBytes:
        """Walk the boxes of one file; payload is the frame OBUs' data in ``mdat`` (ISO/IEC 14496-12, 4.2)."""
        payload, at = 0, start
        while at < len(data):
            size, kind = struct.unpack(">I4s", data[at : at + 8])
            if (kind == b"ftyp") != (at == start):
                break
            if size < 8 or at + size > len(data):
                raise ValueError(f"the box {kind!r} at byte {at} is cut short")
            if kind == b"mdat":
                payload += sum(end - first for kind, _, first, end in obus(data, at + 8, at + size) if kind == FRAME)
            at += size
        if not payload:
            raise ValueError("no AVIF file with a picture")
        return FrameBytes(payload, at - start - payload)
