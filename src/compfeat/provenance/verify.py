"""Comparing a run with the recorded one: the same to the byte, or how far off in rate and task performance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from compfeat.io import read_csv
from compfeat.provenance.audit import Difference, differences
from compfeat.provenance.graph import Graph
from compfeat.provenance.record import Record

REFERENCE_TABLES = ("points.csv", "bd_rate.csv")
"""Tables of the summary that are kept beside a record, for comparisons of numbers."""
POINT_KEYS = ["cut", "loss", "seed", "codec", "quality"]
BD_KEYS = ["cut", "loss", "seed", "ladder", "metric", "method"]
SHARE_OF_ALL = ("rate_bpe",)
"""Measures that are compared relatively, in percent: the others are compared in their own unit."""
MEASURES = ("rate_bpe", "miou", "psnr_db", "rmse")


def verify(project: Path, record: Record, reference: Path) -> dict[str, Any]:
    """Return how a run compares with its record, stage by stage and number by number.

    Args:
        project: where the run lies.
        record: the recorded run.
        reference: the folder of the record, with REFERENCE_TABLES.

    Raises:
        DataError: a file cannot be read, or the run has no summary.
    """
    graph = record.graph
    found = differences(project, record)
    summary = project / str(record.config["output"]) / "summarise"
    points = compare(read_csv(reference / "points.csv", POINT_KEYS), read_csv(summary / "points.csv", POINT_KEYS))
    rates = compare(read_csv(reference / "bd_rate.csv", BD_KEYS), read_csv(summary / "bd_rate.csv", BD_KEYS), BD_KEYS)
    return {
        "identical": not found,
        "stages": by_stage(record, found),
        "first": first_differences(graph, found),
        "differences": [{"path": d.path, "state": d.state} for d in found],
        "points": points,
        "bd_rates": rates,
    }


def by_stage(record: Record, found: Sequence[Difference]) -> dict[str, dict[str, int]]:
    """Return, of each folder of artifacts, how many files are identical, changed, missing and extra."""
    states = {difference.path: difference.state for difference in found}
    counts: dict[str, dict[str, int]] = {}
    for path in sorted({*record.artifacts, *states}):
        folder = next((f for f in record.folders if PurePosixPath(path).is_relative_to(f)), None)
        told = counts.setdefault(folder or "inputs", {"identical": 0, "changed": 0, "missing": 0, "extra": 0})
        told[states.get(path, "identical")] += 1
    return counts


def first_differences(graph: Graph, found: Sequence[Difference]) -> list[str]:
    """Return, sorted, the files that differ though all that their jobs read is identical: where the runs part."""
    bad = {difference.path for difference in found}
    return sorted(path for path in bad if path in graph.maker and not bad & set(graph.maker[path].inputs))


def compare(reference: pd.DataFrame, own: pd.DataFrame, keys: Sequence[str] = POINT_KEYS) -> dict[str, Any]:
    """Return how far each measure of ``own`` is off ``reference``, over the rows of the same keys.

    Returns:
        ``n_common`` rows, ``only_reference`` and ``only_own`` rows (their keys), and of each measure the number of compared and
        of equal cells, the largest and the mean absolute difference (in percent of the reference for rates, in the measure's
        own unit else; percentage points for BD-rates) and the row of the largest.
    """
    both = reference.merge(own, on=list(keys), how="outer", suffixes=("_reference", "_own"), indicator=True, sort=True)
    common = both[both["_merge"] == "both"]
    names = [name for name in (*MEASURES, "bd_rate_percent") if {f"{name}_reference", f"{name}_own"} <= set(both)]
    return {
        "n_common": len(common),
        "only_reference": _keys(both[both["_merge"] == "left_only"], keys),
        "only_own": _keys(both[both["_merge"] == "right_only"], keys),
        "measures": {name: _measure(common, name, keys) for name in names},
    }


def _keys(rows: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    return ["/".join(map(str, row)) for row in rows[list(keys)].itertuples(index=False)]


def _measure(common: pd.DataFrame, name: str, keys: Sequence[str]) -> dict[str, Any]:
    """Return how far one measure is off. A cell that only one of both has counts as lost or gained, not as a difference."""
    pair = common[[*keys, f"{name}_reference", f"{name}_own"]]
    held = pair[f"{name}_reference"].notna()
    there = pair[f"{name}_own"].notna()
    pair = pair[held & there]
    reference, own = pair[f"{name}_reference"].astype(float), pair[f"{name}_own"].astype(float)
    off = (own - reference).abs()
    if name in SHARE_OF_ALL:
        off = 100.0 * off / reference.abs()
    told: dict[str, Any] = {"n": len(pair), "n_equal": int((own == reference).sum())}
    told |= {"n_lost": int((held & ~there).sum()), "n_gained": int((~held & there).sum())}
    if len(pair):
        worst = pair.iloc[int(off.to_numpy().argmax())]
        told |= {"largest": float(off.max()), "mean": float(off.mean())}
        told |= {"at": "/".join(str(worst[key]) for key in keys)}
        told |= {"reference": float(worst[f"{name}_reference"]), "own": float(worst[f"{name}_own"])}
    return told


UNITS: Mapping[str, str] = {
    "rate_bpe": "%",
    "miou": "",
    "psnr_db": " dB",
    "rmse": " px",
    "bd_rate_percent": " percentage points",
}
"""What differences are told in."""
