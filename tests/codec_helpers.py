"""What tests of codecs share."""

from __future__ import annotations

from compfeat.codecs import CODECS
from compfeat.codecs.frames import FrameCodec
from compfeat.experiment.config import Sends


def made(name: str, quality: str, ffmpeg: str | None = None, sent: Sends = "features") -> FrameCodec:
    """Return a codec of pictures."""
    codec = CODECS.get(name)(quality, None, ffmpeg, None, sent)
    assert isinstance(codec, FrameCodec)
    return codec
