"""AV1, all-intra and monochrome, by ffmpeg and libaom (docs/reference/codecs.md)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from compfeat.codecs.base import CODECS, LOSSLESS, RERUN
from compfeat.codecs.ffmpeg import FfmpegCodec
from compfeat.codecs.frames import FrameOptions
from compfeat.codecs.streams import FrameBytes, mapped, obus
from compfeat.errors import BitstreamError

SEQUENCE_HEADER, TEMPORAL_DELIMITER, FRAME = 1, 2, 6
"""Types of the OBUs of a key frame (AV1 specification, 6.2.2)."""


class Av1Options(FrameOptions):
    """Options of AV1."""

    cpu_used: int = Field(4, ge=0, le=8, description="libaom's effort: 0 is the slowest, 8 the fastest")


@CODECS.register("av1")
class Av1(FfmpegCodec[Av1Options]):
    """AV1 at 8 bit, features 4:0:0 and images 4:2:0: ``lossless``, or ``q1`` to ``q63`` (libaom's constant quality)."""

    qualities = (LOSSLESS, *(f"q{q}" for q in range(1, 64)))
    encoder = "libaom-av1"
    stream_format = "obu"

    def encoder_args(self) -> dict[str, str]:
        rate = "lossless=1" if self.is_lossless else "deltaq-mode=0"
        return {
            "usage": "allintra",
            "g": "0",  # every frame is a key frame
            "cpu-used": str(self.options.cpu_used),
            "crf": "0" if self.is_lossless else self.quality[1:],
            "tune": "psnr",
            "threads": "1",
            "row-mt": "0",
            "aom-params": rate,
        }

    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        """Payload is the frame OBU's data with the frame's own header; all else is header (AV1 specification, 5.3 and 7.5)."""
        frames: list[FrameBytes] = []
        with mapped(stream) as data:
            start = 0
            try:
                for kind, at, first, end in obus(data, 0, len(data)):
                    if kind == FRAME:
                        frames.append(FrameBytes(end - first, first - start))
                        start = end
                    elif kind not in (TEMPORAL_DELIMITER, SEQUENCE_HEADER):
                        raise ValueError(f"the OBU at byte {at} has the type {kind}; expected a key frame's")
                if start != len(data):
                    raise ValueError(f"ends before picture {len(frames)}")
            except ValueError as error:
                raise BitstreamError(f"{stream}: {error}; {RERUN}") from None
        return frames
