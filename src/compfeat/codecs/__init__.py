"""Codecs: how tiled feature images become bytes and come back. One module a codec."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compfeat.registry import Registry

Frame = NDArray[np.uint8]
"""One tiled feature image: uint8, H x W, grey."""


@dataclass(frozen=True)
class FrameBytes:
    """What one coded frame weighs: entropy-coded samples apart from everything else in the stream."""

    payload_bytes: int
    header_bytes: int


class Codec(ABC):
    """One codec at one quality, e.g. ``hevc/qp32``.

    A stream is the frames' coded bytes one after the other, self-delimiting: no lengths are sent beside it.
    """

    suffix: str
    """File name suffix of a stream, with its dot."""

    def __init__(self, quality: str, ffmpeg: str | None = None) -> None:
        """Raises ConfigError where ``quality`` is not one of this codec's. ``ffmpeg``: a binary, or None for imageio-ffmpeg's."""
        self.quality = quality
        self.ffmpeg = ffmpeg
        self.check_quality(quality)

    @classmethod
    @abstractmethod
    def check_quality(cls, quality: str) -> None:
        """Raise ConfigError where ``quality`` is not one this codec has."""

    @property
    @abstractmethod
    def is_lossless(self) -> bool:
        """Whether decoding gives back the frames exactly."""

    @abstractmethod
    def encode(self, frames: Iterable[Frame], shape: tuple[int, int], stream: Path) -> None:
        """Code frames of ``shape`` (H, W) to the file ``stream``, holding one frame at a time in memory."""

    @abstractmethod
    def decode(self, stream: Path, shape: tuple[int, int]) -> Iterator[Frame]:
        """Yield the frames of ``stream``. Raises BitstreamError where it is damaged."""

    @abstractmethod
    def measure(self, stream: Path) -> list[FrameBytes]:
        """Return each frame's bytes; their sum is the size of ``stream``. Raises BitstreamError where it is damaged."""


CODECS: Registry[type[Codec]] = Registry("compfeat.codecs", "codec")
