"""Decode a bitstream of features to levels, in plain Python without compfeat, as docs/reference/stream-format.md says.

python examples/decoder.py codec.npz image.cf
"""

from __future__ import annotations

import ast
import hashlib
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

# Section 4: the mean magnitude of a level by each table, in 1/256.
EXPECTED = (
    *(0, 0, 0, 0, 0, 1, 1, 2, 4, 6, 9, 13, 18, 24, 32, 41, 52, 64, 78, 94, 112, 132, 154, 180, 208, 240, 275, 315, 360),
    *(410, 466, 529, 600, 679, 768, 868, 980, 1105, 1246, 1404, 1582, 1781, 2004, 2255, 2537, 2853, 3208, 3606, 4053),
    *(4555, 5118, 5750, 6459, 7255, 8149, 9152, 10278, 11542, 12961, 14554, 16341, 18348, 20600, 23128),
)
# Section 6: how many bits follow the first of a number beyond a limit.
LENGTHS = [32753, *(16384 >> i for i in range(15)), *[1] * 16]


class Damaged(Exception):
    """A bitstream that cannot be decoded with this codec."""


def read_codec(path: str) -> tuple[dict[str, Any], bytes]:
    """Return the arrays of a codec's file, flat, with their shapes as NAME.shape; and its key (section 2)."""
    arrays: dict[str, Any] = {}
    contents: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        for entry in sorted(archive.namelist()):
            data = archive.read(entry)
            size = struct.unpack("<H", data[8:10])[0]
            header = ast.literal_eval(data[10 : 10 + size].decode())
            name, kind, content = entry.removesuffix(".npy"), header["descr"], data[10 + size :]
            code = {"|i1": "b", "|u1": "B", "<i2": "h", "<u2": "H", "<f4": "f"}[kind]
            arrays[name] = list(struct.unpack(f"<{len(content) // struct.calcsize(code)}{code}", content))
            arrays[f"{name}.shape"] = header["shape"]
            contents[name] = content
    parts = [contents[n] for part in ("tables_", "transform_") for n in sorted(contents) if n.startswith(part)]
    return arrays, hashlib.blake2b(b"".join(parts), digest_size=16).digest()


def read_header(data: bytes, key: bytes, channels: int) -> tuple[int, tuple[int, int, int], bytes]:
    """Return n, shape and payload (section 1)."""
    if data[:2] != b"\xcf\x01" or len(data) < 10:
        raise Damaged("no bitstream of version 1")
    if zlib.crc32(data[:-4], zlib.crc32(key)) != int.from_bytes(data[-4:], "little"):
        raise Damaged("damaged, or coded by another codec")
    values, at = [], 2
    for _ in range(4):
        value = shift = 0
        while True:
            if at >= len(data) - 4 or shift > 49:
                raise Damaged("cut short")
            byte, at = data[at], at + 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        values.append(value)
    zigzag, c, h, w = values
    n = zigzag // 2 if zigzag % 2 == 0 else -(zigzag + 1) // 2
    if not (-2048 <= n <= 65535 and 1 <= c * h * w <= 1 << 24 and c == channels):
        raise Damaged("a step or shape out of range")
    return n, (c, h, w), data[at:-4]


def between(old: int, new: int) -> list[list[tuple[int, int]]]:
    """Return for each of ``new`` frequencies the (frequency, weight) of the ``old`` that it lies between (section 3)."""
    found = []
    for i in range(new):
        low, part = divmod(min(i * old, (old - 1) * new), new)
        found.append([(low, new - part)] + ([(low + 1, part)] if part else []))
    return found


def tables_of(codec: dict[str, Any], n: int, shape: tuple[int, int, int]) -> list[int]:
    """Return the table of every element, without context (section 3)."""
    channels, height, width = shape
    scale, (_, old_height, old_width) = codec["tables_scale"], codec["tables_scale.shape"]
    rows, columns, total = between(old_height, height), between(old_width, width), height * width
    tables = []
    for c in range(channels):
        for row in rows:
            for column in columns:
                value = sum(p * q * scale[(c * old_height + r) * old_width + s] for r, p in row for s, q in column)
                tables.append(min(max((2 * value + total) // (2 * total) - 3 * n // 128, 0), 63))
    return tables


class RangeDecoder:
    """Section 5."""

    def __init__(self, payload: bytes) -> None:
        self.data, self.at = payload, 8
        self.lower, self.width = 0, (1 << 64) - 1
        self.point = int.from_bytes(payload[:8].ljust(8, b"\0"), "big")

    def symbol(self, left: list[int]) -> int:
        """Return a symbol; ``left`` are the lower ends of the symbols' shares of 2^24, and 2^24."""
        unit = self.width >> 24
        place = ((self.point - self.lower) % (1 << 64)) // unit
        if place >= 1 << 24:
            raise Damaged("the range coder is out of range")
        low, high = 0, len(left) - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if left[middle] <= place else (low, middle)
        self.lower = (self.lower + unit * left[low]) % (1 << 64)
        self.width = unit * (left[low + 1] - left[low])
        if self.width < 1 << 32:
            word = int.from_bytes(self.data[self.at : self.at + 4].ljust(4, b"\0"), "big")
            self.at += 4
            self.lower, self.width = (self.lower << 32) % (1 << 64), self.width << 32
            self.point = (self.point << 32) % (1 << 64) | word
        return low


def shares(counts: list[int]) -> list[int]:
    """Return the lower ends of symbols' shares of 2^24 from counts of 2^16, and 2^24 (section 5)."""
    total, left = 0, []
    for i, count in enumerate(counts):
        left.append(total * ((1 << 24) - len(counts)) // 65536 + i)
        total += count
    return [*left, 1 << 24]


def around(known: list[int], height: int, width: int) -> list[int]:
    """Return at each frequency what is known there and near it (section 4)."""
    found = []
    for r in range(height):
        for c in range(width):
            rows, columns = range(max(r - 4, 0), min(r + 5, height)), range(max(c - 4, 0), min(c + 5, width))
            found.append(sum(known[i * width + j] << 8 - abs(r - i) - abs(c - j) for i in rows for j in columns))
    return found


def decode(codec: dict[str, Any], key: bytes, data: bytes) -> tuple[tuple[int, int, int], list[int]]:
    """Return shape and levels (C x h x w, flat) of a bitstream. Raises Damaged."""
    n, shape, payload = read_header(data, key, codec["tables_scale.shape"][0])
    _, height, width = shape
    size, tables, coder = height * width, tables_of(codec, n, shape), RangeDecoder(payload)
    laws = [[c for c in codec["tables_laws"][128 * t : 128 * t + 128] if c] for t in range(64)]
    models = [shares([law[0], *(c for count in law[1:] for c in (count, count))]) for law in laws]
    phases: dict[int, list[int]] = {}
    for element, table in enumerate(tables):
        row, column = divmod(element % size, width)
        phase = 30 if table < 8 else (30 - min(table, 30)) // 6 + (row + column) % 2
        phases.setdefault(phase, []).append(element)
    levels, known, expected, escaped = [0] * len(tables), [0] * size, [0] * size, []
    for phase, elements in sorted(phases.items()):
        moved = {element: tables[element] for element in elements}
        if phase < 30:
            seen, usual = around(known, height, width), around(expected, height, width)
            for element in elements:
                place = element % size
                activity = min(8192 * (seen[place] + 1024) // (usual[place] + 256 * 1024), 255)
                shift = min(max(codec["tables_shifts"][activity], -18), 18)
                moved[element] = min(max(tables[element] + shift, 0), 63)
        for element in sorted(elements, key=lambda e: moved[e]):
            symbol = coder.symbol(models[moved[element]])
            magnitude = (symbol + 1) // 2
            levels[element] = magnitude if symbol % 2 else -magnitude
            if magnitude == len(laws[moved[element]]) - 1:
                escaped.append(element)
            known[element % size] += magnitude
        for element in elements:
            expected[element % size] += EXPECTED[tables[element]]
    lengths = [coder.symbol(shares(LENGTHS)) for _ in escaped]
    for element, length in zip(escaped, lengths, strict=True):
        number = 1
        for _ in range(length):
            number = 2 * number + coder.symbol(shares([32768, 32768]))
        levels[element] += (number - 1) if levels[element] > 0 else 1 - number
    return shape, levels


if __name__ == "__main__":
    arrays, codec_key = read_codec(sys.argv[1])
    found_shape, found_levels = decode(arrays, codec_key, Path(sys.argv[2]).read_bytes())
    print(found_shape, found_levels)
