"""The ledger: what every image weighs at one point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from compfeat.codecs import RERUN, ImageBytes
from compfeat.errors import BitstreamError, DataError
from compfeat.io import read_csv

COLUMNS = ["image_id", "payload_bytes", "header_bytes", "side_info_bytes"]


def image_ids(path: Path) -> list[str]:
    """Return the column ``image_id`` of a CSV, as text. Raises DataError as ``read_csv`` does."""
    return [str(image_id) for image_id in read_csv(path, ["image_id"])["image_id"]]


def ledger_table(ids: Sequence[str], sizes: Sequence[ImageBytes]) -> pd.DataFrame:
    """Return the ledger of images ``ids`` that weigh ``sizes``."""
    rows = [(i, s.payload_bytes, s.header_bytes, s.side_info_bytes) for i, s in zip(ids, sizes, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def read_ledger(path: Path) -> pd.DataFrame:
    """Return a ledger. Raises DataError where it is missing, damaged, or has sizes that are not whole numbers."""
    table = read_csv(path, COLUMNS)
    for column in COLUMNS[1:]:
        if table[column].dtype.kind != "i":
            raise DataError(f"{path}: column {column!r} is {table[column].dtype}; expected whole numbers; {RERUN}")
    return table


def check_files(table: pd.DataFrame, stream: Path, side_info: Path, ledger: Path) -> None:
    """Raise BitstreamError where a file is missing, or its size is not what the ledger ``table`` adds up to."""
    booked = {
        stream: int(table["payload_bytes"].sum() + table["header_bytes"].sum()),
        side_info: int(table["side_info_bytes"].sum()),
    }
    for path, expected in booked.items():
        if not path.is_file():
            raise BitstreamError(f"{path}: not found; {RERUN}")
        if path.stat().st_size != expected:
            raise BitstreamError(f"{path}: {path.stat().st_size} bytes; {ledger} says {expected}; {RERUN}")
