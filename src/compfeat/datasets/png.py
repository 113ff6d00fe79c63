"""Reading a dataset's PNG files, with errors that say what is wrong with which file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from compfeat.datasets.base import IGNORE, IMAGE, Scene
from compfeat.errors import DataError

DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
"""What Pillow raises for a file that it cannot decode."""
BYTE = 8
HEADER_BYTES, BITS_AT = 29, 24
"""Of the signature and the first chunk, and where in it the bits per sample are (PNG specification, section 11.2.2)."""


@dataclass(frozen=True)
class Picture:
    """What a PNG file contains.

    Attributes:
        mode: Pillow's name of how the pixels are kept.
        bits: bits per sample in the file.
        pixels: H x W (x channels); of an indexed picture, indices.
        palette: of an indexed picture, its colours, uint8, n x 3.
    """

    mode: str
    bits: int
    pixels: NDArray[np.generic]
    palette: NDArray[np.uint8] | None


def _read(path: Path, expected: str) -> Picture:
    """Return what a PNG file contains.

    Raises:
        DataError: the file is missing, is no PNG whatever its name says, cannot be decoded, has more pixels than Pillow reads, or
            has pixels beyond its palette.
    """
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
        with Image.open(path) as image:
            kind = image.format
            image.verify()  # checksums and the end mark, which decoding alone does not look at
        with Image.open(path) as image:
            image.load()
            palette = image.getpalette("RGB") if image.mode == "P" else None
            mode, pixels = image.mode, np.asarray(image)
    except FileNotFoundError:
        raise DataError(
            f"{path}: not found; expected {expected}; restore the file or rerun the stage that makes it"
        ) from None
    except Image.DecompressionBombError as error:
        what = str(error).partition(",")[0]
        raise DataError(
            f"{path}: is too large ({what}); expected {expected} of fewer pixels; scale it down with all that belongs to it, or "
            "fetch the file again if it should be smaller"
        ) from None
    except DAMAGE as error:
        what = " ".join(str(error).split())
        remedy = "save it without its metadata" if "TEXT" in what else "fetch the file again"
        raise DataError(f"{path}: cannot be decoded ({what}); expected {expected}; {remedy}") from None
    if kind != "PNG":
        raise DataError(
            f"{path}: is a {kind} picture, whose values are not exact or not what its name says; expected {expected} as PNG; "
            "take the original file"
        )
    colours = None if palette is None else np.array(palette, np.uint8).reshape(-1, 3)
    if colours is not None and int(pixels.max()) >= len(colours):
        raise DataError(
            f"{path}: found palette index {int(pixels.max())} of a palette of {len(colours)} colours; expected {expected}; "
            "fetch the file again"
        )
    return Picture(mode, header[BITS_AT], pixels, colours)


def _wrong(path: Path, picture: Picture, expected: str, likely: str) -> DataError:
    """Return the error of a picture of the wrong kind, with what it looks like."""
    hint = f"this looks like {likely}; " if likely else ""
    return DataError(
        f"{path}: found a picture of mode {picture.mode}, {picture.bits} bits per sample; {hint}expected {expected}; "
        "convert it, or take the right file"
    )


def _grey(pixels: NDArray[np.generic], palette: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return an indexed picture's grey values; None if a colour that it uses is not grey."""
    used = palette[np.unique(pixels).astype(np.intp)]
    if (used != used[:, :1]).any():
        return None
    values: NDArray[np.uint8] = palette[:, 0][pixels.astype(np.intp)]
    return values


def _check_size(path: Path, pixels: NDArray[np.generic], size: tuple[int, int]) -> None:
    if pixels.shape[:2] != size:
        height, width = pixels.shape[:2]
        raise DataError(
            f"{path}: found {height} x {width} pixels (height x width); expected {size[0]} x {size[1]} as in its image; "
            "take image and ground truth from the same release"
        )


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an RGB image, uint8, H x W x 3; an indexed one by its colours.

    Raises:
        DataError: the file is missing, is no PNG, cannot be decoded, or is not an 8-bit RGB image.
    """
    expected = "an 8-bit RGB image"
    picture = _read(path, expected)
    if picture.palette is not None:
        colours: NDArray[np.uint8] = picture.palette[picture.pixels.astype(np.intp)]
        return colours
    if picture.mode != "RGB" or picture.bits != BYTE:
        transparent = "a photograph with transparency"
        likely = {"L": "a grey photograph or a label map", "LA": transparent, "RGBA": transparent}
        raise _wrong(path, picture, expected, likely.get(picture.mode, ""))
    return picture.pixels.astype(np.uint8, copy=False)


def _likely_labels(picture: Picture) -> str:
    """Return what a picture that is no map of label ids looks like; empty where nothing is known of it."""
    if picture.bits < BYTE:
        return "a grey map of fewer than 8 bits per pixel, whose values may be ids or shades; store it with 8"
    if picture.mode in ("RGB", "RGBA"):
        colours = picture.pixels[..., :3]
        if (colours == colours[..., :1]).all():
            return "a grey map that was stored with three channels; store it with one"
        return "a colour map (as *_color.png)"
    return {
        "LA": "a grey map that was stored with transparency; store it without",
        "I;16": "instance ids (as *_instanceIds.png) or a disparity map",
        "I": "instance ids (as *_instanceIds.png) or a disparity map",
    }.get(picture.mode, "")


def read_labels(path: Path, classes: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Read a map of label ids and translate it: uint8, H x W, class index or IGNORE.

    A grey map that an optimiser stored with a palette is read by its grey values, never by the palette's index.

    Args:
        path: PNG of one byte per pixel.
        classes: uint8, [n_ids]: the class of every id.
        size: (height, width) that the image has.

    Raises:
        DataError: the file is missing, is no PNG, cannot be decoded, has another size, is another kind of map, or contains an id
            outside ``classes``.
    """
    expected = "label ids, one byte per pixel, grey"
    picture = _read(path, expected)
    pixels = picture.pixels
    if picture.palette is not None:
        grey = _grey(pixels, picture.palette)
        if grey is None:
            raise _wrong(path, picture, expected, "a colour map with a palette")
        pixels = grey
    elif picture.mode != "L" or picture.bits != BYTE:
        raise _wrong(path, picture, expected, _likely_labels(picture))
    ids = pixels.astype(np.uint8, copy=False)
    _check_size(path, ids, size)
    largest = int(ids.max())
    if largest >= len(classes):
        below = ids[ids != IGNORE]
        train_ids = largest == IGNORE and (below.size == 0 or int(below.max()) < len(set(classes.tolist()) - {IGNORE}))
        likely = "this looks like train ids (as *_labelTrainIds.png)" if train_ids else "is this the right label file?"
        raise DataError(f"{path}: found label id {largest}; expected ids 0 to {len(classes) - 1}; {likely}")
    return classes[ids]


def read_disparity(path: Path, size: tuple[int, int]) -> NDArray[np.float32]:
    """Read a 16-bit disparity map p: float32, H x W, (p - 1) / 256 px, and 0 where p = 0 (invalid).

    A map of zeros alone may have fewer bits: that is how optimisers store a frame without any disparity.

    Raises:
        DataError: the file is missing, is no PNG, cannot be decoded, has another size, or is not 16-bit.
    """
    expected = "a 16-bit grey disparity map"
    picture = _read(path, expected)
    grey = picture.pixels if picture.palette is None else _grey(picture.pixels, picture.palette)
    if grey is not None and grey.ndim == 2 and not grey.any():
        pixels: NDArray[np.generic] = grey  # no disparity at all, which optimisers store in fewer bits
    elif picture.mode in ("I;16", "I;16B", "I"):
        pixels = picture.pixels
    else:
        likely = {
            "L": "an 8-bit map, whose fractions of a pixel are lost",
            "P": "a label map",
            "RGB": "a picture for people",
        }
        raise _wrong(path, picture, expected, likely.get(picture.mode, ""))
    codes = pixels.astype(np.float32)
    _check_size(path, codes, size)
    return np.where(codes > 0, (codes - 1) / 256, np.float32(0)).astype(np.float32)


def read_scene(files: Mapping[str, Path], classes: NDArray[np.uint8]) -> Scene:
    """Read the fields image, labels and disparity_px as far as there are ``files`` of them; errors are those of their readers."""
    scene: Scene = {IMAGE: read_image(files[IMAGE])}
    height, width = scene[IMAGE].shape[:2]
    if "labels" in files:
        scene["labels"] = read_labels(files["labels"], classes, (height, width))
    if "disparity_px" in files:
        scene["disparity_px"] = read_disparity(files["disparity_px"], (height, width))
    return scene


def class_table(n_ids: int, ids: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the class of every id below ``n_ids``: its place in ``ids``, or IGNORE."""
    table = np.full(n_ids, IGNORE, np.uint8)
    table[list(ids)] = np.arange(len(ids))
    return table
