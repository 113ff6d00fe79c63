"""Reading and writing files so that nobody ever sees half of one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from compfeat.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def atomic_path(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` on success, remove it on any failure.

    The temporary name is of this call alone, so that writers of one file in other threads, containers or hosts do not meet; the last
    one to finish wins. It ends like the real one, because many writers choose a format by the suffix. Whoever can read other new
    files in the folder can read this one, whatever mode its writer gave it. A link is replaced, not the file that it points to.
    ``durable`` waits until the bytes are on the disk, so that a power loss leaves the whole file or none; without, thousands of small
    files that can be made again take less time.

    Raises:
        DataError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.stem}.{uuid4().hex}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        mode = temporary.stat().st_mode
        # A writer that writes nothing is an error, not an empty file.
        temporary.unlink()
        try:
            yield temporary
            temporary.chmod(mode)
            if durable:
                _synchronise(temporary)
            temporary.replace(path)
            if durable:
                _synchronise(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error}); check the folder, its permissions and the disk"
        ) from None


def _synchronise(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal. Raises DataError if it is missing."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise DataError(f"{path}: not found; restore it") from None


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, atomically: no index, Unix line ends, floats at full (round-trip) precision."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


TEXTS = (
    *("image_id", "sha256", "dataset", "cut", "method", "against", "training", "transform", "codec", "quality"),
    *("ladder", "against_ladder", "metric", "curve_metric", "fit", "task", "label", "curve_label", "unit", "group"),
    *("text", "split", "remote", "remote_ladder", "remote_metric", "better_below", "better_above"),
)
"""Columns whose cells are texts, whatever they look like: an image may be called 000007, a quality 90, a method nan."""


def read_csv(path: Path, columns: Sequence[str], *, as_text: bool = False) -> pd.DataFrame:
    """Read a CSV table that must have at least ``columns``. Only an empty cell is a missing value.

    TEXTS are read as texts, all columns with ``as_text``.

    Raises:
        DataError: the file is missing, is not CSV, or lacks a column.
    """
    import pandas as pd

    try:
        dtype: Any = str if as_text else dict.fromkeys(TEXTS, str)
        table = pd.read_csv(path, dtype=dtype, keep_default_na=False, na_values=[""])
    except FileNotFoundError:
        raise DataError(f"{path}: not found; run the stage that makes it") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a CSV table ({error}); delete it and rerun the stage that makes it") from None
    missing = sorted(set(columns) - set(table.columns))
    if missing:
        raise DataError(f"{path}: lacks column {missing[0]!r}; found {', '.join(table.columns)}; rerun its stage")
    return table


def own_path(text: str) -> Path:
    """Return the path that a user wrote, with ``~`` and ``~NAME`` as the home folders that they stand for.

    Raises:
        ConfigError: there is no such home folder.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ConfigError(f"{text}: {str(error).rstrip('.').lower()}; give the whole path") from None
