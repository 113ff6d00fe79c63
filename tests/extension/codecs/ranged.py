"""A codec that is fitted to a run: each channel is coded between the quantiles that it has on train features."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.base import CODECS, EVERY_QUALITY, Codec, Coding, Decoded, ImageBytes, Item, State
from compfeat.io import write_bytes
from compfeat.settings.section import NoOptions

LENGTH = 4
"""Bytes of the length before each image."""


@CODECS.register("ranged")
class Ranged(Codec[NoOptions]):
    """``l250`` to ``l8``: how many levels a channel has."""

    qualities = ("l250", "l120", "l60", "l30", "l15", "l8")
    fitted = True

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: NoOptions | None = None) -> str:
        return f"zlib {zlib.ZLIB_RUNTIME_VERSION}"

    @classmethod
    def fit(cls, features: NDArray[np.float32], options: NoOptions, coding: Coding = EVERY_QUALITY) -> State:
        by_channel = features.swapaxes(0, 1).reshape(features.shape[1], -1)
        low, high = np.quantile(by_channel, (0.001, 0.999), axis=1).astype(np.float32)
        return {"low": low, "high": np.maximum(high, low + np.float32(1e-6))}

    def _scale(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        assert self.state is not None
        low, high = (self.state[name][:, None, None] for name in ("low", "high"))
        return low, (high - low) / (int(self.quality[1:]) - 1)

    def encode(self, items: Iterable[Item], stream: Path, side_info: Path) -> list[ImageBytes]:
        low, step = self._scale()
        top = int(self.quality[1:]) - 1
        coded = [zlib.compress(np.clip(np.rint((f - low) / step), 0, top).astype(np.uint8).tobytes(), 9) for f in items]
        write_bytes(stream, b"".join(len(data).to_bytes(LENGTH, "little") + data for data in coded))
        write_bytes(side_info, b"")
        return self.measure(stream, side_info)

    def decode(self, stream: Path, side_info: Path, shape: tuple[int, ...]) -> Iterator[Decoded]:
        low, step = self._scale()
        for data in self._images(stream):
            codes = np.frombuffer(zlib.decompress(data), np.uint8).reshape(shape)
            yield Decoded((low + codes * step).astype(np.float32), None)

    def measure(self, stream: Path, side_info: Path) -> list[ImageBytes]:
        return [ImageBytes(len(data), LENGTH) for data in self._images(stream)]

    def _images(self, stream: Path) -> Iterator[bytes]:
        data, at = stream.read_bytes(), 0
        while at < len(data):
            end = at + LENGTH + int.from_bytes(data[at : at + LENGTH], "little")
            yield data[at + LENGTH : end]
            at = end
