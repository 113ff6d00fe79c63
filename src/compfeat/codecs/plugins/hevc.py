"""HEVC, all-intra and grey, by ffmpeg and libx265: the project's main ladder (docs/reference/codecs.md)."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import Field

from compfeat.codecs.base import CODECS, LOSSLESS
from compfeat.codecs.ffmpeg import FfmpegCodec
from compfeat.codecs.frames import FrameOptions
from compfeat.codecs.streams import FrameBytes, Nal, measure_annex_b

X265_PARAMS = "log-level=none:keyint=1:min-keyint=1:no-info=1:ipratio=1:no-wpp=1:pools=none:frame-threads=1"
"""Every frame an I-frame; no SEI message with the settings; the QP asked for is the QP coded (libx265 would code
I-frames about 3 QP finer); no wavefronts (so the stream differs from a default one); one thread."""


TUNED = ":rdoq-level=2:psy-rd=0:psy-rdoq=0:tskip=1:no-deblock=1:no-sao=1"
"""For squared error: rate-distortion optimised quantisation and transform skip, no psychovisual terms, no filters."""


class HevcOptions(FrameOptions):
    """Options of HEVC."""

    tuned: bool = Field(
        default=False, description="whether libx265 is tuned for squared error (docs/reference/codecs.md, HEVC)"
    )


H = TypeVar("H", bound=HevcOptions)


class HevcStreams(FfmpegCodec[H]):
    """HEVC at 8 bit, features 4:0:0 and images 4:2:0: ``qp0`` to ``qp51`` (fixed QP) or ``lossless``.

    Every frame has its own parameter sets.
    """

    qualities = (LOSSLESS, *(f"qp{qp}" for qp in range(52)))
    encoder = "libx265"
    stream_format = "hevc"
    multiple = 8  # of a coded picture's sides: the smallest coding unit
    minimum = 16  # side that libx265 accepts

    def encoder_args(self) -> dict[str, str]:
        rate = "lossless=1" if self.is_lossless else f"qp={self.quality[2:]}"
        return {"preset": "medium", "x265-params": f"{X265_PARAMS}:{rate}{TUNED * self.options.tuned}"}

    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        """Payload is the slice segments' NAL units with their start codes; VPS, SPS, PPS and SEI are header."""
        return measure_annex_b(stream, nal_role)


@CODECS.register("hevc")
class Hevc(HevcStreams[HevcOptions]):
    """The streams as libx265 makes them."""


def nal_role(head: bytes) -> Nal:
    """Return a NAL unit's part in its picture from its first bytes (ITU-T H.265, 7.3.1.2, 7.3.6.1 and 7.4.2.4.4).

    Raises:
        ValueError: too short for a NAL unit header, or for the first flag of a slice segment.
    """
    if len(head) < 2 or head[0] & 0x80:
        raise ValueError("no NAL unit header")
    kind = head[0] >> 1
    if kind < 32:  # VCL: a slice segment, whose first bit is first_slice_segment_in_pic_flag
        if len(head) < 3:
            raise ValueError("slice segment cut short")
        return Nal.FIRST_SLICE if head[2] & 0x80 else Nal.NEXT_SLICE
    leads = kind <= 35 or kind == 39 or 41 <= kind <= 44 or 48 <= kind <= 55
    return Nal.LEAD if leads else Nal.TAIL
