"""JPEG 2000, lossless and lossy, by Pillow and OpenJPEG (docs/reference/codecs.md)."""

from __future__ import annotations

import mmap
import struct
from typing import Any

from compfeat.codecs.base import CODECS, LOSSLESS
from compfeat.codecs.frames import Frame, FrameOptions
from compfeat.codecs.images import ImageCodec
from compfeat.codecs.streams import FrameBytes

SOC, COM, SOT, SOD, EOC = 0xFF4F, 0xFF64, 0xFF90, 0xFF93, 0xFFD9


@CODECS.register("jpeg2000")
class Jpeg2000(ImageCodec[FrameOptions]):
    """A bare codestream: ``lossless`` (reversible 5/3 wavelet), or ``db70`` to ``db10`` (9/7, cut off at this PSNR of the picture).

    One tile, six resolutions, one layer, code blocks of 64 x 64: Pillow's and OpenJPEG's defaults. No comment.
    """

    qualities = (LOSSLESS, *(f"db{psnr}" for psnr in range(70, 9, -1)))
    file_format = "JPEG2000"
    library = "jpg_2000"

    def save_options(self, frame: Frame) -> dict[str, Any]:
        if self.is_lossless:
            return {"no_jp2": True, "irreversible": False}
        layers = [int(self.quality[2:])]
        return {"no_jp2": True, "irreversible": True, "quality_mode": "dB", "quality_layers": layers}

    def encode_image(self, frame: Frame) -> bytes:
        return without_comments(super().encode_image(frame))

    def split(self, data: mmap.mmap, start: int) -> FrameBytes:
        """Walk the markers to EOC; payload is the packets of the tile-parts (ISO/IEC 15444-1, A.3 and A.4)."""
        if data[start : start + 2] != SOC.to_bytes(2, "big"):
            raise ValueError("no JPEG 2000 start-of-codestream marker")
        payload, at = 0, start + 2
        while True:
            marker, length = segment(data, at)
            if marker == EOC:
                if not payload:
                    raise ValueError("no tile-part")
                return FrameBytes(payload, at + 2 - start - payload)
            if marker == SOT:
                (size,) = struct.unpack(">I", data[at + 6 : at + 10])
                body = at
                while marker != SOD:
                    body += length
                    marker, length = segment(data, body)
                payload += at + size - (body + 2)
                length = size
            at += length


def segment(data: mmap.mmap | bytes, at: int) -> tuple[int, int]:
    """Return the marker at a byte, and the bytes of its segment with the marker itself; 2 of a marker without one.

    Raises:
        ValueError: there is no marker, or an impossible length.
        struct.error: the data ends before.
    """
    (marker,) = struct.unpack(">H", data[at : at + 2])
    if marker < SOC:
        raise ValueError(f"byte {at} is no marker")
    if marker in (SOC, SOD, EOC):
        return marker, 2
    (length,) = struct.unpack(">H", data[at + 2 : at + 4])
    if length < 2:
        raise ValueError(f"the segment at byte {at} has {length} bytes")
    return marker, 2 + length


def without_comments(data: bytes) -> bytes:
    """Return a codestream without the comments in its main header: OpenJPEG writes its version there."""
    kept, at, marker = [], 0, SOC
    while marker != SOT:
        marker, length = segment(data, at)
        if marker not in (COM, SOT):
            kept.append(data[at : at + length])
        at += 0 if marker == SOT else length
    return b"".join([*kept, data[at:]])
