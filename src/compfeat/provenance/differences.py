"""Which files on the disk differ from the record, and what depends on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compfeat.provenance.files import Fingerprint, files_below, fingerprint
from compfeat.provenance.graph import Graph
from compfeat.provenance.places import kind_of
from compfeat.provenance.records import Record
from compfeat.provenance.rows import rows_on

GROUPS = {"figure": "figures", "table": "tables", "document": "documents"}
"""What a reader sees, by the kind of its file."""
STATES = ("changed", "missing", "extra")


@dataclass(frozen=True)
class Difference:
    """A file that is not as it was recorded."""

    path: str
    state: str
    """One of STATES."""
    expected: Fingerprint | None
    found: Fingerprint | None


def differences(project: Path, record: Record) -> list[Difference]:
    """Return all differences between the project's files and the record, sorted by path.

    Raises:
        DataError: a file cannot be read.
    """
    there = files_below(project, record.folders)
    result = []
    for path in sorted({*there, *record.artifacts}):
        expected, found = record.artifacts.get(path), fingerprint(project / path)
        if found is not None and record.deleted.get(path) == found.sha256:
            continue
        if expected is None:
            result.append(Difference(path, "extra", None, found))
        elif expected != found:
            result.append(Difference(path, "missing" if found is None else "changed", expected, found))
    return result


def group(path: str) -> str | None:
    """Return what a file is to a reader (figures, tables, documents); None for what lies on the way there."""
    return GROUPS.get(kind_of(path) or "")


def affected(project: Path, graph: Graph, damaged: Iterable[str]) -> dict[str, list[Any]]:
    """Return the figures, tables (with the rows concerned), documents and other files that stand on ``damaged``.

    A damaged figure, table or document counts as affected itself; an extra file, which no job reads, affects nothing.
    """
    bad = sorted(path for path in damaged if graph.knows(path))
    found: dict[str, list[Any]] = {"figures": [], "tables": [], "documents": [], "files": []}
    for path in sorted({*bad, *graph.downstream(bad)}):
        what = group(path)
        if what == "tables" and path.endswith(".csv"):
            rows = rows_on(graph, project, path, bad)
            if rows["n_hit"] != 0 or path in bad:
                found["tables"].append(rows)
        elif what == "tables":
            found["tables"].append({"path": path, "n_rows": None, "n_hit": None, "keys": []})
        elif what is not None:
            found[what].append(path)
        elif path not in bad:
            found["files"].append(path)
    return found


def audit_report(project: Path, record: Record) -> dict[str, Any]:
    """Return the audit: counts, every difference, and what depends on each and on all of them.

    Raises:
        DataError: a file cannot be read.
    """
    graph = record.graph(project)
    found = differences(project, record)
    counts = {f"n_{state}": sum(d.state == state for d in found) for state in STATES}
    return {
        "n_files": len(record.artifacts),
        **counts,
        "differences": [_described(d, graph) for d in found],
        "affected": affected(project, graph, [d.path for d in found]),
    }


def _described(difference: Difference, graph: Graph) -> dict[str, Any]:
    prints: Mapping[str, Fingerprint | None] = {"expected": difference.expected, "found": difference.found}
    values = {name: None if value is None else vars(value) for name, value in prints.items()}
    below = [path for path in graph.downstream([difference.path]) if group(path)]
    return {"path": difference.path, "state": difference.state, **values, "affected": below}
