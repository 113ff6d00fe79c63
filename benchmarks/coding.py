"""Quantising, tiling and coding, against loops over elements and against ffmpeg alone."""

from __future__ import annotations

import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clock import interleaved
from compfeat.codecs.base import Codec, Item
from compfeat.codecs.plugins.hevc import Hevc
from compfeat.codecs.plugins.laplace import Laplace, Options
from compfeat.codecs.quantiser import quantise
from compfeat.codecs.tiling import tile

SHAPE = (512, 8, 16)
FRAMES = 100


def tensors(count: int, shape: tuple[int, int, int] = SHAPE) -> list[NDArray[np.float32]]:
    """Return feature-like tensors: non-negative, half of them zeros."""
    rng = np.random.default_rng(0)
    return [np.maximum(0, rng.standard_normal(shape)).astype(np.float32) for _ in range(count)]


def jpeg_seconds(repeats: int = 5) -> tuple[float, float]:
    """Return the seconds per image of our quantiser, tiling and JPEG, and of the same by loops over elements.

    Ours takes many images in a row, as the stages do: after each pause for the loops the first one finds its caches cold.
    """
    features = tensors(50)
    ours, loops = interleaved(
        lambda: [jpeg(tile(quantise(f).codes)) for f in features], lambda: jpeg(by_loops(features[0])), repeats
    )
    return ours / len(features), loops


def jpeg(image: NDArray[np.uint8]) -> bytes:
    """Code a grey image as JPEG of quality 90."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def by_loops(features: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Quantise and tile one element at a time."""
    channels, height, width = features.shape
    columns = 2 ** ((channels.bit_length()) // 2)
    low, high = float(features.min()), float(features.max())
    image = np.zeros((channels // columns * height, columns * width), np.uint8)
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                code = round((float(features[c, i, j]) - low) / (high - low) * 255)
                image[c // columns * height + i, c % columns * width + j] = code
    return image


def hevc_seconds(repeats: int = 3) -> tuple[float, float]:
    """Return the seconds of our HEVC codec and of ffmpeg reading the same frames from a file."""
    frames = [tile(quantise(features).codes) for features in tensors(FRAMES, (64, 8, 16))]
    codec = Hevc("qp22")
    shape = (frames[0].shape[0], frames[0].shape[1])
    with tempfile.TemporaryDirectory() as name:
        raw, ours, theirs = (Path(name, file) for file in ("frames.raw", "ours.265", "theirs.265"))
        raw.write_bytes(b"".join(frame.tobytes() for frame in frames))

        def bare() -> None:
            with raw.open("rb") as source, theirs.open("wb") as target:
                subprocess.run(
                    codec.encode_argv(shape), stdin=source, stdout=target, stderr=subprocess.DEVNULL, check=True
                )

        seconds = interleaved(lambda: codec.encode_frames(frames, shape, ours), bare, repeats)
        if ours.read_bytes() != theirs.read_bytes():
            raise RuntimeError("the two streams differ, so the comparison means nothing")
        return seconds


def laplace_seconds(quality: str, repeats: int = 3) -> dict[str, tuple[float, float]]:
    """Return the seconds per image of the codec of features at ``quality`` and of HEVC at QP 22, by ``encode`` and ``decode``.

    Both code the same features to files on one core, each with all that it does to them; ffmpeg starts once for all images.
    """
    items = tensors(FRAMES, (64, 8, 16))
    codecs: list[Codec[Any]] = [Laplace(quality, state=Laplace.fit(np.stack(items), Options())), Hevc("qp22")]
    with one_core(), tempfile.TemporaryDirectory() as name:
        jobs = [(codec, items, Path(name, codec.name)) for codec in codecs]
        found = {
            "encode": interleaved(lambda: encode(*jobs[0]), lambda: encode(*jobs[1]), repeats),
            "decode": interleaved(lambda: decode(*jobs[0]), lambda: decode(*jobs[1]), repeats),
        }
    return {work: (ours / FRAMES, theirs / FRAMES) for work, (ours, theirs) in found.items()}


def encode(codec: Codec[Any], items: list[Item], folder: Path) -> None:
    """Code features to files in a folder."""
    codec.encode(iter(items), folder / "stream", folder / "side")


def decode(codec: Codec[Any], items: list[Item], folder: Path) -> None:
    """Decode what ``encode`` wrote."""
    if len(list(codec.decode(folder / "stream", folder / "side", items[0].shape))) != len(items):
        raise RuntimeError("images are missing, so the comparison means nothing")


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process and those that it starts to one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
