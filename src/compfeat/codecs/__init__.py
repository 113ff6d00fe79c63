"""Codecs: how tiled feature images become bytes and come back. One module a codec.

A codec that writes one image file a frame derives from ``_images.ImageCodec``, one that ffmpeg runs from
``_ffmpeg.FfmpegCodec``; it states its qualities, fills in two or three small functions and registers itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import ConfigError, DataError
from compfeat.registry import Registry

Frame = NDArray[np.uint8]
"""One tiled feature image: uint8, H x W, grey."""
LOSSLESS = "lossless"
"""The quality, in any codec that has it, at which decoding gives back the frames exactly."""


@dataclass(frozen=True)
class FrameBytes:
    """What one coded frame weighs: entropy-coded samples apart from everything else in the stream."""

    payload_bytes: int
    header_bytes: int

    @property
    def total_bytes(self) -> int:
        return self.payload_bytes + self.header_bytes


class Codec(ABC):
    """One codec at one quality, e.g. ``hevc/qp32``.

    A stream is the frames' coded bytes one after the other, self-delimiting: no lengths are sent beside it.
    """

    suffix: ClassVar[str]
    """File name suffix of a stream, with its dot."""
    qualities: ClassVar[tuple[str, ...]]
    """Every quality the codec has, best first."""

    def __init__(self, quality: str, ffmpeg: str | None = None) -> None:
        """Raises ConfigError where ``quality`` is unknown. ``ffmpeg``: a binary, or None for imageio-ffmpeg's."""
        self.quality = quality
        self.ffmpeg = ffmpeg
        self.check_quality(quality)

    @classmethod
    def codec_name(cls) -> str:
        """Return the codec's name, which is its module's (see ``Registry``)."""
        return cls.__module__.rpartition(".")[2]

    @classmethod
    def check_quality(cls, quality: str) -> None:
        """Raise ConfigError where ``quality`` is not one this codec has."""
        if quality not in cls.qualities:
            some = cls.qualities if len(cls.qualities) < 5 else (*cls.qualities[:2], "...", cls.qualities[-1])
            raise ConfigError(
                f"codec {cls.codec_name()!r}: quality {quality!r} is unknown; expected one of {', '.join(some)}; "
                f"change it under the config key codecs.{cls.codec_name()}"
            )

    @property
    def is_lossless(self) -> bool:
        """Whether decoding gives back the frames exactly."""
        return self.quality == LOSSLESS

    @classmethod
    @abstractmethod
    def tool(cls, ffmpeg: str | None = None) -> str:
        """Return name and version of the program that codes, without paths. ``ffmpeg`` as in the constructor."""

    @abstractmethod
    def encode(self, frames: Iterable[Frame], shape: tuple[int, int], stream: Path) -> None:
        """Code frames of ``shape`` (H, W) to the file ``stream``, atomically, holding one frame at a time in memory.

        Raises:
            DataError: there are no frames, or one is not uint8 of ``shape``.
            ToolError: the external program that codes is missing, lacks an encoder, or failed.
        """

    @abstractmethod
    def decode(self, stream: Path, shape: tuple[int, int]) -> Iterator[Frame]:
        """Yield the frames of ``stream``, each of ``shape`` (H, W).

        Raises:
            BitstreamError: the stream is visibly damaged or has frames of another shape. A frame too few, or a last
                frame cut short, can look sound from inside: compare ``measure`` with the ledger, as
                ``features.transport.receive`` does.
            ToolError: the external program that decodes is missing.
        """

    @abstractmethod
    def measure(self, stream: Path) -> list[FrameBytes]:
        """Return each frame's bytes; their sum is the size of ``stream``. Raises BitstreamError where it is damaged."""


def check_frame(frame: Frame, shape: tuple[int, int], position: int) -> None:
    """Raise DataError where ``frame``, the ``position``-th fed to a codec, is not uint8 of ``shape`` (H, W)."""
    if frame.shape != shape or frame.dtype != np.uint8:
        raise DataError(f"frame {position} is {frame.dtype} of shape {frame.shape}; expected uint8 of {shape}")


CODECS: Registry[type[Codec]] = Registry("compfeat.codecs", "codec")
