"""Archives of named arrays."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from compfeat.arrays import read_arrays, write_arrays
from compfeat.errors import DataError

ARRAYS = {"b/x": np.arange(6, dtype=np.uint8).reshape(2, 3), "a": np.array(["0007", "ä"]), "empty": np.zeros((0, 2))}


def test_arrays_come_back_and_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    write_arrays(tmp_path / "1.npz", ARRAYS)
    write_arrays(tmp_path / "2.npz", dict(reversed(ARRAYS.items())))
    found = read_arrays(tmp_path / "1.npz")
    assert found.keys() == ARRAYS.keys() and all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)
    assert all(found[name].dtype == ARRAYS[name].dtype for name in ARRAYS)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


def test_the_bytes_are_those_of_every_version_of_python_and_zlib(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.npz", {**ARRAYS, "turned": ARRAYS["b/x"].T, "number": np.array(3)})
    assert (
        hashlib.sha256((tmp_path / "a.npz").read_bytes()).hexdigest()
        == "999ba267a46cbfbef8e203e04e54239bc1820012d51f884ca9013115e1718ff8"
    )


def test_missing_damaged_and_foreign_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with pytest.raises(DataError, match="not found"):
        read_arrays(path)
    write_arrays(path, ARRAYS)
    whole = path.read_bytes()
    np.save(tmp_path / "single.npy", np.zeros(3))
    for data in (whole[:-30], whole[:50], b"", b"junk", (tmp_path / "single.npy").read_bytes()):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"a\.npz: no archive of arrays") as error:
            read_arrays(path)
        assert "\n" not in str(error.value)
