"""A run's quantised features on disk: one ``.npy`` file, one record an image, in the order of the split's index.

A record has the fields ``minimum`` and ``maximum`` (float32) and ``tiles`` (uint8, tiled H x W).
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from compfeat.errors import BitstreamError, DataError
from compfeat.features.quantise import Quantised
from compfeat.features.tile import tile, tiled_shape
from compfeat.io import atomic_path, write_bytes

SIDE_INFO_BYTES = 8
"""What an image's minimum and maximum weigh: two float32."""


def record_type(tiles_shape: tuple[int, int]) -> np.dtype[np.void]:
    """Return the type of an image's record, with tiled images of ``tiles_shape`` (H, W)."""
    return np.dtype([("minimum", "<f4"), ("maximum", "<f4"), ("tiles", "u1", tiles_shape)])


class FeatureWriter:
    """Writes a features file image by image; the file appears, whole, when the with block ends without an error."""

    def __init__(self, path: Path, images: int, feature_shape: tuple[int, int, int]) -> None:
        """Prepare to write ``images`` tensors of ``feature_shape`` (C, H, W). Raises DataError where there are none."""
        if images < 1:
            raise DataError(f"{path}: {images} images to write; expected at least 1")
        self.path = path
        self.images = images
        self.tiles_shape = tiled_shape(feature_shape[0], feature_shape[1:])
        self.written = 0
        self._stack = ExitStack()

    def __enter__(self) -> FeatureWriter:
        temporary = self._stack.enter_context(atomic_path(self.path))
        self._records = open_memmap(temporary, mode="w+", dtype=record_type(self.tiles_shape), shape=(self.images,))
        return self

    def append(self, quantised: Quantised) -> None:
        """Write the next image's features. Raises DataError where there is no room, or they are of another shape."""
        tiles = tile(quantised.codes)
        if self.written >= self.images or tiles.shape != self.tiles_shape:
            raise DataError(
                f"{self.path}: image {self.written} makes tiles of {tiles.shape}; "
                f"expected {self.images} images of {self.tiles_shape}"
            )
        self._records[self.written] = (quantised.minimum, quantised.maximum, tiles)
        self.written += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._records.flush()
        del self._records
        if error is None and self.written != self.images:
            error = DataError(f"{self.path}: {self.written} images written; expected {self.images}")
            with self._stack:  # which removes the unfinished file
                raise error
        self._stack.__exit__(kind, error, trace)


def open_features(path: Path) -> np.memmap[Any, np.dtype[np.void]]:
    """Map a features file read-only: one record an image, see ``record_type``.

    Raises:
        DataError: the file is missing, damaged, cut short, or no features file.
    """
    try:
        records = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"{path}: not found; run the features stage") from None
    except (OSError, ValueError, EOFError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(
            f"{path}: damaged or no features file ({reason}); delete it and rerun the features stage"
        ) from None
    names = ("minimum", "maximum", "tiles")
    if not isinstance(records, np.memmap) or records.dtype.names != names or records.ndim != 1:
        raise DataError(f"{path}: no features file; expected records of {', '.join(names)}; rerun the features stage")
    if records["tiles"].ndim != 3 or records.dtype != record_type(records["tiles"].shape[1:]):
        raise DataError(f"{path}: no features file; its records are {records.dtype}; rerun the features stage")
    expected = records.offset + records.nbytes
    if path.stat().st_size != expected:
        raise DataError(
            f"{path}: {path.stat().st_size} bytes; expected {expected}; delete it and rerun the features stage"
        )
    return records


def write_side_info(path: Path, records: NDArray[np.void]) -> None:
    """Write each image's minimum and maximum as two little-endian float32, 8 bytes an image, atomically."""
    pairs = np.stack([records["minimum"], records["maximum"]], axis=1)
    write_bytes(path, pairs.astype("<f4").tobytes())


def read_side_info(path: Path) -> NDArray[np.float32]:
    """Return the (minimum, maximum) pairs, N x 2.

    Raises:
        BitstreamError: the file is missing, cut short, or has a pair that is not finite or not in order.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BitstreamError(
            f"{path}: cannot be read ({error.strerror}); rerun the encode stage for this point"
        ) from None
    if len(data) % SIDE_INFO_BYTES:
        raise BitstreamError(f"{path}: {len(data)} bytes; expected {SIDE_INFO_BYTES} an image; rerun the encode stage")
    pairs = np.frombuffer(data, dtype="<f4").astype(np.float32).reshape(-1, 2)
    wrong = np.flatnonzero(~(np.isfinite(pairs).all(axis=1) & (pairs[:, 0] <= pairs[:, 1])))
    if wrong.size:
        raise BitstreamError(
            f"{path}: image {wrong[0]} has minimum and maximum {pairs[wrong[0]].tolist()}; rerun the encode stage"
        )
    return pairs
