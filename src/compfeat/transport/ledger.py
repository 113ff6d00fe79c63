"""The ledger: what every image weighs at each quality of a codec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from compfeat.codecs.base import RERUN, ImageBytes
from compfeat.errors import BitstreamError, DataError
from compfeat.io import read_csv, write_csv

QUALITY = "quality"
COLUMNS = ["image_id", "payload_bytes", "header_bytes", "side_info_bytes"]


def image_ids(path: Path) -> list[str]:
    """Return the column ``image_id`` of a CSV, as text. Raises DataError as ``read_csv`` does."""
    return [str(image_id) for image_id in read_csv(path, ["image_id"])["image_id"]]


def ledger_table(ids: Sequence[str], sizes: Sequence[ImageBytes]) -> pd.DataFrame:
    """Return the ledger of images ``ids`` that weigh ``sizes``."""
    rows = [(i, s.payload_bytes, s.header_bytes, s.side_info_bytes) for i, s in zip(ids, sizes, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def read_ledger(path: Path) -> dict[str, pd.DataFrame]:
    """Return the ledgers in a file by quality, each with COLUMNS in the order of its images.

    Raises:
        DataError: the file is missing or damaged, or has sizes that are not whole numbers.
    """
    table = read_csv(path, [QUALITY, *COLUMNS])
    for column in COLUMNS[1:]:
        if table[column].dtype.kind != "i":
            raise DataError(f"{path}: column {column!r} is {table[column].dtype}; expected whole numbers; {RERUN}")
    return {str(quality): rows[COLUMNS].reset_index(drop=True) for quality, rows in table.groupby(QUALITY, sort=False)}


def write_ledger(path: Path, ledgers: Mapping[str, pd.DataFrame]) -> None:
    """Write the ledgers of all qualities to one CSV file, atomically, with the quality as its first column."""
    write_csv(path, pd.concat(ledgers, names=[QUALITY]).reset_index(level=QUALITY))


def check_files(ledger: pd.DataFrame, stream: Path, side_info: Path) -> None:
    """Raise BitstreamError where a file is missing, or its size is not what the ``ledger`` of its quality adds up to."""
    booked = {
        stream: int(ledger["payload_bytes"].sum() + ledger["header_bytes"].sum()),
        side_info: int(ledger["side_info_bytes"].sum()),
    }
    for path, expected in booked.items():
        if not path.is_file():
            raise BitstreamError(f"{path}: not found; {RERUN}")
        if path.stat().st_size != expected:
            raise BitstreamError(f"{path}: {path.stat().st_size} bytes; the ledger says {expected}; {RERUN}")
