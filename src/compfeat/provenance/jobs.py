"""The jobs that a run consisted of, from Snakemake's records of every file, with the source images that they made and read."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.io import read_csv
from compfeat.provenance.files import Fingerprint, fingerprint
from compfeat.provenance.snakemake_metadata import FOLDER, read_records

CODE = re.compile(r"code of ([\w.]+) ([0-9a-f]{12})")
"""How rules name, as params, the modules that a job's code consists of (``stages/params.py``)."""
TOOLS = re.compile(r"\w[\w.+-]* \d[^,]*(?:, \w[\w.+-]* \d[^,]*)*")
"""How rules name packages and programs, as a param: ``numpy 2.4.6, pillow 13.0.0``."""
LOG = re.compile(r"(.*)/logs/(.*)\.log")
"""Where logs lie; benchmarks lie beside, as ``experiment/layout.py`` has it."""
CLOCK_SECONDS = 5.0
"""By how much Snakemake may be late to note the start of a job on a busy machine."""
RENDER = "render"
"""The rule that makes source images, and lists them with their SHA-256 in a CSV beside them."""
PREPARE = "prepare"
"""The rule that reads source images, and lists them by id, with their SHA-256, in a CSV."""
Record = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Job:
    """One job: what it read and made, its parameters, and its code and tools. Times are seconds since 1970."""

    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    command: str = ""
    code: dict[str, str] = field(default_factory=dict, hash=False)
    """From a module's name to the hash of what it does."""
    tools: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    """All that the job was given besides files, as Snakemake recorded it."""
    input_sha256: dict[str, str] = field(default_factory=dict, hash=False)
    started: float | None = None
    ended: float | None = None
    logs: tuple[str, ...] = ()


def read_jobs(project: Path) -> list[Job]:
    """Return the jobs that made all files that Snakemake has a record of, sorted by their first output.

    Raises:
        DataError: there are no records, or one of them cannot be read.
    """
    grouped: dict[tuple[str, str], list[Record]] = {}
    for output, record in read_records(project):
        if record.get("rule"):
            grouped.setdefault((record["rule"], record.get("shellcmd") or output), []).append((output, record))
    if not grouped:
        raise DataError(f"{project / FOLDER}: no record names a rule; run make paper")
    return sorted((_job(_of_last_run(group)) for group in grouped.values()), key=lambda job: job.outputs)


def _of_last_run(group: list[Record]) -> list[Record]:
    """Return the records of a command's last run: of outputs that its rule no longer names, older ones may be left."""
    last = max(record.get("starttime") or 0.0 for _, record in group)
    return [pair for pair in group if (pair[1].get("endtime") or last) >= last]


def _job(group: list[Record]) -> Job:
    """Return the job that made the outputs of ``group``, which share a rule and a command."""
    record = group[0][1]
    params = tuple(str(param) for param in record.get("params") or [])
    return Job(
        rule=record["rule"],
        inputs=tuple(sorted(set(record.get("input") or []))),
        outputs=tuple(sorted(output for output, _ in group)),
        command=record.get("shellcmd") or "",
        code=dict(sorted(pair for param in params for pair in CODE.findall(param))),
        tools=tuple(tool for p in params if TOOLS.fullmatch(p.strip("'")) for tool in p.strip("'").split(", ")),
        params=params,
        input_sha256={
            path: checksum.removeprefix("sha256:")
            for path, checksum in sorted((record.get("input_checksums") or {}).items())
            if isinstance(checksum, str)
        },
        started=min((r["starttime"] for _, r in group if r.get("starttime")), default=None),
        ended=max((r["endtime"] for _, r in group if r.get("endtime")), default=None),
        logs=tuple(record.get("log") or ()),
    )


def not_run(project: Path, jobs: Sequence[Job]) -> list[str]:
    """Return, sorted, the outputs of jobs that Snakemake has a record of though they did not run.

    ``snakemake --touch`` records today's settings and code for files that others made. It writes neither the job's log (an empty
    one if there is none) nor its benchmark. Where both are missing, as in a clone that pulled results, the record is believed.
    """
    return sorted(path for job in jobs for log in job.logs if not _ran(job, project / log) for path in job.outputs)


def _ran(job: Job, log: Path) -> bool:
    """Return whether a job can have run when its record says it did: its log is as young, and its run time fits."""
    benchmark = Path(LOG.sub(r"\1/benchmarks/\2.tsv", log.as_posix()))
    if job.started is None or job.ended is None or not (log.is_file() or benchmark.is_file()):
        return True
    try:
        (row,) = csv.DictReader(benchmark.read_text(encoding="utf-8").splitlines(), delimiter="\t")
        fits = job.ended - job.started >= float(row["s"]) / 2
    except (OSError, ValueError, KeyError):
        return False
    return fits and (not log.is_file() or log.stat().st_mtime >= job.started - CLOCK_SECONDS)


def listed_images(
    project: Path, jobs: Sequence[Job], recorded: Mapping[str, Fingerprint] | None = None
) -> dict[str, dict[str, Fingerprint]]:
    """Return, for each CSV that lists rendered images, the fingerprint of each of them by path.

    With the fingerprints of a recorded run's files, a list that is no longer as recorded is not believed, and left out.

    Raises:
        DataError: a list is damaged.
    """
    images: dict[str, dict[str, Fingerprint]] = {}
    for path in sorted(path for job in jobs if job.rule == RENDER for path in job.outputs if path.endswith(".csv")):
        current = fingerprint(project / path)
        if current is not None and (recorded is None or current == recorded.get(path)):
            table = read_csv(project / path, ["path", "sha256", "size_bytes"])
            images[path] = {
                f"{PurePosixPath(path).parent}/{name}": Fingerprint(int(size), str(sha256))
                for name, sha256, size in table[["path", "sha256", "size_bytes"]].itertuples(index=False)
            }
    return images


def with_images(job: Job, images: Mapping[str, Iterable[str]]) -> Job:
    """Return a job with the images of the lists that it made or read: Snakemake knows the lists alone."""
    made, read = ([one for path in paths for one in images.get(path, ())] for paths in (job.outputs, job.inputs))
    return replace(job, inputs=(*job.inputs, *read), outputs=(*job.outputs, *made)) if made or read else job


def prepared_images(project: Path, job: Job) -> dict[str, set[str]]:
    """Return the SHA-256 of the source files of each image that a job prepared, by the image's id.

    The CSV of a prepared split has an ``image_id`` and the ``*_sha256`` of its files. One that cannot be read has no images.
    """
    images: dict[str, set[str]] = {}
    for path in job.outputs if job.rule == PREPARE else ():
        try:
            table = read_csv(project / path, ["image_id"]) if path.endswith(".csv") else pd.DataFrame()
        except DataError:
            continue
        columns = [name for name in table if str(name).endswith("_sha256")]
        images |= {str(row["image_id"]): {str(row[name]) for name in columns} for row in table.to_dict("records")}
    return images
