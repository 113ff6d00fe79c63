"""The packed form: written record by record, read as a map, and each damage reported as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from compfeat.datasets.base import Scene, Truth
from compfeat.datasets.packed import Packed, in_chunks, open_packed, pack, record_dtype, write_packed
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


def test_fields_follow_the_tasks() -> None:
    assert record_dtype(4, 8, ALL).names == ("image", "labels", "disparity_px", "disparity_authors_px")
    assert record_dtype(4, 8, truths_of("segmentation")).names == ("image", "labels")
    assert record_dtype(4, 8, ALL)["disparity_px"].base == np.float32


def test_round_trip_is_read_only_and_plain_numpy(tmp_path: Path) -> None:
    path = tmp_path / "a b'; c.npy"
    _write(path)
    packed = open_packed(path)
    assert packed.shape == (3,)
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


@pytest.mark.parametrize("damage", ["missing", "truncated", "header", "longer", "other", "empty", "text"])
def test_damage(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "x.npy"
    _write(path)
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "other":
        np.save(path, np.zeros(3))
    else:
        path.write_bytes(
            {"truncated": data[:-5], "header": data[:40], "longer": data + b"x", "empty": b"", "text": b"hello, world"}[
                damage
            ]
        )
    with pytest.raises(DataError) as caught:
        open_packed(path)
    assert str(path) in str(caught.value) and "prepare" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("n_images", "size"), [(10, 4), (8, 4), (1, 4)])
def test_chunks_cover_everything_once(n_images: int, size: int) -> None:
    chunks = list(in_chunks(n_images, size))
    assert chunks[0].start == 0 and chunks[-1].stop == n_images
    assert all(a.stop == b.start for a, b in pairwise(chunks))
    assert all(chunk.stop - chunk.start <= size for chunk in chunks)
