"""Archives of named arrays (``.npz``), such as the pictures of the showcase."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.io import atomic_path

Arrays = dict[str, NDArray[Any]]


def read_arrays(path: Path) -> Arrays:
    """Read all arrays of an archive.

    Raises:
        DataError: the file is missing or damaged.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise DataError(f"{path}: not found; run the stage that makes it") from None
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, AttributeError, TypeError) as error:
        raise DataError(f"{path}: no archive of arrays ({error}); delete it and rerun its stage") from None


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays as a compressed archive, atomically and in the order of their names: equal arrays give equal bytes."""
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **dict(sorted(arrays.items())))
