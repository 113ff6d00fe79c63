"""Encode and decode times of every registered codec on the same features: a table of its own, since times are in no result.

Times are those of the processor, of this process and of the programs that it runs, so that what else the machine does matters little.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.base import CODECS, Codec
from compfeat.errors import CompfeatError

SHAPE = (64, 8, 16)
"""Of the default's features at the cut c256."""
IMAGES = 60
BITS = 1.0
"""Bits per element that every codec is brought near to."""
HEADER = (
    f"{'codec':<10} {'quality':<9} {'bits per element':>15} {'encode (ms per image)':>21} {'decode (ms per image)':>21}"
)


def features(count: int) -> NDArray[np.float32]:
    """Return feature-like tensors: smooth in space, sparse, and channels that resemble one another."""
    rng = np.random.default_rng(0)
    channels, height, width = SHAPE
    mixed = rng.standard_normal((channels, channels // 6))
    coarse = rng.standard_normal((count, channels // 6, height // 2, width // 2)).repeat(2, axis=2).repeat(2, axis=3)
    maps = np.einsum("ck,nkhw->nchw", mixed, coarse) + 0.3 * rng.standard_normal((count, *SHAPE))
    rectified: NDArray[np.float32] = np.maximum(0, maps).astype(np.float32)
    return rectified


def seconds(codec: Codec[Any], tensors: NDArray[np.float32]) -> tuple[float, float, float]:
    """Return bits per element, and the seconds of coding and of decoding per image."""
    with tempfile.TemporaryDirectory() as name:
        stream, side_info = Path(name, "stream"), Path(name, "side_info")
        # The processor's time of this process and of its children that have ended.
        start = sum(os.times()[:4])
        sizes = codec.encode(iter(tensors), stream, side_info)
        middle = sum(os.times()[:4])
        decoded = sum(1 for _ in codec.decode(stream, side_info, SHAPE))
        end = sum(os.times()[:4])
    total = sum(size.stream_bytes + size.side_info_bytes for size in sizes)
    return 8 * total / tensors.size, (middle - start) / decoded, (end - middle) / decoded


def made(name: str, quality: str, tensors: NDArray[np.float32]) -> Codec[Any]:
    """Return a codec at a quality, fitted to the tensors where it is fitted to something."""
    codec = CODECS.get(name)
    state = codec.fit(tensors, codec.options_type()) if codec.fitted else None
    return codec(quality, None, None, state)


def quality_at(name: str, bits: float, tensors: NDArray[np.float32]) -> str:
    """Return the finest quality at or below a rate, by bisection: qualities are ordered, best first."""
    qualities = CODECS.get(name).qualities
    low, high = 0, len(qualities) - 1
    while low < high:
        middle = (low + high) // 2
        try:
            fine = seconds(made(name, qualities[middle], tensors), tensors)[0] > bits
        except CompfeatError:  # an encoder that has no space for so many bits
            fine = True
        low, high = (middle + 1, high) if fine else (low, middle)
    return qualities[low]


def times(repeats: int = 3) -> Iterator[str]:
    """Yield a row for every codec that takes features, at about the same rate; the codecs take turns."""
    tensors = features(IMAGES)
    names = [name for name in CODECS.names() if "features" in CODECS.get(name).sends]
    codecs = {name: made(name, quality_at(name, BITS, tensors[:6]), tensors) for name in names}
    runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    for _ in range(repeats):
        for name, codec in codecs.items():
            runs[name].append(seconds(codec, tensors))
    for name, codec in codecs.items():
        bits, encode, decode = (median(values) for values in zip(*runs[name], strict=True))
        yield f"{name:<10} {codec.quality:<9} {bits:>15.2f} {1e3 * encode:>21.2f} {1e3 * decode:>21.2f}"


def main() -> int:
    """Print the table."""
    shape = "x".join(map(str, SHAPE))
    print(f"{IMAGES} images of {shape} features per run, at about {BITS:g} bits per element or what is nearest")
    for row in chain([HEADER], times()):
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
