"""The numbers of a run: the rows of its summary's tables, and which of them stand on which files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from compfeat.errors import ConfigError, DataError
from compfeat.io import read_csv
from compfeat.provenance.graph import Graph, Keep
from compfeat.provenance.selection import ROW_KEYS, Selection, read_ladders, selection_of

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    """Return a table's rows as texts, empty cells as ``""``.

    Raises:
        DataError: the file is missing or no table.
    """
    read_csv(path, [])  # for its errors
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return [{str(name): str(value) for name, value in row.items()} for row in table.to_dict("records")]


def read_row_ladders(table: Path) -> dict[str, frozenset[str]]:
    """Return the ladders of the run that a summary table belongs to; none where it has no ``ladders.csv``."""
    path = table.with_name("ladders.csv")
    return read_ladders(read_csv(path, ["ladder", "codec"])) if path.is_file() else {}


def matching(rows: Sequence[Row], wanted: Mapping[str, str], name: str) -> list[Row]:
    """Return the rows whose cells are ``wanted``.

    Raises:
        ConfigError: no such column, or no such row.
    """
    columns = list(rows[0]) if rows else []
    for column, value in wanted.items():
        if column not in columns:
            raise ConfigError(
                f"--row {column}={value}: {name} has no column {column!r}; its columns: {', '.join(columns)}"
            )
        known = sorted({row[column] for row in rows})
        if value not in known:
            shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
            raise ConfigError(f"--row {column}={value}: no such row in {name}; values of {column!r}: {shown}")
    found = [row for row in rows if all(row[column] == value for column, value in wanted.items())]
    if not found:
        raise ConfigError(f"--row: no row of {name} has all of {', '.join(f'{k}={v}' for k, v in wanted.items())}")
    return found


def keeper(graph: Graph, selections: Iterable[Selection]) -> Keep:
    """Return what follows the inputs that one of ``selections`` stands on."""
    chosen = list(dict.fromkeys(selections))
    return lambda path, job: any(one.keeps(path, job, path in graph.maker) for one in chosen)


def row_key(row: Row) -> Row:
    """Return the cells that name a row."""
    return {name: row[name] for name in ROW_KEYS if row.get(name, "") != ""}


def rows_on(graph: Graph, project: Path, table: str, damaged: Iterable[str]) -> dict[str, Any]:
    """Return which rows of ``table`` stand on one of ``damaged``: ``n_rows`` of all, ``n_hit``, and the keys of those hit.

    Where the table itself is damaged or not a table, all rows count, and ``n_rows`` is None where they cannot be read.
    """
    bad = set(damaged)
    path = project / table
    try:
        rows, ladders = read_rows(path), read_row_ladders(path)
    except DataError:
        return {"path": table, "n_rows": None, "n_hit": None, "keys": []}
    name = PurePosixPath(table).name
    reached: dict[Selection, frozenset[str]] = {}
    hit = []
    for row in rows:
        one = selection_of(name, row, ladders)
        # Rows of single images are many, and stand on the same files but for the images.
        whole = replace(one, image=None)
        if whole not in reached:
            files = {path for step in graph.chain(table, keeper(graph, [whole])) for path in step.reads}
            reached[whole] = frozenset(bad & files)
        if table in bad or _stands_on(graph, one, reached[whole]):
            hit.append(row)
    keys = list({tuple(row_key(row).items()): row_key(row) for row in hit}.values())
    return {"path": table, "n_rows": len(rows), "n_hit": len(hit), "keys": keys}


def _stands_on(graph: Graph, selection: Selection, files: Iterable[str]) -> bool:
    """Return whether a row stands on one of ``files``, all of which lead to its table."""
    keep = keeper(graph, [selection])
    return any(keep(path, job) for path in files for job in graph.readers[path])
