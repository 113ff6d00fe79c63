"""WebP, lossless and lossy, by ffmpeg and libwebp (docs/reference/codecs.md)."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

import numpy as np
from pydantic import Field

from compfeat.codecs.base import CODECS, LOSSLESS
from compfeat.codecs.ffmpeg import FfmpegCodec
from compfeat.codecs.frames import Frame, FrameOptions
from compfeat.codecs.images import files_in
from compfeat.codecs.streams import FrameBytes

FRAME_HEADERS = {b"VP8 ": 10, b"VP8L": 5}
"""Bytes of the frame's own header at the start of a chunk of image data (RFC 6386, 9.1; RFC 9649, 3.4)."""


class WebpOptions(FrameOptions):
    """Options of WebP."""

    method: int = Field(4, ge=0, le=6, description="libwebp's effort: 0 is the fastest, 6 the slowest")


@CODECS.register("webp")
class Webp(FfmpegCodec[WebpOptions]):
    """WebP: ``lossless`` (VP8L), or ``q100`` to ``q0`` (VP8). Lossy codes are luma, with flat chroma; lossless ones are R = G = B."""

    qualities = (LOSSLESS, *(f"q{quality}" for quality in range(100, -1, -1)))
    encoder = "libwebp"
    stream_format = "image2pipe"
    read_format = "webp_pipe"
    multiple = 1
    minimum = 1
    matrix = "smpte170m"  # what every decoder of WebP expects (RFC 6386, 9.2)
    colour_range = "tv"
    lossless_images = True

    def coded_format(self, grey: bool) -> str:
        return "bgra" if self.is_lossless else "yuv420p"

    def raw(self, frame: Frame) -> bytes:
        if self.is_lossless:
            pixels = np.full((*frame.shape, 4), 255, np.uint8)
            pixels[..., :3] = frame[..., None]
            return pixels.tobytes()
        height, width = (-(-side // 2) for side in frame.shape)
        return frame.tobytes() + bytes([128]) * int(2 * height * width)

    def encoder_args(self) -> dict[str, str]:
        rate = {"lossless": "1"} if self.is_lossless else {"lossless": "0", "quality": self.quality[1:]}
        return {"compression_level": str(self.options.method), **rate}

    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        """Payload is the image data's chunk without the frame's own header; RIFF's headers are header, too (RFC 9649, 2.4)."""
        return [size for _, size in files_in(stream, split)]


def split(data: mmap.mmap, start: int) -> FrameBytes:
    """Return the bytes of the WebP file that begins at ``start``. Raises ValueError or struct.error where it is damaged."""
    riff, size, webp = struct.unpack("<4sI4s", data[start : start + 12])
    end = start + 8 + size
    if riff != b"RIFF" or webp != b"WEBP" or end > len(data):
        raise ValueError("no whole WebP file")
    payload, at = 0, start + 12
    while at < end:
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        if kind in FRAME_HEADERS:
            payload += length - FRAME_HEADERS[kind]
        at += 8 + length + length % 2
    if at != end or payload <= 0:
        raise ValueError("chunks do not add up to an image")
    return FrameBytes(payload, end - start - payload)
