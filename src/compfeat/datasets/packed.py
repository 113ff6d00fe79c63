"""The packed form of a split: one ``.npy`` of records, one an image, read through a memory map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap

from compfeat.errors import DataError
from compfeat.io import atomic_path

FIELDS = ("image", "labels", "disparity_px", "disparity_authors_px")
Packed = np.ndarray[Any, np.dtype[np.void]]
"""Packed scenes: a structured array, one record an image, with the fields FIELDS (the disparities where there are any)."""


def record_dtype(height: int, width: int, tasks: tuple[str, ...]) -> np.dtype[np.void]:
    """Return the type of one record: image, labels and, where ``tasks`` have disparity, its two resized forms in px."""
    size = (height, width)
    fields: list[tuple[str, str, tuple[int, ...]]] = [("image", "u1", (*size, 3)), ("labels", "u1", size)]
    if "disparity" in tasks:
        fields += [("disparity_px", "<f4", size), ("disparity_authors_px", "<f4", size)]
    return np.dtype(fields)


def write_packed(path: Path, dtype: np.dtype[np.void], count: int, records: Iterable[Packed]) -> None:
    """Write ``count`` records one by one, atomically; holds one record in memory.

    The memory map only lays out the file: records are written through a file handle, so that mapped pages don't
    pile up and a full disk is an OSError and not a SIGBUS.
    """
    with atomic_path(path) as temporary:
        offset = open_memmap(temporary, mode="w+", dtype=dtype, shape=(count,)).offset
        written = 0
        with temporary.open("r+b") as handle:
            handle.seek(offset)
            for record in records:
                handle.write(record.tobytes())
                written += len(record)
        if written != count:
            raise DataError(f"{path}: found {written} records to write; expected {count}; rerun the stage prepare")


def open_packed(path: Path) -> np.memmap[Any, np.dtype[np.void]]:
    """Open packed scenes as a read-only memory map of shape [n_images].

    Raises:
        DataError: the file is missing, truncated, or no packed split.
    """
    remedy = "expected the packed scenes that the stage prepare writes; delete it and rerun that stage"
    if not path.is_file():
        raise DataError(f"{path}: not found; {remedy.removeprefix('delete it and ')}")
    try:
        packed = open_memmap(path, mode="r")
    except (ValueError, OSError, EOFError, SyntaxError, TypeError) as error:
        raise DataError(f"{path}: cannot be opened ({' '.join(str(error).split())}); {remedy}") from None
    names = packed.dtype.names or ()
    if packed.ndim != 1 or names not in (FIELDS[:2], FIELDS):
        raise DataError(f"{path}: found an array of {packed.dtype}, shape {packed.shape}; {remedy}")
    size = path.stat().st_size
    if size != packed.offset + packed.nbytes:
        raise DataError(f"{path}: found {size} bytes where its header says {packed.offset + packed.nbytes}; {remedy}")
    return packed


def in_chunks(n_images: int, size: int) -> Iterator[slice]:
    """Yield slices of at most ``size`` images that cover ``n_images``."""
    for start in range(0, n_images, size):
        yield slice(start, min(start + size, n_images))
