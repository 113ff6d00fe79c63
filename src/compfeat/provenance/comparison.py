"""Comparing a run with the recorded one: the same to the byte, or how far off in size and task performance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from compfeat.experiment.layout import Layout
from compfeat.io import read_csv, read_json
from compfeat.provenance.differences import STATES, Difference, differences
from compfeat.provenance.graph import Graph
from compfeat.provenance.records import Record
from compfeat.provenance.selection import KEYS
from compfeat.results.resolved import EXPERIMENT, Resolved

SIZE = "bytes_per_image"
BD_RATE = "bd_rate_percent"
PERCENT = "%"
IN_PERCENT_POINTS = " percentage points"


def verify_report(project: Path, record: Record, reference: Path) -> dict[str, Any]:
    """Return how a run compares with its record, folder by folder and number by number.

    A table whose rows are those of the record in another order counts as identical.

    Args:
        project: where the run lies.
        record: the recorded run.
        reference: the folder of the record, with its copies of tables.

    Raises:
        DataError: a file cannot be read, or the run has no summary.
    """
    layout = Layout(str(record.config["output"]), "")
    own = {copy.name: project / layout.table(copy.name) for copy in sorted(reference.glob("*.csv"))}
    reordered = {layout.table(name) for name, path in own.items() if same_rows(reference / name, path)}
    found = [d for d in differences(project, record) if d.path not in reordered]
    experiment = project / layout.table(EXPERIMENT)
    metrics = Resolved.read(read_json(experiment), str(experiment)).metrics
    units = {SIZE: PERCENT} | {metric.name: f" {metric.unit}".rstrip() for _, metric in metrics}
    tables = {name: (read_csv(reference / name, []), read_csv(own[name], [])) for name in ("points.csv", "bd_rate.csv")}
    return {
        "identical": not found,
        "folders": by_folder(record, found),
        "first": first_differences(record.graph(project), found),
        "differences": [{"path": d.path, "state": d.state} for d in found],
        "points": compare(*tables["points.csv"], units),
        "bd_rates": compare(*tables["bd_rate.csv"], {BD_RATE: IN_PERCENT_POINTS}),
    }


def same_rows(reference: Path, own: Path) -> bool:
    """Return whether two files have the same lines, in any order but for the first."""
    if not own.is_file():
        return False
    (head, *lines), (own_head, *own_lines) = (path.read_bytes().split(b"\n") for path in (reference, own))
    return head == own_head and sorted(lines) == sorted(own_lines)


def by_folder(record: Record, found: Sequence[Difference]) -> dict[str, dict[str, int]]:
    """Return, of each folder of artifacts, how many files are identical, changed, missing and extra."""
    states = {difference.path: difference.state for difference in found}
    counts: dict[str, dict[str, int]] = {}
    for path in sorted({*record.artifacts, *states}):
        folder = next((f for f in record.folders if PurePosixPath(path).is_relative_to(f)), "inputs")
        of_folder = counts.setdefault(folder, dict.fromkeys(("identical", *STATES), 0))
        of_folder[states.get(path, "identical")] += 1
    return counts


def first_differences(graph: Graph, found: Sequence[Difference]) -> list[str]:
    """Return, sorted, the files that differ though all that their jobs read is identical: where the runs part."""
    bad = {difference.path for difference in found}
    return sorted(path for path in bad if path in graph.maker and not bad & set(graph.maker[path].inputs))


def compare(reference: pd.DataFrame, own: pd.DataFrame, units: Mapping[str, str]) -> dict[str, Any]:
    """Return how far each measure of ``own`` is off ``reference``, over the rows of the same keys.

    Args:
        reference: the recorded table.
        own: this run's.
        units: the unit of each column that is compared; PERCENT for a difference in percent of the reference.

    Returns:
        ``n_common`` rows, ``only_reference`` and ``only_own`` rows (their keys), and of each measure its unit, the number of
        compared and of equal cells, the largest and the mean absolute difference and the row of the largest.
    """
    keys = [name for name in KEYS if name in reference and name in own]
    sides = [table.assign(**{key: table[key].astype(str) for key in keys}) for table in (reference, own)]
    both = sides[0].merge(sides[1], on=keys, how="outer", suffixes=("_reference", "_own"), indicator=True, sort=True)
    common = both[both["_merge"] == "both"]
    names = [name for name in units if name in reference and name in own]
    return {
        "n_common": len(common),
        "only_reference": _named(both[both["_merge"] == "left_only"], keys),
        "only_own": _named(both[both["_merge"] == "right_only"], keys),
        "measures": {name: {"unit": units[name], **_measure(common, name, units[name], keys)} for name in names},
    }


def _named(rows: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    return ["/".join(map(str, row)) for row in rows[list(keys)].itertuples(index=False)]


def _measure(common: pd.DataFrame, name: str, unit: str, keys: Sequence[str]) -> dict[str, Any]:
    """Return how far one measure is off. A cell that only one of both has counts as lost or gained, not as a difference."""
    pair = common[[*keys, f"{name}_reference", f"{name}_own"]]
    recorded, there = pair[f"{name}_reference"].notna(), pair[f"{name}_own"].notna()
    pair = pair[recorded & there]
    reference, own = pair[f"{name}_reference"].astype(float), pair[f"{name}_own"].astype(float)
    off = (own - reference).abs()
    if unit == PERCENT:
        off = 100.0 * off / reference.abs()
    result: dict[str, Any] = {"n": len(pair), "n_equal": int((own == reference).sum())}
    result |= {"n_lost": int((recorded & ~there).sum()), "n_gained": int((~recorded & there).sum())}
    if len(pair):
        worst = pair.iloc[int(off.to_numpy().argmax())]
        result |= {"largest": float(off.max()), "mean": float(off.mean())}
        result |= {"at": "/".join(str(worst[key]) for key in keys)}
        result |= {"reference": float(worst[f"{name}_reference"]), "own": float(worst[f"{name}_own"])}
    return result
