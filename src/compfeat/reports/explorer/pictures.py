"""The explorer's pictures: PNGs for the page, each held once, small enough together for one file."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]
NO_TRUTH = 255
"""Index of the colour of pixels without a ground truth in pictures of disparity."""
NO_TRUTH_RGB = (153, 153, 153)


class Album:
    """Pictures by number: the same bytes are held once."""

    def __init__(self) -> None:
        self.pictures: list[str] = []
        self._known: dict[str, int] = {}

    def add(self, image: Image.Image) -> int:
        """Add a picture; return its number."""
        data = png(image)
        key = hashlib.sha256(data).hexdigest()
        if key not in self._known:
            self._known[key] = len(self.pictures)
            self.pictures.append(base64.b64encode(data).decode("ascii"))
        return self._known[key]

    @property
    def size_bytes(self) -> int:
        """What the pictures weigh in the page."""
        return sum(map(len, self.pictures))


def png(image: Image.Image) -> bytes:
    """Return an image as PNG, as small as the encoder makes it."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def shrink(array: Array, factor: int, smooth: bool = False) -> Array:
    """Return an H x W (x C) array ``factor`` times smaller: means of blocks where ``smooth``, else every so-manieth pixel."""
    height, width = (n // factor * factor for n in array.shape[:2])
    if factor == 1 or not smooth:
        return array[:height:factor, :width:factor]
    blocks = array[:height, :width].reshape(height // factor, factor, width // factor, factor, -1)
    means: Array = blocks.mean(axis=(1, 3)).round().astype(array.dtype)
    return means.reshape(height // factor, width // factor, *array.shape[2:])


def grey(tiles: Array) -> Image.Image:
    """Return a tiled 8-bit image."""
    return Image.fromarray(np.ascontiguousarray(tiles, dtype=np.uint8), "L")


def photograph(image: Array, factor: int) -> Image.Image:
    """Return an RGB image H x W x 3."""
    return Image.fromarray(np.ascontiguousarray(shrink(image, factor, smooth=True)), "RGB")


def indexed(codes: Array, palette: Array) -> Image.Image:
    """Return an image of palette indices; ``palette`` is 256 x 3."""
    image = Image.fromarray(np.ascontiguousarray(codes, dtype=np.uint8), "P")
    image.putpalette(palette.astype(np.uint8).tobytes())
    return image


def classes(labels: Array, palette: Array, factor: int) -> Image.Image:
    """Return a map of class labels in the colours of ``palette``, 256 x 3."""
    return indexed(shrink(labels, factor), palette)


def disparities(pixels: Array, high: float, factor: int, missing: Array | None = None) -> Image.Image:
    """Return disparities on viridis from 0 to ``high`` px; pixels that are ``missing`` are grey."""
    values = np.nan_to_num(shrink(pixels, factor).astype(np.float32))
    codes = np.clip(np.round(values / high * (NO_TRUTH - 1)), 0, NO_TRUTH - 1).astype(np.uint8)
    if missing is not None:
        codes[shrink(missing, factor)] = NO_TRUTH
    return indexed(codes, viridis())


def viridis() -> Array:
    """Return the colours of disparities, 256 x 3: viridis, and last that of pixels without a ground truth."""
    import matplotlib as mpl

    steps = mpl.colormaps["viridis"](np.linspace(0, 1, NO_TRUTH))[:, :3]
    return np.vstack([np.round(255 * steps), NO_TRUTH_RGB]).astype(np.uint8)


def css(colours: Iterable[Iterable[float]]) -> list[str]:
    """Return colours (0..255) as CSS writes them."""
    return ["#" + "".join(f"{round(part):02x}" for part in colour) for colour in colours]
