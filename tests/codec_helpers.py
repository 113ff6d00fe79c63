"""What tests of codecs share."""

from __future__ import annotations

from compfeat.codecs import CODECS
from compfeat.codecs.frames import FrameCodec


def made(name: str, quality: str, ffmpeg: str | None = None) -> FrameCodec:
    """Return a codec of pictures."""
    codec = CODECS.get(name)(quality, None, ffmpeg)
    assert isinstance(codec, FrameCodec)
    return codec
