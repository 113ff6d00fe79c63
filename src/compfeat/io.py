"""Reading and writing files so that nobody ever sees half of one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from compfeat.errors import DataError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` on success, remove it on any failure.

    The temporary name ends like the real one, because many writers choose a format by the suffix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, as UTF-8 with the line ends it has."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON with sorted keys, atomically."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        DataError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: not found; run the stage that makes it") from None
    except ValueError as error:
        raise DataError(f"{path}: not JSON ({error}); delete it and rerun the stage that makes it") from None


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, atomically: no index, Unix line ends, floats at full (round-trip) precision."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_csv(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read a CSV table that must have at least ``columns``.

    Raises:
        DataError: the file is missing, is not CSV, or lacks a column.
    """
    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise DataError(f"{path}: not found; run the stage that makes it") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a CSV table ({error}); delete it and rerun the stage that makes it") from None
    missing = sorted(set(columns) - set(table.columns))
    if missing:
        raise DataError(f"{path}: lacks column {missing[0]!r}; found {', '.join(table.columns)}; rerun its stage")
    return table
