"""Arrays: archives of named ones (``.npz``), such as the pictures of the showcase; positions in them; files of features."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.io import atomic_path

Arrays = dict[str, NDArray[Any]]


def evenly_spaced(count: int, wanted: int | None) -> NDArray[np.intp]:
    """Return ``wanted`` positions of ``count``, evenly spaced from the first on; all where fewer are there, or None are wanted."""
    n = count if wanted is None else min(wanted, count)
    return np.arange(n) * count // n


def read_arrays(path: Path, remedy: str = "rerun the stage that makes it") -> Arrays:
    """Read all arrays of an archive; ``remedy`` is what to do where that fails.

    Raises:
        DataError: the file is missing or damaged.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise DataError(f"{path}: not found; {remedy}") from None
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, AttributeError, TypeError) as error:
        raise DataError(f"{path}: no archive of arrays ({error}); {remedy}") from None


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays as an archive, atomically and in the order of their names: equal arrays give equal bytes."""
    write_archive(path, ((f"{name}.npy", _npy(array)) for name, array in sorted(arrays.items())))


def _npy(array: NDArray[Any]) -> bytes:
    """Return the bytes of an array's ``.npy`` file."""
    content = io.BytesIO()
    np.lib.format.write_array(content, np.asarray(array, order="C"), allow_pickle=False)
    return content.getvalue()


def write_archive(path: Path, contents: Iterable[tuple[str, bytes]]) -> None:
    """Write a zip file of names and contents atomically, in their order: equal ones give equal bytes.

    Nothing is compressed, and no size is left open: what a compressor makes differs between versions of zlib, and what
    numpy.savez writes of sizes between those of Python.
    """
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in contents:
            archive.writestr(zipfile.ZipInfo(name), content)


def open_features(path: Path) -> NDArray[np.float32]:
    """Map a features file read-only: float32, N x C x h x w.

    Raises:
        DataError: the file is missing, damaged, cut short, or no features file.
    """
    try:
        features: np.memmap[Any, np.dtype[Any]] = open_memmap(path, mode="r")
    except FileNotFoundError:
        raise DataError(f"{path}: not found; run the features stage") from None
    except (OSError, ValueError, EOFError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(
            f"{path}: damaged or no features file ({reason}); delete it and rerun the features stage"
        ) from None
    if features.dtype != np.float32 or features.ndim != 4 or not features.size:
        raise DataError(
            f"{path}: no features file; expected float32, images x channels x rows x columns; rerun features"
        )
    return features
