"""How long jobs took in earlier runs: what Snakemake recorded of them here, else what ``run_times.csv`` says.

The table is of a run of the default. How fast a machine is does not matter, since a display compares its own jobs with it;
``python -m snakemake_logger_plugin_compfeat OUTPUT`` prints that of the run in the folder OUTPUT.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from compfeat.errors import DataError
from compfeat.provenance.snakemake_metadata import read_records

DEFAULT = Path(__file__).with_name("run_times.csv")
COLUMNS = ("rule", "job", "seconds")
LOGS = "/logs/"
"""Between a run's folder and what names one of its jobs: the path of its log."""

Times = Mapping[str, Mapping[str, float]]
"""Seconds by rule and job."""


def job_name(log: str) -> str:
    """Return what a job is known by in all runs: its log's path below the folder of logs, without the end."""
    return log.rpartition(LOGS)[2].removesuffix(".log")


def read_times(file: TextIO) -> Times:
    """Return the times in a table with COLUMNS."""
    times: dict[str, dict[str, float]] = {}
    for row in csv.DictReader(file):
        times.setdefault(row["rule"], {})[row["job"]] = float(row["seconds"])
    return times


def write_times(file: TextIO, times: Times) -> None:
    """Write times as a table with COLUMNS."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((rule, job, f"{s:.1f}") for rule, jobs in times.items() for job, s in jobs.items())


def default_times() -> Times:
    """Return how long the jobs of the run of ``run_times.csv`` took."""
    with DEFAULT.open(encoding="utf-8", newline="") as file:
        return read_times(file)


def recorded_times(project: Path, output: str) -> Times:
    """Return how long the jobs of the last run with results in ``output`` took, sorted; nothing without one."""
    times: dict[str, dict[str, float]] = {}
    try:
        for _, record in read_records(project):
            started, ended, log = record.get("starttime"), record.get("endtime"), (record.get("log") or [""])[0]
            if log.startswith(f"{output}{LOGS}") and started and ended:
                times.setdefault(str(record.get("rule")), {})[job_name(log)] = ended - started
    except DataError:
        return {}
    return {rule: dict(sorted(jobs.items())) for rule, jobs in sorted(times.items())}


def known_times(project: Path, output: str) -> Times:
    """Return how long the jobs of each rule took here, where it ran here, else in the run of ``run_times.csv``."""
    return {**default_times(), **recorded_times(project, output)}
