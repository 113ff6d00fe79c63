"""Record a run that is up to date: every file with its SHA-256, and what made what."""

from __future__ import annotations

import sys
from pathlib import Path

from compfeat.errors import DataError
from compfeat.provenance.files import LISTED
from compfeat.provenance.records import (
    DEFAULT,
    changes,
    make_record,
    read_record,
    read_summary,
    same_experiment,
    write_record,
)


def record(
    *,
    config: list[Path],
    record: str = DEFAULT,
    summary: Path | None = None,
    project: Path = Path(),
) -> None:
    """Record a run that is up to date. make record does all of it: snakemake --summary | python -m compfeat record ...

    Written are artifacts.csv (path, size_bytes and sha256 of every file; of rendered images that of their lists), record.json (the
    configuration, the code's identities, tools and jobs) and copies of a few tables, all without times or places. Refused is a run
    that is not up to date, one with files that no job of the configuration makes, and one of another experiment (another output)
    than the record that is there.

    Args:
        config: the base configuration and its overlays.
        record: output: folder of the record, in the project.
        summary: what snakemake --summary printed; standard input where not given.
        project: folder that the run lies in.

    Raises:
        DataError: the run is stale or incomplete, has foreign files, or is of another experiment than the record.
        ConfigError: a configuration is missing or is no YAML, or an overlay has the name of the run without one.
    """
    folder, settings = project / record, same_experiment(project, record, config)
    outputs = read_summary(summary.read_text(encoding="utf-8") if summary else sys.stdin.read())
    made = make_record(project, settings, outputs)
    try:
        lines = list(changes(read_record(folder), made)) or ["nothing has changed since the last record"]
    except DataError:
        # There is none, or one that an earlier version of this project wrote.
        lines = [f"first record: {len(made.artifacts)} files"]
    write_record(project, folder, made)
    shown = lines[:LISTED] + ([f"and {len(lines) - LISTED} more: see git diff"] if len(lines) > LISTED else [])
    print("\n".join([*shown, f"record: {len(made.artifacts)} files -> {record}"]))
