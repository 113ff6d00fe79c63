"""Describe a run as a Workflow Run RO-Crate, for other programs and archives."""

from __future__ import annotations

import sys
from pathlib import Path

from compfeat.experiment.files import load_config
from compfeat.io import write_json
from compfeat.provenance.commits import History
from compfeat.provenance.crate import Writer, needed_files
from compfeat.provenance.graph import Graph
from compfeat.provenance.records import present, read_summary, recorded_jobs

NAME = "ro-crate-metadata.json"


def crate(*, config: list[str], summary: Path | None = None, project: Path = Path()) -> None:
    """Describe a run as a Workflow Run RO-Crate. make crate does all of it: snakemake --summary | python -m compfeat crate ...

    Written is ro-crate-metadata.json in the project's folder, which thereby is the crate: it names every file of the run with its
    SHA-256, every job with its command, code, packages and times, and the workflow. Files and jobs of other configurations, or of
    an earlier state of this one, are left out.

    Args:
        config: the base configuration and its overlays.
        summary: what snakemake --summary printed; standard input where not given.
        project: folder that the run lies in.

    Raises:
        DataError: the run is stale, or lacks a file.
        ConfigError: a configuration is missing or is no YAML.
        ToolError: git fails with the project's repository.
    """
    output = str(load_config([project / path for path in config])["output"])
    outputs = read_summary(summary.read_text(encoding="utf-8") if summary else sys.stdin.read())
    jobs = Graph.of(project, recorded_jobs(project, outputs)).jobs
    prints = present(project, needed_files(jobs, config) - {path for path, kept in outputs.items() if not kept})
    history = History(project)
    write_json(project / NAME, Writer(prints, history).write(jobs, config, output))
    if history.problem:
        print(f"crate: it names no commit: {history.problem}")
    print(f"crate: {len(jobs)} jobs, {len(prints)} files -> {project / NAME}")
