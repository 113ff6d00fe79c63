"""How long jobs took in earlier runs: what Snakemake recorded of them here, else what ``run_times.csv`` says.

The table is of a run of config/smoke.yaml. How fast a machine is does not matter, since a display compares its own jobs with it;
``python -m snakemake_logger_plugin_compfeat OUTPUT`` prints that of the run in the folder OUTPUT.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from compfeat.errors import DataError
from compfeat.provenance.snakemake_metadata import read_records

DEFAULT = Path(__file__).with_name("run_times.csv")


def default_seconds() -> dict[str, float]:
    """Return how long a job of each rule took in the run of ``run_times.csv``."""
    with DEFAULT.open(encoding="utf-8", newline="") as file:
        return {row["rule"]: float(row["seconds"]) for row in csv.DictReader(file)}


def recorded_seconds(project: Path, output: str) -> dict[str, float]:
    """Return how long a job of each rule took on average in the last run with results in ``output``; nothing without one."""
    times: dict[str, set[tuple[float, float]]] = {}
    try:
        for path, record in read_records(project):
            started, ended = record.get("starttime"), record.get("endtime")
            if path.startswith(f"{output}/") and started and ended:
                times.setdefault(str(record.get("rule")), set()).add((started, ended))
    except DataError:
        return {}
    return {rule: sum(end - start for start, end in own) / len(own) for rule, own in sorted(times.items())}


def known_seconds(project: Path, output: str) -> Mapping[str, float]:
    """Return how long a job of each rule took here, where it ran here, else in the run of ``run_times.csv``."""
    return default_seconds() | recorded_seconds(project, output)
