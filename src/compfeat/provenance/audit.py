"""Holding what lies on the disk against the record: which files differ, and what stands on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from compfeat.provenance.files import Fingerprint, files_below, fingerprint
from compfeat.provenance.graph import Graph
from compfeat.provenance.record import Record
from compfeat.provenance.tables import rows_on

KINDS = {"figures": "figures", "summarise": "tables"}
"""What the files of a stage's folder are to a reader. Those of all later stages are documents."""
STAGES = ("train", "features", "encode", "evaluate")
"""Folders of what a reader never sees."""


@dataclass(frozen=True)
class Difference:
    """A file that is not as it was recorded."""

    path: str
    state: str
    """``changed``, ``missing`` or ``extra``."""
    expected: Fingerprint | None
    found: Fingerprint | None


def differences(project: Path, record: Record) -> list[Difference]:
    """Return all differences between the project's files and the record, sorted by path.

    Raises:
        DataError: a file cannot be read.
    """
    there = files_below(project, record.folders)
    told = []
    for path in sorted({*there, *record.artifacts}):
        expected, found = record.artifacts.get(path), fingerprint(project / path)
        if expected is None:
            told.append(Difference(path, "extra", None, found))
        elif expected != found:
            told.append(Difference(path, "missing" if found is None else "changed", expected, found))
    return told


def kind(path: str, output: str) -> str | None:
    """Return what a file is to a reader (figures, tables, documents), or None for what lies on the way there."""
    if not PurePosixPath(path).is_relative_to(output):
        return None
    stage = PurePosixPath(path).relative_to(output).parts[0]
    return None if stage in STAGES else KINDS.get(stage, "documents")


def affected(project: Path, graph: Graph, output: str, damaged: Iterable[str]) -> dict[str, list[Any]]:
    """Return the figures, tables (with the rows concerned), documents and other files that stand on ``damaged``.

    A damaged figure, table or document counts as affected itself; an extra file, which no job reads, affects nothing.
    """
    bad = sorted(path for path in damaged if graph.knows(path))
    found: dict[str, list[Any]] = {"figures": [], "tables": [], "documents": [], "files": []}
    for path in sorted({*bad, *graph.downstream(bad)}):
        what = kind(path, output)
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


def report(project: Path, record: Record) -> dict[str, Any]:
    """Return the audit: counts, every difference, and what stands on each and on all of them."""
    graph, output = record.graph, str(record.config["output"])
    found = differences(project, record)
    states = {state: [d for d in found if d.state == state] for state in ("changed", "missing", "extra")}
    return {
        "n_files": len(record.artifacts),
        **{f"n_{state}": len(of_state) for state, of_state in states.items()},
        "differences": [_told(d, project, graph, output) for d in found],
        "affected": affected(project, graph, output, [d.path for d in found]),
    }


def _told(difference: Difference, project: Path, graph: Graph, output: str) -> dict[str, Any]:
    prints: Mapping[str, Fingerprint | None] = {"expected": difference.expected, "found": difference.found}
    values = {name: None if value is None else vars(value) for name, value in prints.items()}
    below = [path for path in graph.downstream([difference.path]) if kind(path, output)]
    return {"path": difference.path, "state": difference.state, **values, "affected": below}
