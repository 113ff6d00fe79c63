"""The base class of codecs, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import ConfigError
from compfeat.registry import Registry
from compfeat.settings.runs import FLOAT, Sends
from compfeat.settings.section import OptionsT, WithOptions, options_of

if TYPE_CHECKING:
    from torch import Tensor

LOSSLESS = "lossless"
"""The quality, in any codec that has it, at which decoding gives back what was fed to the coder exactly."""
RERUN = "rerun the encode stage for this point"
"""What to do about any damaged stream."""
Item = NDArray[Any]
"""What is sent of one image: features, float32 C x h x w; or the image, uint8 H x W x 3."""
State = dict[str, NDArray[Any]]
"""What a fitted codec or transform knows of a run: arrays by name."""


@dataclass(frozen=True)
class ImageBytes:
    """What one coded image weighs: entropy-coded samples, everything else in the stream, and what is sent beside the stream."""

    payload_bytes: int
    header_bytes: int
    side_info_bytes: int = 0

    @property
    def stream_bytes(self) -> int:
        return self.payload_bytes + self.header_bytes


class TaskErrors(Protocol):
    """How far each task's output moves where features are coded.

    Attributes:
        names: of the tasks.
    """

    names: tuple[str, ...]

    def __call__(self, sent: Tensor, decoded: Tensor) -> Tensor:
        """Return the error of each image and task, N x tasks, differentiable in ``decoded``; both are N x C x h x w, as coded."""


@dataclass(frozen=True)
class Coding:
    """What a codec's fit may need beside features.

    Attributes:
        qualities: those that its method is coded at; none for all that the codec has.
        ffmpeg: a binary, or None for imageio-ffmpeg's.
        task_errors: loads the trained network; None without one.
    """

    qualities: tuple[str, ...] = ()
    ffmpeg: str | None = None
    task_errors: Callable[[], TaskErrors] | None = None


EVERY_QUALITY = Coding()
"""At all qualities, by the usual program."""


class Decoded(NamedTuple):
    """One image as the receiver gets it.

    Attributes:
        item: features or image.
        picture: uint8, H x W or H x W x 3: what was decoded, to look at; None if a codec codes no picture.
    """

    item: Item
    picture: NDArray[np.uint8] | None


class Codec(WithOptions[OptionsT], ABC):
    """One codec at one quality, e.g. ``hevc/qp32``.

    A stream is the images' coded bytes one after the other, self-delimiting: no lengths are sent beside it.
    """

    name: ClassVar[str] = ""
    """What it is registered under."""
    qualities: ClassVar[tuple[str, ...]]
    """Every quality the codec has, best first."""
    sends: ClassVar[frozenset[Sends]] = frozenset({"features"})
    """What it can code."""
    fitted: ClassVar[bool] = False
    """Whether it is fitted to a run's train features before it codes (see ``fit``)."""
    fitted_by_coding: ClassVar[bool] = False
    """Whether ``fit`` codes, so that its state depends on qualities and program."""
    fitted_through_tasks: ClassVar[bool] = False
    """Whether ``fit`` may run the tasks' decoders."""

    def __init__(
        self,
        quality: str,
        options: OptionsT | None = None,
        ffmpeg: str | None = None,
        state: State | None = None,
        sent: Sends = "features",
    ) -> None:
        """Raises ConfigError if ``quality`` is unknown.

        Args:
            quality: one that the codec has.
            options: its own parameters, given beside ``qualities`` in the configuration; its defaults where None.
            ffmpeg: a binary, or None for imageio-ffmpeg's.
            state: what ``fit`` returned, for a fitted codec.
            sent: what it is given to code, one of ``sends``.
        """
        self.quality, self.ffmpeg, self.state, self.sent = quality, ffmpeg, state, sent
        self.options: OptionsT = self.options_type() if options is None else options
        self.check_quality(quality)

    @classmethod
    def check_quality(cls, quality: str) -> None:
        """Raise ConfigError where ``quality`` is not one this codec has."""
        if quality not in cls.qualities:
            some = cls.qualities if len(cls.qualities) < 5 else (*cls.qualities[:2], "...", cls.qualities[-1])
            raise ConfigError(
                f"codec {cls.name!r}: quality {quality!r} is unknown; expected one of {', '.join(some)}; "
                f"change it under the config key codecs.{cls.name}"
            )

    @classmethod
    def reference(cls, quality: str, sends: Sends, options: OptionsT | None = None) -> str | None:
        """Return the uncoded quality, FLOAT or QUANTISED, whose scores a lossless quality must have; None if there is none.

        A lossless codec of floating-point numbers refers to FLOAT; those of frames to QUANTISED (see ``frames``).
        """
        return FLOAT if quality == LOSSLESS else None

    @property
    def is_lossless(self) -> bool:
        """Whether decoding gives back exactly what was fed to the coder."""
        return self.quality == LOSSLESS

    @classmethod
    def check_tool(cls, ffmpeg: str | None = None, options: OptionsT | None = None) -> None:
        """Raise ToolError where the program that codes is missing or cannot do what is needed. Quick; arguments as in ``tool``."""
        return

    @classmethod
    @abstractmethod
    def tool(cls, ffmpeg: str | None = None, options: OptionsT | None = None) -> str:
        """Return name and version of the program that codes, without paths. ``ffmpeg``, ``options``: as in the constructor."""

    @classmethod
    def problem(cls, options: OptionsT, tasks: Sequence[str]) -> str | None:
        """Return in one line why ``options`` cannot be used with ``tasks``, or None if they can."""
        return None

    @classmethod
    def fit(cls, features: NDArray[np.float32], options: OptionsT, coding: Coding = EVERY_QUALITY) -> State:
        """Return the state of a fitted codec from train features (N x C x h x w, after the method's transform).

        ``coding`` has qualities and program where the codec is ``fitted_by_coding``, ``task_errors`` where it is
        ``fitted_through_tasks``.
        """
        raise NotImplementedError(f"codec {cls.name} is not fitted")

    @abstractmethod
    def encode(self, items: Iterable[Item], stream: Path, side_info: Path) -> list[ImageBytes]:
        """Code items to the file ``stream``, and what is sent beside it to ``side_info``, both atomically; return their bytes.

        Both files are written; a codec without side information leaves an empty one. One item is in memory at a time.

        Raises:
            DataError: there are no items, or one cannot be coded.
            ToolError: the external program that codes is missing, lacks an encoder, or failed.
        """

    @abstractmethod
    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        """Yield the items of ``stream``, each of ``shape``: (C, h, w) of features, (H, W, 3) of images.

        Raises:
            BitstreamError: the stream is visibly damaged or has items of another shape. One too few, or a last one cut
                short, can look sound from inside: ``transport.receiver`` compares ``measure`` with the ledger and counts.
            ToolError: the external program that decodes is missing.
        """

    @abstractmethod
    def measure(self, stream: Path, side_info: Path) -> list[ImageBytes]:
        """Return each image's bytes; their sum is the size of both files. Raises BitstreamError if one is damaged."""


CODECS: Registry[type[Codec[Any]]] = Registry("compfeat.codecs.plugins", "codec", Codec)


def built(
    name: str,
    quality: str,
    options: Mapping[str, Any],
    ffmpeg: str | None = None,
    state: State | None = None,
    sent: Sends = "features",
) -> Codec[Any]:
    """Return the codec module ``name`` at a quality. Raises ConfigError for an unknown codec, quality or option."""
    codec = CODECS.get(name)
    return codec(quality, options_of(codec, options, f"codecs.{name}"), ffmpeg, state, sent)
