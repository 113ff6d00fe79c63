"""A codec for features: DCT, dead-zone quantiser, and a range coder whose tables are fitted to a run's train features.

Source: docs/explanation/feature-codec.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compfeat.codecs import laplace_levels
from compfeat.codecs.base import CODECS, EVERY_QUALITY, RERUN, Codec, Coding, Decoded, ImageBytes, Item, State
from compfeat.codecs.laplace_levels import HALF_RUNGS, REFIT, Fitted, check
from compfeat.codecs.packets import packed, unpacked
from compfeat.errors import BitstreamError, DataError
from compfeat.io import write_bytes
from compfeat.settings.section import OptionsT, Section


class Options(Section):
    """Options of laplace."""

    finest_bits: float = Field(
        default=2.5,
        gt=0,
        le=8,
        description="bits per feature element that train features would cost at the finest step, about",
    )


class LaplaceStreams(Codec[OptionsT]):
    """``d0``, ``d0.5`` to ``d24``: the step D = D0 2^(j/2), in the features' own unit, with D0 fitted.

    The state is that of ``laplace_levels``. An image's bytes are the length of the range coder's (7 bits per byte, the last without
    the top bit), a check byte, and the range coder's bytes.
    """

    qualities = tuple(f"d{half / 2:g}" for half in range(HALF_RUNGS))
    fitted = True

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: Any = None) -> str:
        return f"constriction {version('constriction')} (scipy {version('scipy')})"

    def encode(self, items: Iterable[Item], stream: Path, side_info: Path) -> list[ImageBytes]:
        fitted, coded = self._fitted, []
        for position, item in enumerate(items):
            if item.shape != fitted.coder.shape or not np.isfinite(item).all():
                found = f"features of shape {item.shape}" if item.shape != fitted.coder.shape else "values not finite"
                raise DataError(f"image {position}: {found}; expected finite ones of {fitted.coder.shape}; {REFIT}")
            coded.append(packed(fitted.coder.encode(fitted.levels(item)), fitted.key, position))
        if not coded:
            raise DataError(f"{stream}: no images to code; expected at least one in the features file")
        write_bytes(stream, b"".join(coded))
        write_bytes(side_info, b"")
        return self.measure(stream, side_info)

    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        """Yield features; their last bits may differ between processors, the levels that they are made of do not."""
        fitted = self._fitted
        if shape != fitted.coder.shape:
            raise BitstreamError(
                f"{stream}: features of {shape} expected, but the state is of {fitted.coder.shape}; {REFIT}"
            )
        for position, (data, _) in enumerate(unpacked(stream, fitted.key)):
            try:
                levels = fitted.coder.decode(data)
            except ValueError as error:
                raise BitstreamError(f"{stream}: image {position} is damaged ({error}); {RERUN}") from None
            yield Decoded(fitted.features(levels), None)

    def measure(self, stream: Path, side_info: Path) -> list[ImageBytes]:
        if not side_info.is_file() or side_info.stat().st_size:
            raise BitstreamError(f"{side_info}: missing or not empty; expected an empty file; {RERUN}")
        return [size for _, size in unpacked(stream, self._fitted.key)]

    @cached_property
    def _fitted(self) -> Fitted:
        """What the state says at this quality. Raises DataError if it is no state of this codec."""
        state = self.state or {}
        check(state)
        return Fitted(state, self.qualities.index(self.quality))


@CODECS.register("laplace")
class Laplace(LaplaceStreams[Options]):
    """The streams of features without networks."""

    @classmethod
    def fit(cls, features: NDArray[np.float32], options: Options, coding: Coding = EVERY_QUALITY) -> State:
        """Return the state (see ``laplace_levels.fitted``). Raises DataError where features are not finite."""
        return laplace_levels.fitted(features, options.finest_bits)
