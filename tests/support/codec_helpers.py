"""What tests of codecs share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from compfeat.codecs.base import CODECS, Codec, Coding, Item
from compfeat.codecs.frames import FrameCodec
from compfeat.settings.runs import Sends

FRAME_CODECS = [name for name in CODECS.names() if issubclass(CODECS.get(name), FrameCodec)]


def made(name: str, quality: str, ffmpeg: str | None = None, sent: Sends = "features") -> FrameCodec[Any]:
    """Return a codec of pictures."""
    codec = CODECS.get(name)(quality, None, ffmpeg, None, sent)
    assert isinstance(codec, FrameCodec)
    return codec


def finest(name: str, items: Sequence[Item], sent: Sends = "features", quality: str = "") -> Codec[Any]:
    """Return a codec at its finest quality, or at ``quality``; one that is fitted, fitted to ``items``."""
    codec = CODECS.get(name)
    quality = quality or codec.qualities[0]
    state = codec.fit(np.stack(items), codec.options_type(), Coding((quality,))) if codec.fitted else None
    return codec(quality, None, None, state, sent)
