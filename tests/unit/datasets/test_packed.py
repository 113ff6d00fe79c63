"""The packed form: written record by record, read as a map, and each damage reported as what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from compfeat.datasets.base import Scene, Truth
from compfeat.datasets.packed import Packed, open_packed, pack, record_dtype, write_packed
from compfeat.errors import DataError
from compfeat.tasks.base import TASKS


def truths_of(*tasks: str) -> list[Truth]:
    return [truth for task in tasks for truth in TASKS.get(task).truths]


ALL = truths_of("segmentation", "disparity", "reconstruction")


def _write(path: Path, count: int = 3) -> None:
    dtype = record_dtype(4, 8, ALL)
    scene: Scene = {
        "image": np.full((4, 8, 3), 9, np.uint8),
        "labels": np.full((4, 8), 2, np.uint8),
        "disparity_px": np.full((4, 8), 1.5, np.float32),
    }
    write_packed(path, dtype, count, (pack(scene, ALL, dtype) for _ in range(count)))


def test_round_trip_is_read_only_plain_numpy_of_the_tasks_fields(tmp_path: Path) -> None:
    path = tmp_path / "a b'; c.npy"
    _write(path)
    packed = open_packed(path)
    assert packed.shape == (3,)
    assert packed.dtype.names == ("image", "labels", "disparity_px", "disparity_authors_px")
    assert record_dtype(4, 8, truths_of("segmentation")).names == ("image", "labels")
    assert packed["disparity_px"].dtype == np.float32
    assert (packed["image"] == 9).all() and (packed["disparity_px"] == 1.5).all()
    with pytest.raises(ValueError, match="read-only"):
        packed["labels"][0, 0, 0] = 1
    np.testing.assert_array_equal(np.load(path)["labels"], packed["labels"])


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[Packed]:
        yield np.zeros(1, record_dtype(4, 8, ALL))
        raise DataError("bad image")

    with pytest.raises(DataError, match="bad image"):
        write_packed(tmp_path / "x.npy", record_dtype(4, 8, ALL), 2, broken())
    with pytest.raises(DataError, match="found 0 records to write; expected 2"):
        write_packed(tmp_path / "x.npy", record_dtype(4, 8, ALL), 2, [])
    assert list(tmp_path.iterdir()) == []


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[:-5],
    "header": lambda data: data[:40],
    "longer": lambda data: data + b"x",
    "empty": lambda data: b"",
    "text": lambda data: b"hello, world",
}


@pytest.mark.parametrize("damage", ["missing", "other", *DAMAGE])
def test_damage(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "x.npy"
    if damage == "other":
        np.save(path, np.zeros(3))
    elif damage != "missing":
        _write(path)
        path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(DataError, match=r"^[^\n]+x\.npy[^\n]+prepare"):
        open_packed(path)
