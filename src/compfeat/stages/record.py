"""Record a run that is up to date: ``snakemake --summary | python -m compfeat record --help``.

``make record`` does all of it. Written are ``artifacts.csv`` (path, size_bytes and sha256 of every file), ``record.json`` (the
configuration, the code's identities, tools and jobs) and copies of the reference tables, all without times or places. Refused is
a run that is not up to date, and one with files that no job of the configuration makes.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compfeat.config import load_config
from compfeat.errors import DataError
from compfeat.grid import Layout
from compfeat.io import write_bytes
from compfeat.provenance.files import files_below
from compfeat.provenance.jobs import attach_images, read_jobs
from compfeat.provenance.record import (
    LISTED,
    Record,
    artifact_folders,
    changes,
    present,
    read_record,
    some,
    unsound,
    without_circumstances,
    write_record,
)
from compfeat.provenance.verify import REFERENCE_TABLES


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    form = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="python -m compfeat record", description=__doc__, formatter_class=form)
    p.add_argument("--config", type=Path, nargs="+", required=True, metavar="YAML", help="the base and its overlays")
    p.add_argument("--record", default="data/reference/default", metavar="DIR", help="output (default: %(default)s)")
    p.add_argument("--summary", type=Path, metavar="TSV", help="what snakemake --summary printed (default: read stdin)")
    p.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="where the run lies (default: here)")
    return p


def main(argv: Sequence[str]) -> None:
    """Record. Raises DataError for a run that is stale, incomplete or has foreign files, ConfigError for a bad config."""
    args = parser().parse_args(argv)
    folder = args.project / args.record
    outputs = read_summary(args.summary.read_text(encoding="utf-8") if args.summary else sys.stdin.read())
    config = load_config([args.project / path for path in args.config])
    record = make_record(args.project, config, outputs)
    before = read_record(folder) if (folder / "record.json").is_file() else None
    told = changes(before, record)
    write_record(folder, record)
    for name in REFERENCE_TABLES:
        write_bytes(folder / name, (args.project / Layout.of(config).summary(name)).read_bytes())
    shown = told[:LISTED] + ([f"and {len(told) - LISTED} more: see git diff"] if len(told) > LISTED else [])
    print("\n".join([*shown, f"record: {len(record.artifacts)} files -> {args.record}"]))


def read_summary(text: str) -> list[str]:
    """Return the files that ``snakemake --summary`` lists.

    Raises:
        DataError: the text is no such list, or a file is not up to date.
    """
    table = list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    if not table or not {"output_file", "plan", "status"} <= set(table[0]):
        raise DataError("--summary: found no list of files; expected what snakemake --summary prints")
    stale = [f"{row['output_file']} ({row['status']})" for row in table if row["plan"] != "no update"]
    if stale:
        raise DataError(f"{len(stale)} files are not up to date: {some(stale)}; run make paper first")
    return [row["output_file"] for row in table]


def make_record(project: Path, config: dict[str, Any], outputs: Sequence[str]) -> Record:
    """Return the record of the run that made ``outputs``.

    Raises:
        DataError: a file has no record of Snakemake's, is missing, is foreign, or changed after it was used.
    """
    wanted = set(outputs)
    jobs = [job for job in read_jobs(project) if wanted & set(job.outputs)]
    unknown = sorted(wanted - {path for job in jobs for path in job.outputs})
    if unknown:
        raise DataError(f"{some(unknown)}: Snakemake has no record of how it was made; delete it and run make paper")
    folders = artifact_folders(config, outputs)
    there = files_below(project, folders)
    whole = attach_images(jobs, there)
    known = {path for job in whole for path in (*job.outputs, *job.inputs)}
    foreign = sorted(set(there) - known)
    if foreign:
        raise DataError(f"{some(foreign)}: no job of this configuration makes it; delete it, then record again")
    artifacts = present(project, known)
    if broken := unsound(jobs, artifacts):
        raise DataError(f"{some(broken)}; delete what was made from it and run make paper")
    code = dict(sorted(pair for job in jobs for pair in job.code.items()))
    return Record(config, tuple(folders), artifacts, tuple(map(without_circumstances, jobs)), code)
