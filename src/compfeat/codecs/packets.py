"""The bytes of images one after the other: each a length, a check and a body.

Source: docs/explanation/feature-codec.md.

The length is in 7 bits per byte, the lowest first; all bytes but its last have their top bit set. The check, one byte, is the
remainder of length and body by x^8 + x^2 + x + 1, which finds every error within 8 bits in a row, changed by a byte that depends on
a key and on the image's place, which finds another state, quality or order in 255 of 256 images.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.base import RERUN, ImageBytes
from compfeat.codecs.leb128 import leb128, read_leb128
from compfeat.codecs.streams import opened
from compfeat.errors import BitstreamError

CHECK_BYTES = 1
POLYNOMIAL = 0x107


def packed(body: bytes, key: bytes, position: int) -> bytes:
    """Return ``body`` with its length and check. ``key``: at most 64 bytes; ``position``: of the image, from 0."""
    length = leb128(len(body))
    return length + _check(length + body, key, position) + body


def unpacked(stream: Path, key: bytes) -> Iterator[tuple[bytes, ImageBytes]]:
    """Yield each image's body, which is the payload, and all its bytes.

    Raises:
        BitstreamError: the file is missing or empty, ends within an image, or an image fails its check.
    """
    with opened(stream) as file:
        data = file.read()
    if not data:
        raise BitstreamError(f"{stream}: is empty; expected at least one image; {RERUN}")
    start = position = 0
    while start < len(data):
        try:
            size, at = read_leb128(data, start)
        except ValueError:
            size, at = len(data), start
        end = at + CHECK_BYTES + size
        if end > len(data):
            raise BitstreamError(f"{stream}: image {position} (byte {start}) is cut short; {RERUN}")
        body = data[at + CHECK_BYTES : end]
        if packed(body, key, position) != data[start:end]:
            raise BitstreamError(
                f"{stream}: image {position} (byte {start}) fails its check: damaged, or coded with another state; {RERUN}"
            )
        yield body, ImageBytes(size, end - start - size)
        start, position = end, position + 1


def _check(data: bytes, key: bytes, position: int) -> bytes:
    values = np.frombuffer(data, np.uint8).copy()
    values[0] ^= hashlib.blake2b(position.to_bytes(8, "little"), key=key, digest_size=CHECK_BYTES).digest()[0]
    following = np.arange(len(values) - 1, -1, -1) % len(REMAINDERS)
    return bytes([np.bitwise_xor.reduce(REMAINDERS[following, values])])


def _remainders() -> NDArray[np.uint8]:
    rows = [np.arange(256)]
    for _ in range(127):
        shifted = rows[-1]
        for _ in range(8):
            shifted = shifted << 1 ^ np.where(shifted & 0x80, POLYNOMIAL, 0)
        rows.append(shifted)
    return np.array(rows[1:], np.uint8)


REMAINDERS = _remainders()
"""Of each byte, followed by 1 to 127 zero bytes; 128 are as 1, since the polynomial divides x^127 + 1."""
