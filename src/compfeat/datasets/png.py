"""Reading a dataset's PNG files, with errors that say what is wrong with which file; and a fast writer of RGB ones."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from compfeat.datasets import IGNORE
from compfeat.errors import DataError

DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
"""What Pillow raises for a file that it cannot decode."""


def _read(path: Path, modes: tuple[str, ...], expected: str) -> NDArray[np.generic]:
    try:
        with Image.open(path) as image:
            image.verify()  # checksums and the end mark, which decoding alone does not look at
        with Image.open(path) as image:
            image.load()
            mode, pixels = image.mode, np.asarray(image)
    except FileNotFoundError:
        raise DataError(
            f"{path}: not found; expected {expected}; restore the file or rerun the stage that makes it"
        ) from None
    except DAMAGE as error:
        what = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be decoded ({what}); expected {expected}; fetch the file again") from None
    if mode not in modes:
        raise DataError(f"{path}: found a picture of mode {mode}; expected {expected}; fetch the file again")
    return pixels


def _check_size(path: Path, pixels: NDArray[np.generic], size: tuple[int, int] | None) -> None:
    if size is not None and pixels.shape[:2] != size:
        height, width = pixels.shape[:2]
        raise DataError(
            f"{path}: found {height} x {width} pixels (height x width); expected {size[0]} x {size[1]} as in its image; "
            "take image and ground truth from the same release"
        )


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an RGB image, uint8, H x W x 3.

    Raises:
        DataError: the file is missing, cannot be decoded, or is not an 8-bit RGB image.
    """
    return _read(path, ("RGB",), "an 8-bit RGB image").astype(np.uint8, copy=False)


def read_labels(path: Path, classes: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Read a map of label ids and translate it: uint8, H x W, class index or IGNORE.

    Args:
        path: PNG of one byte a pixel.
        classes: uint8, [n_ids]: the class of every id.
        size: (height, width) that the image has.

    Raises:
        DataError: the file is missing, cannot be decoded, has another size, or holds an id outside ``classes``.
    """
    ids = _read(path, ("L", "P"), "label ids, one byte a pixel").astype(np.uint8, copy=False)
    _check_size(path, ids, size)
    largest = int(ids.max())
    if largest >= len(classes):
        raise DataError(
            f"{path}: found label id {largest}; expected ids 0 to {len(classes) - 1}; is this the right label file?"
        )
    return classes[ids]


def read_disparity(path: Path, size: tuple[int, int]) -> NDArray[np.float32]:
    """Read a 16-bit disparity map p: float32, H x W, (p - 1) / 256 px, and 0 where p = 0 (invalid).

    Raises:
        DataError: the file is missing, cannot be decoded, has another size, or is not 16-bit.
    """
    codes = _read(path, ("I;16", "I;16B", "I"), "a 16-bit grey image").astype(np.float32)
    _check_size(path, codes, size)
    return np.where(codes > 0, (codes - 1) / 256, np.float32(0)).astype(np.float32)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode_rgb(image: NDArray[np.uint8]) -> bytes:
    """Return an RGB image, uint8 H x W x 3, as a PNG; a third of Pillow's time, because every row has the filter "up".

    Source: PNG specification (W3C, 2003), sections 9 (filters) and 11.2 (chunks).
    """
    height, width, _ = image.shape
    rows = image.reshape(height, width * 3)
    filtered = np.full((height, width * 3 + 1), 2, np.uint8)
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 8, zlib.Z_RLE)
    data = packer.compress(filtered.tobytes()) + packer.flush()
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def class_table(n_ids: int, ids: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the class of every id below ``n_ids``: its place in ``ids``, or IGNORE."""
    table = np.full(n_ids, IGNORE, np.uint8)
    table[list(ids)] = np.arange(len(ids))
    return table


def require_folder(folder: Path, purpose: str) -> Path:
    """Return ``folder``.

    Raises:
        DataError: there is no such folder.
    """
    if not folder.is_dir():
        raise DataError(
            f"{folder}: no such folder; expected {purpose}; check the dataset's root and split, or drop the task"
        )
    return folder


def require_file(path: Path, image: Path) -> Path:
    """Return ``path``.

    Raises:
        DataError: there is no such file.
    """
    if not path.is_file():
        raise DataError(f"{path}: not found; expected ground truth for {image.name}; restore it or remove the image")
    return path
