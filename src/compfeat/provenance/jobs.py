"""The jobs that a run consisted of, from the records that Snakemake keeps of every file in ``.snakemake/metadata``.

One JSON file an output; its name is the output's path in URL-safe base64, cut into folders (``@...``) where it is long.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compfeat.errors import DataError

METADATA = ".snakemake/metadata"
CODE = re.compile(r"code of ([\w.]+) ([0-9a-f]{12})")
"""How rules name, as params, the modules that a job's code consists of (``workflow/rules/common.smk``)."""
TOOLS = re.compile(r"\w[\w.+-]* \d[^,]*(?:, \w[\w.+-]* \d[^,]*)*")
"""How rules name packages and programs, as a param: ``numpy 2.4.6, pillow 13.0.0``."""


@dataclass(frozen=True)
class Job:
    """One job: what it read, made and was told, and by which code and tools. Times are seconds since 1970."""

    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    command: str = ""
    code: dict[str, str] = field(default_factory=dict, hash=False)
    """From a module's name to the hash of what it does."""
    tools: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    """All that the job was told besides files, as Snakemake recorded it."""
    input_sha256: dict[str, str] = field(default_factory=dict, hash=False)
    started: float | None = None
    ended: float | None = None


def read_jobs(project: Path) -> list[Job]:
    """Return the jobs behind all files that Snakemake has a record of, sorted by their first output.

    Raises:
        DataError: there are no records, or one of them cannot be read.
    """
    folder = project / METADATA
    grouped: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
    for output, record in _records(folder):
        if record.get("rule"):
            grouped.setdefault((record["rule"], record.get("shellcmd") or output), []).append((output, record))
    if not grouped:
        raise DataError(f"{folder}: found no records of jobs; run make paper, or dvc pull where a run was recorded")
    return sorted((_job(_of_last_run(group)) for group in grouped.values()), key=lambda job: job.outputs)


def _of_last_run(group: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Return the records of a command's last run: of outputs that its rule no longer names, older ones may be left."""
    last = max(record.get("starttime") or 0.0 for _, record in group)
    return [pair for pair in group if (pair[1].get("endtime") or last) >= last]


def _records(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path of each output and its record."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
            try:
                output, record = base64.urlsafe_b64decode(name).decode(), json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise DataError(f"{path}: not a record of Snakemake ({error}); rerun the file's job") from None
            if not isinstance(record, dict):
                raise DataError(f"{path}: found {type(record).__name__}; expected an object; rerun the file's job")
            yield output, record


def _job(group: list[tuple[str, dict[str, Any]]]) -> Job:
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
    )


def attach_images(jobs: list[Job], paths: list[str]) -> list[Job]:
    """Return ``jobs`` with the source images among ``paths`` as outputs of their rendering and inputs of what reads it.

    A rendering's output proper is ``{root}/{split}.csv``, which lists its images; they lie below the same root, in
    folders of the split's name.
    """
    made = {path for job in jobs for path in job.outputs}
    images: dict[str, tuple[str, ...]] = {}
    for manifest in (path for job in jobs if job.rule == "render" for path in job.outputs):
        root, split = Path(manifest).parent, Path(manifest).stem
        below = (path for path in paths if path.startswith(f"{root}/") and path not in made)
        images[manifest] = tuple(sorted(path for path in below if split in Path(path).relative_to(root).parts))
    return [_with_images(job, images) for job in jobs]


def _with_images(job: Job, images: dict[str, tuple[str, ...]]) -> Job:
    made = [image for path in job.outputs for image in images.get(path, ())]
    read = [image for path in job.inputs for image in images.get(path, ())]
    more = {"inputs": (*job.inputs, *read), "outputs": (*job.outputs, *made)}
    return Job(**{**vars(job), **more}) if made or read else job
