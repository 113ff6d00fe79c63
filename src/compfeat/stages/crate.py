"""Describe a run as a Workflow Run RO-Crate: ``python -m compfeat crate --help``. ``make crate`` does it.

Written is ``ro-crate-metadata.json`` in the project's folder, which thereby is the crate: it names every file of the run with
its SHA-256, every job with its command, code, packages and times, and the workflow.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from compfeat.config import load_config
from compfeat.io import write_json
from compfeat.provenance.crate import needed_files, run_crate, run_jobs
from compfeat.provenance.lineage import read_graph
from compfeat.provenance.record import present

NAME = "ro-crate-metadata.json"


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    form = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="python -m compfeat crate", description=__doc__, formatter_class=form)
    p.add_argument("--config", nargs="+", required=True, metavar="YAML", help="the base and its overlays")
    p.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="where the run lies (default: here)")
    return p


def main(argv: Sequence[str]) -> None:
    """Write the crate. Raises DataError for a run that is not there or lacks a file, ConfigError for a bad config."""
    args = parser().parse_args(argv)
    output = str(load_config([args.project / path for path in args.config])["output"])
    jobs = run_jobs(read_graph(args.project), output)
    prints = present(args.project, needed_files(jobs, args.config))
    write_json(args.project / NAME, run_crate(args.project, jobs, prints, args.config, output))
    print(f"crate: {len(jobs)} jobs, {len(prints)} files -> {args.project / NAME}")
