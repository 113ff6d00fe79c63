"""Looking into streams without loading them: a memory map, the NAL units of Annex B streams, and the OBUs of AV1."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO

from compfeat.codecs.base import RERUN
from compfeat.codecs.leb128 import read_leb128
from compfeat.errors import BitstreamError


@dataclass(frozen=True)
class FrameBytes:
    """What one coded frame weighs: entropy-coded samples apart from everything else in the stream."""

    payload_bytes: int
    header_bytes: int

    @property
    def total_bytes(self) -> int:
        return self.payload_bytes + self.header_bytes


START_CODE = b"\0\0\1"


class Nal(Enum):
    """What a NAL unit is to the picture it stands in."""

    LEAD = "parameter sets and whatever else begins a new picture"
    FIRST_SLICE = "a picture's first slice segment"
    NEXT_SLICE = "another slice segment of the same picture"
    TAIL = "what follows the slices of its picture"


def opened(stream: Path) -> IO[bytes]:
    """Open the file ``stream``. Raises BitstreamError if it is missing."""
    try:
        return stream.open("rb")
    except OSError as error:
        raise BitstreamError(f"{stream}: cannot be read ({error.strerror}); {RERUN}") from None


@contextmanager
def mapped(stream: Path) -> Iterator[mmap.mmap]:
    """Map the file ``stream`` read-only. Raises BitstreamError if it is missing or empty."""
    with opened(stream) as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise BitstreamError(f"{stream}: is empty; expected at least one frame; {RERUN}") from None
        with data:
            yield data


def nal_units(data: mmap.mmap) -> Iterator[tuple[int, int, int]]:
    """Yield (start, first byte after the start code, end) of each NAL unit of a byte stream (ITU-T H.265, Annex B).

    A start code's leading zero byte belongs to the unit that it begins: the units cover all bytes from the first on.
    """
    at = data.find(START_CODE)
    start = max(at - 1, 0) if at >= 0 and data[max(at - 1, 0)] == 0 else at
    while at >= 0:
        following = data.find(START_CODE, at + 3)
        end = len(data) if following < 0 else following - (data[following - 1] == 0)
        yield start, at + 3, end
        at, start = following, end


def measure_annex_b(stream: Path, role: Callable[[bytes], Nal]) -> list[FrameBytes]:
    """Return each picture's bytes in a byte stream: slices with their start codes are payload, all else is header.

    ``role`` maps a NAL unit's first three bytes to its part, and raises ValueError where they are none.

    Raises:
        BitstreamError: no start code at the beginning, a picture without its first slice, or a damaged unit.
    """
    frames: list[FrameBytes] = []
    payload = header = 0
    with mapped(stream) as data:
        if not data[:4].startswith((START_CODE, b"\0" + START_CODE)):
            raise BitstreamError(f"{stream}: does not begin with a start code, so it is no Annex B stream; {RERUN}")
        for start, first, end in nal_units(data):
            try:
                part = role(data[first : min(first + 3, end)])
            except ValueError as error:
                raise BitstreamError(f"{stream}: NAL unit at byte {start}: {error}; {RERUN}") from None
            if payload and part in (Nal.LEAD, Nal.FIRST_SLICE):
                frames.append(FrameBytes(payload, header))
                payload = header = 0
            elif not payload and part in (Nal.NEXT_SLICE, Nal.TAIL):
                raise BitstreamError(f"{stream}: byte {start} belongs to a picture that has not begun; {RERUN}")
            if part in (Nal.FIRST_SLICE, Nal.NEXT_SLICE):
                payload += end - start
            else:
                header += end - start
    if not payload:
        raise BitstreamError(f"{stream}: ends before the first slice of picture {len(frames)}; {RERUN}")
    return [*frames, FrameBytes(payload, header)]


def obus(data: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (type, start, first byte of its payload, end) of each OBU in a part of a file (AV1 specification, 5.3).

    Raises:
        ValueError: one is damaged, has no size of its own, or does not end inside the part.
    """
    at = start
    while at < end:
        header = data[at]
        if header & 0x81 or not header & 0x02:
            raise ValueError(f"no OBU with a size at byte {at}")
        size, first = read_leb128(data, at + (2 if header & 0x04 else 1))
        if first + size > end:
            raise ValueError(f"the OBU at byte {at} is cut short")
        yield header >> 3 & 0x0F, at, first, first + size
        at = first + size
