"""The numbers of a run: the rows of its summary's tables, and which of them stand on which files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from compfeat.errors import ConfigError, DataError
from compfeat.io import read_csv
from compfeat.provenance.graph import Graph
from compfeat.provenance.selection import KEYS, Declared, Selection, keeper, selection_of

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    """Return a table's rows as texts, empty cells as ``""``.

    Raises:
        DataError: the file is missing or no table.
    """
    table = read_csv(path, [], as_text=True).fillna("")
    return [{str(name): str(value) for name, value in row.items()} for row in table.to_dict("records")]


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


def row_key(row: Row) -> Row:
    """Return the cells that name a row."""
    return {name: row[name] for name in KEYS if row.get(name, "") != ""}


def rows_on(graph: Graph, project: Path, table: str, damaged: Iterable[str]) -> dict[str, Any]:
    """Return which rows of ``table`` stand on one of ``damaged``: ``n_rows`` of all, ``n_hit``, and the keys of those hit.

    Where the table itself is damaged or not a table, all rows count, and ``n_rows`` is None where they cannot be read.
    """
    bad = set(damaged)
    try:
        rows, declared = read_rows(project / table), Declared.beside(project / table)
    except DataError:
        return {"path": table, "n_rows": None, "n_hit": None, "keys": []}
    part, own = graph.between(bad, table), table not in graph.given
    leading: dict[Selection, set[str]] = {}
    hit = []
    for row in rows:
        one = selection_of(row, declared, own)
        # Rows of single images are many, and stand on the same files but for the images.
        whole = replace(one, image=None)
        if whole not in leading:
            leading[whole] = graph.leading(part, bad, table, keeper(graph, [whole]))
        if table in bad or any(one.keeps(path, job, graph) for path in leading[whole] for job in graph.readers(path)):
            hit.append(row)
    keys = list({tuple(row_key(row).items()): row_key(row) for row in hit}.values())
    return {"path": table, "n_rows": len(rows), "n_hit": len(hit), "keys": keys}
