"""Whole numbers from 0 on in 7 bits per byte."""

from __future__ import annotations

import mmap

LONGEST = 8
"""Bytes of the longest number that is read."""


def leb128(value: int) -> bytes:
    """Return a number in little-endian base 128, 7 bits per byte, as short as it can be (AV1 specification, 4.10.5)."""
    groups = [value >> shift & 0x7F for shift in range(0, max(value.bit_length(), 1), 7)]
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def read_leb128(data: mmap.mmap | bytes, start: int) -> tuple[int, int]:
    """Return the number that begins at ``start``, and where it ends. Raises ValueError if it is cut short or too long."""
    value = 0
    for position in range(LONGEST):
        byte = data[start + position : start + position + 1]
        if not byte:
            break
        value |= (byte[0] & 0x7F) << 7 * position
        if byte[0] < 0x80:
            return value, start + position + 1
    raise ValueError(f"no length at byte {start}")
