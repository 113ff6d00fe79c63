"""Comparing a run with the recorded one: the same to the byte, or how far off in size and task performance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from compfeat.experiment.layout import Layout
from compfeat.io import read_csv, read_json
from compfeat.provenance.audit import STATES, differences
from compfeat.provenance.records import Record
from compfeat.provenance.rows import KEYS
from compfeat.results.resolved import EXPERIMENT, Resolved

PERCENT = "%"


def verify_report(project: Path, record: Record, reference: Path) -> dict[str, Any]:
    """Return how the run in ``project`` compares with its record, folder by folder and number by number.

    A table whose rows are those of its copy in ``reference``, the record's folder, in another order counts as identical.

    Raises:
        DataError: a file cannot be read, or the run has no summary.
    """
    layout = Layout(str(record.config["output"]), "")
    copies = {layout.table(copy.name): copy for copy in sorted(reference.glob("*.csv"))}
    reordered = {path for path, copy in copies.items() if _same_rows(copy, project / path)}
    states = {path: state for path, (state, *_) in differences(project, record).items() if path not in reordered}
    experiment, maker = project / layout.table(EXPERIMENT), record.graph(project).maker
    metrics = Resolved.read(read_json(experiment), str(experiment)).metrics
    units = {
        "points.csv": {"bytes_per_image": PERCENT} | {m.name: f" {m.unit}".rstrip() for _, m in metrics},
        "bd_rate.csv": {"bd_rate_percent": " percentage points"},
    }
    points, bd_rates = (
        compare(read_csv(reference / name, []), read_csv(project / layout.table(name), []), of_table)
        for name, of_table in units.items()
    )
    return {
        "identical": not states,
        "folders": _by_folder(record, states),
        # They differ though all that their jobs read is identical: there the runs part.
        "first": sorted(p for p in states if p in maker and states.keys().isdisjoint(maker[p].inputs)),
        "differences": [{"path": path, "state": state} for path, state in states.items()],
        "points": points,
        "bd_rates": bd_rates,
    }


def _same_rows(recorded: Path, here: Path) -> bool:
    """Return whether two files have the same lines, in any order but for the first."""
    if not here.is_file():
        return False
    (recorded_head, *recorded_lines), (head, *lines) = (path.read_bytes().split(b"\n") for path in (recorded, here))
    return head == recorded_head and sorted(lines) == sorted(recorded_lines)


def _by_folder(record: Record, states: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return, of each folder of artifacts, how many files are identical, changed, missing and extra."""
    counts: dict[str, dict[str, int]] = {}
    for path in sorted({*record.artifacts, *states}):
        folder = next((f for f in record.folders if PurePosixPath(path).is_relative_to(f)), "inputs")
        of_folder = counts.setdefault(folder, dict.fromkeys(("identical", *STATES), 0))
        of_folder[states.get(path, "identical")] += 1
    return counts


def compare(recorded: pd.DataFrame, here: pd.DataFrame, units: Mapping[str, str]) -> dict[str, Any]:
    """Return how far each measure of the table ``here`` is off ``recorded``, over the rows of the same keys.

    ``units`` has the unit of each column that is compared; PERCENT for a difference in percent of the recorded value.

    Returns:
        ``n_common`` rows, ``only_recorded`` and ``only_here`` rows (their keys), and of each measure its unit, the number of
        compared and of equal cells, the largest and the mean absolute difference and the row of the largest.
    """
    keys = [name for name in KEYS if name in recorded and name in here]
    sides = [table.assign(**{key: table[key].astype(str) for key in keys}) for table in (recorded, here)]
    merged = sides[0].merge(sides[1], on=keys, how="outer", suffixes=("_recorded", "_here"), indicator=True, sort=True)
    names = ["/".join(row) for row in merged[keys].itertuples(index=False)]
    rows = {side: merged.assign(name=names)[merged["_merge"] == side] for side in ("both", "left_only", "right_only")}
    return {
        "n_common": len(rows["both"]),
        "only_recorded": list(rows["left_only"]["name"]),
        "only_here": list(rows["right_only"]["name"]),
        "measures": {
            name: {"unit": unit, **_measure(rows["both"], name, unit)}
            for name, unit in units.items()
            if name in recorded and name in here
        },
    }


def _measure(common: pd.DataFrame, name: str, unit: str) -> dict[str, Any]:
    """Return how far one measure is off. A cell that only one of both has counts as lost or gained, not as a difference."""
    values = common.set_index("name")
    recorded, here = (values[f"{name}_{side}"].astype(float) for side in ("recorded", "here"))
    both = recorded.notna() & here.notna()
    off = (here - recorded)[both].abs()
    if unit == PERCENT:
        off = 100.0 * off / recorded[both].abs()
    result: dict[str, Any] = {"n": int(both.sum()), "n_equal": int((here == recorded).sum())}
    result |= {"n_lost": int((recorded.notna() & ~both).sum()), "n_gained": int((here.notna() & ~both).sum())}
    if both.any():
        worst = int(off.to_numpy().argmax())
        result |= {"largest": float(off.max()), "mean": float(off.mean()), "at": off.index[worst]}
        result |= {"recorded": float(recorded[both].iloc[worst]), "here": float(here[both].iloc[worst])}
    return result
