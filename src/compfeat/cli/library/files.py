"""Files of features and bitstreams that users give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import DataError


def read_npy(path: Path) -> NDArray[Any]:
    """Map an array from a .npy file. Raises DataError if it is missing or none."""
    try:
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, EOFError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: no array ({reason}); expected a .npy file; write it by numpy.save") from None
    return array


def read_stream(path: Path) -> bytes:
    """Return a file's bytes. Raises DataError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from None
