"""The explorer's pictures: PNGs for the page, each kept once, small enough together for one file."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]
MOST_COLOURS = 256
"""Pictures with as many colours or fewer are drawn ones: they are stored by palette, and shrunk without new colours."""


class Album:
    """Pictures (base64) with their numbers: the same bytes are kept once."""

    def __init__(self, factor: int = 1) -> None:
        """Make an album whose pictures are ``factor`` times smaller than what is added."""
        self.factor = factor
        self.pictures: dict[str, int] = {}

    def add(self, image: Array, full_size: bool = False) -> int:
        """Add a picture (uint8, H x W or H x W x 3), as small as the album's pictures are; return its number."""
        text = base64.b64encode(png(image, 1 if full_size else self.factor)).decode("ascii")
        return self.pictures.setdefault(text, len(self.pictures))

    @property
    def size_bytes(self) -> int:
        """What the pictures weigh in the page."""
        return sum(map(len, self.pictures))


def png(image: Array, factor: int = 1) -> bytes:
    """Return a picture (uint8, H x W or H x W x 3) as PNG, ``factor`` times smaller, as small as the encoder makes it."""
    if image.ndim == 3:
        colours, codes = palette(image)
        if len(colours) <= MOST_COLOURS:
            indexed = Image.fromarray(np.ascontiguousarray(shrink(codes, factor)), "P")
            indexed.putpalette(colours.tobytes())
            return encoded(indexed)
    return encoded(Image.fromarray(np.ascontiguousarray(shrink(image, factor, smooth=True))))


def palette(image: Array) -> tuple[Array, Array]:
    """Return the colours of an H x W x 3 picture (n x 3), and each pixel's index among them (uint8, if there are few)."""
    packed = image.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    values, codes = np.unique(packed, return_inverse=True)
    colours = np.stack([values >> 16, values >> 8 & 255, values & 255], axis=-1).astype(np.uint8)
    return colours, codes.reshape(image.shape[:2]).astype(np.uint8)


def encoded(image: Image.Image) -> bytes:
    """Return an image as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def shrink(array: Array, factor: int, smooth: bool = False) -> Array:
    """Return an H x W (x C) array ``factor`` times smaller: means of blocks where ``smooth``, else every ``factor``-th pixel."""
    height, width = (n // factor * factor for n in array.shape[:2])
    if factor == 1 or not smooth:
        return array[:height:factor, :width:factor]
    blocks = array[:height, :width].reshape(height // factor, factor, width // factor, factor, -1)
    means: Array = blocks.mean(axis=(1, 3)).round().astype(array.dtype)
    return means.reshape(height // factor, width // factor, *array.shape[2:])


def small_png(data: bytes) -> str:
    """Return a PNG file in 256 colours, as base64: enough for a drawn figure."""
    with Image.open(io.BytesIO(data)) as image:
        reduced = image.convert("RGB").quantize(MOST_COLOURS, dither=Image.Dither.NONE)
    return base64.b64encode(encoded(reduced)).decode("ascii")
