"""The packed form of a split: one ``.npy`` of records, one per image, read through a memory map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap

from compfeat.datasets.base import IMAGE, Scene, Truth
from compfeat.datasets.resize import resize_image
from compfeat.errors import DataError
from compfeat.io import atomic_path

Packed = np.ndarray[Any, np.dtype[np.void]]
"""Packed scenes: a structured array, one record per image: ``image``, then every truth of the tasks by its field."""


def record_dtype(height: int, width: int, truths: Sequence[Truth]) -> np.dtype[np.void]:
    """Return the type of one record: the image and every truth at ``height`` x ``width``; a truth of two tasks only once."""
    size = (height, width)
    fields: list[tuple[str, str, tuple[int, ...]]] = [(IMAGE, "u1", (*size, 3))]
    fields += [(t.field, t.dtype, (*size, *t.channels)) for t in {t.field: t for t in truths}.values()]
    return np.dtype(fields)


def pack(scene: Scene, truths: Sequence[Truth], dtype: np.dtype[np.void]) -> Packed:
    """Return a scene as an array of one record of ``dtype`` (see ``record_dtype``), resized to its height and width."""
    record = np.zeros(1, dtype)
    height, width, _ = dtype[IMAGE].shape
    size = (int(height), int(width))
    record[IMAGE][0] = resize_image(scene[IMAGE], size)
    for truth in truths:
        record[truth.field][0] = truth.resize(scene[truth.source], size)
    return record


def write_packed(path: Path, dtype: np.dtype[np.void], count: int, records: Iterable[Packed]) -> None:
    """Write ``count`` records one by one, atomically; with one record in memory.

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
    if packed.ndim != 1 or names[:1] != (IMAGE,):
        raise DataError(f"{path}: found an array of {packed.dtype}, shape {packed.shape}; {remedy}")
    size = path.stat().st_size
    if size != packed.offset + packed.nbytes:
        raise DataError(f"{path}: found {size} bytes where its header says {packed.offset + packed.nbytes}; {remedy}")
    return packed


def in_chunks(n_images: int, size: int) -> Iterator[slice]:
    """Yield slices of at most ``size`` images that cover ``n_images``."""
    for start in range(0, n_images, size):
        yield slice(start, min(start + size, n_images))
