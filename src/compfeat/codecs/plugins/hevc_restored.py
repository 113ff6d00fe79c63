"""HEVC with a decoder that undoes what it does to features on average: a linear map of the decoded channels.

Source: docs/explanation/transforms.md, "Packing and receivers".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from compfeat.arrays import evenly_spaced
from compfeat.codecs.base import CODECS, EVERY_QUALITY, LOSSLESS, Coding, Decoded, State
from compfeat.codecs.plugins.hevc import Hevc, HevcOptions, HevcStreams
from compfeat.errors import BitstreamError, DataError
from compfeat.settings.runs import Sends

RIDGE = 0.01
"""Weight of the pull towards no change, as a share of the mean variance of the decoded channels."""
REFIT = "rerun the fit stage"


class RestoredOptions(HevcOptions):
    """Options of hevc_restored."""

    joint: bool = Field(
        default=False,
        description="whether a channel is restored from all decoded channels; from itself alone otherwise",
    )
    images: int | None = Field(default=64, ge=1, description="train images that are coded, evenly spaced; null for all")


@CODECS.register("hevc_restored")
class HevcRestored(HevcStreams[RestoredOptions]):
    """``hevc``'s streams and qualities, and f = y + G (y - m) + b for decoded features y, with G diagonal or, where ``joint``, full.

    The state, fitted to train features, has for each lossy quality ``gain_QUALITY`` (G: C, or C x C) and ``offset_QUALITY``
    (b - G m: C), float32.
    """

    sends: ClassVar[frozenset[Sends]] = frozenset({"features"})
    fitted = True
    fitted_by_coding = True

    @classmethod
    def fit(cls, features: NDArray[np.float32], options: RestoredOptions, coding: Coding = EVERY_QUALITY) -> State:
        """Code some train features at each quality, and return the maps of least squared error.

        Raises:
            DataError, ToolError: as ``encode``.
        """
        chosen = features[evenly_spaced(len(features), options.images)]
        state: State = {}
        for quality in coding.qualities or cls.qualities:
            if quality != LOSSLESS:
                decoded = _through(Hevc(quality, options, coding.ffmpeg), chosen)
                gain, offset = fitted_map(by_channel(decoded), by_channel(chosen), options.joint)
                state |= {f"gain_{quality}": gain, f"offset_{quality}": offset}
        return state

    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        for decoded in super().decode(stream, side_info, shape):
            yield decoded if self.is_lossless else Decoded(self._restore(decoded.item), decoded.picture)

    def _restore(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return decoded features C x h x w after restoration. Raises DataError if the state is none of this quality."""
        state, channels = self.state or {}, len(features)
        gain, offset = state.get(f"gain_{self.quality}"), state.get(f"offset_{self.quality}")
        if gain is None or offset is None or offset.shape != (channels,) or gain.shape[-1] != channels:
            raise DataError(
                f"state of codec {self.name!r}: nothing for quality {self.quality} and {channels} channels; {REFIT}"
            )
        columns = features.reshape(channels, -1).astype(np.float64)
        wide = gain.astype(np.float64)
        change = wide @ columns if gain.ndim == 2 else wide[:, None] * columns
        restored = columns + change + offset.astype(np.float64)[:, None]
        return restored.astype(np.float32).reshape(features.shape)


def by_channel(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return N x C x h x w as C x samples, in double precision."""
    return features.swapaxes(0, 1).reshape(features.shape[1], -1).astype(np.float64)


def fitted_map(
    decoded: NDArray[np.float64], original: NDArray[np.float64], joint: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return gain and offset for which decoded + gain decoded + offset is closest to ``original``, both C x samples.

    The gain (C, or C x C where ``joint``) is pulled towards 0 with the weight RIDGE.
    """
    centre, error = decoded.mean(axis=1), original - decoded
    centred = decoded - centre[:, None]
    samples = decoded.shape[1]
    variance = np.square(centred).mean(axis=1)
    ridge = RIDGE * float(variance.mean()) or 1.0
    gain: NDArray[np.float64]
    if joint:
        pulled = centred @ centred.T / samples + ridge * np.eye(len(decoded))
        gain = np.linalg.solve(pulled, centred @ error.T / samples).T
        shift = gain @ centre
    else:
        gain = (centred * error).mean(axis=1) / (variance + ridge)
        shift = gain * centre
    return gain.astype(np.float32), (error.mean(axis=1) - shift).astype(np.float32)


def _through(codec: Hevc, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``features`` (N x C x h x w) coded and decoded. Raises BitstreamError if not all come back."""
    with TemporaryDirectory() as folder:
        stream, side_info = Path(folder, "stream"), Path(folder, "side_info")
        codec.encode(iter(features), stream, side_info)
        decoded = np.stack([image.item for image in codec.decode(stream, side_info, features.shape[1:])])
    if decoded.shape != features.shape:
        raise BitstreamError(f"{len(decoded)} of {len(features)} images came back from codec {codec.name}")
    return decoded
