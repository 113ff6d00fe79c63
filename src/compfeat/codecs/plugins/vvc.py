"""VVC, all-intra at 10 bit, by ffmpeg and VVenC (docs/reference/codecs.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from compfeat.codecs.base import CODECS
from compfeat.codecs.ffmpeg import FfmpegCodec
from compfeat.codecs.frames import Frame, FrameOptions
from compfeat.codecs.quantiser import USUAL_BITS
from compfeat.codecs.streams import FrameBytes, Nal, measure_annex_b

SAMPLE_BITS = 10
"""All that VVenC codes."""
VVENC_PARAMS = "verbosity=0:intraperiod=1:gopsize=1:decodingrefreshtype=idr"
"""Every picture an IDR picture."""
FIRST_SUFFIX_NAL = {18, 21, 22, 24}
"""Types of NAL units that end a picture: suffix APS, end of sequence and of bitstream, suffix SEI (ITU-T H.266, table 5)."""


class VvcOptions(FrameOptions):
    """Options of VVC."""

    bits: int = Field(USUAL_BITS, ge=2, le=SAMPLE_BITS, description="bits of the quantiser's codes; 8 in the paper")
    preset: Literal["faster", "fast", "medium", "slow", "slower"] = Field("fast", description="VVenC's effort")


@CODECS.register("vvc")
class Vvc(FfmpegCodec[VvcOptions]):
    """VVC at 10 bit, 4:2:0: ``qp0`` to ``qp63`` (fixed QP). Grey pictures have flat chroma.

    A code of fewer bits is the sample's most significant bits, so that a QP means the same step, relative to the range, as in 8-bit
    HEVC. VVenC has no lossless mode.
    """

    sample_bits = SAMPLE_BITS
    qualities = tuple(f"qp{qp}" for qp in range(64))
    encoder = "libvvenc"
    stream_format = "vvc"
    minimum = 32
    remedy = (
        "ffmpeg gives VVenC a byte per sample for a picture and its headers: where a picture is noise at a fine quality, take a "
        "coarser one; or set the config key tools.ffmpeg to another ffmpeg"
    )

    def coded_format(self, grey: bool) -> str:
        return "yuv420p10le"

    def raw(self, frame: Frame) -> bytes:
        """Return codes as luma samples, before chroma samples in the middle of their range."""
        chroma = np.full(frame.size // 2, 1 << (SAMPLE_BITS - 1), "<u2")
        return (frame.astype("<u2") << (SAMPLE_BITS - self.options.bits)).tobytes() + chroma.tobytes()

    def decode_frames(self, stream: Path, shape: tuple[int, ...]) -> Iterator[Frame]:
        """Yield as the base does; samples of grey pictures become the nearest codes."""
        for frame in super().decode_frames(stream, shape):
            yield codes_of(frame, self.options.bits) if len(shape) == 2 else frame

    def encoder_args(self) -> dict[str, str]:
        return {
            "preset": self.options.preset,
            "qp": self.quality[2:],
            "qpa": "0",  # no perceptual change of the QP
            "threads": "1",
            "vvenc-params": VVENC_PARAMS,
        }

    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        """Payload is the slices' NAL units with their start codes and the picture header in them; all else is header."""
        return measure_annex_b(stream, nal_role)


def codes_of(samples: Frame, bits: int) -> Frame:
    """Return the codes of ``bits`` bits, uint16, that are nearest to 10-bit samples: the inverse of a shift to the left."""
    shift = SAMPLE_BITS - bits
    nearest = samples.astype(np.uint16) + (1 << shift >> 1) >> shift
    codes: Frame = np.minimum(nearest, 2**bits - 1).astype(np.uint16)
    return codes


def nal_role(head: bytes) -> Nal:
    """Return a NAL unit's part in its picture from its first bytes (ITU-T H.266, 7.3.1.2, 7.3.7 and 7.4.2.4.4).

    Raises:
        ValueError: too short for a NAL unit header or for the first flag of a slice, or a slice that is not its picture's only one.
    """
    if len(head) < 2 or head[0] & 0xC0:
        raise ValueError("no NAL unit header")
    kind = head[1] >> 3
    if kind > 11:
        return Nal.TAIL if kind in FIRST_SUFFIX_NAL else Nal.LEAD
    if len(head) < 3:
        raise ValueError("slice cut short")
    if not head[2] & 0x80:  # sh_picture_header_in_slice_header_flag
        raise ValueError("a slice without its picture's header; expected one slice per picture")
    return Nal.FIRST_SLICE
