"""The audit of a run: which files on the disk differ from the record, and what depends on them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from compfeat.provenance.files import Fingerprint, files_below, fingerprint
from compfeat.provenance.graph import Graph
from compfeat.provenance.records import Record
from compfeat.provenance.rows import READ, kind_of, rows_on

STATES = ("changed", "missing", "extra")
Difference = tuple[str, Fingerprint | None, Fingerprint | None]
"""The state of a file that is not as it was recorded, one of STATES, with what was recorded and what is there."""


def differences(project: Path, record: Record) -> dict[str, Difference]:
    """Return all differences between the project's files and the record, sorted by path.

    Raises:
        DataError: a file cannot be read.
    """
    result: dict[str, Difference] = {}
    expected = record.artifacts | record.images(project)
    # Below a list of images that is not as recorded, nothing is known.
    unknown = [
        PurePosixPath(path).parent for path in record.image_lists if fingerprint(project / path) != expected[path]
    ]
    for path in sorted({*files_below(project, record.folders), *expected}):
        recorded, current = expected.get(path), fingerprint(project / path)
        kept = current is not None and record.deleted.get(path) == current.sha256
        kept = kept or (recorded is None and any(PurePosixPath(path).is_relative_to(folder) for folder in unknown))
        if recorded is None and not kept:
            result[path] = ("extra", None, current)
        elif recorded != current and not kept:
            result[path] = ("missing" if current is None else "changed", recorded, current)
    return result


def affected(project: Path, graph: Graph, damaged: Iterable[str]) -> dict[str, list[Any]]:
    """Return the figures, tables (with the rows concerned), documents and other files that depend on ``damaged``.

    A damaged figure, table or document counts as affected itself; an extra file, which no job reads, affects nothing.
    """
    bad = {path for path in damaged if graph.knows(path)}
    by_kind: dict[str, list[Any]] = {"figures": [], "tables": [], "documents": [], "files": []}
    for path in sorted(graph.downstream(bad)):
        kind = kind_of(path)
        if kind == "table" and path.endswith(".csv"):
            rows = rows_on(graph, project, path, bad)
            if rows["n_hit"] != 0 or path in bad:
                by_kind["tables"].append(rows)
        elif kind == "table":
            by_kind["tables"].append({"path": path, "n_rows": None, "n_hit": None, "keys": []})
        elif kind in READ:
            by_kind[f"{kind}s"].append(path)
        elif path not in bad:
            by_kind["files"].append(path)
    return by_kind


def audit_report(project: Path, record: Record) -> dict[str, Any]:
    """Return the audit: counts, every difference, and what depends on each and on all of them.

    Raises:
        DataError: a file cannot be read.
    """
    graph, different = record.graph(project), differences(project, record)
    described = [
        {
            "path": path,
            "state": state,
            "expected": recorded and vars(recorded),
            "found": current and vars(current),
            "affected": sorted(one for one in graph.downstream([path]) - {path} if kind_of(one) in READ),
        }
        for path, (state, recorded, current) in different.items()
    ]
    return {
        "n_files": len(record.artifacts) + len(record.images(project)),
        **{f"n_{name}": sum(state == name for state, _, _ in different.values()) for name in STATES},
        "differences": described,
        "affected": affected(project, graph, different),
    }
