"""The committed record of a run: every file with its SHA-256, and what made what. Nothing in it tells when, where or by whom.

``artifacts.csv`` has a line a file (path, size_bytes, sha256), ``record.json`` the configuration, the code's identities, tools
and jobs; both are sorted, so that a record of the same run is the same to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.grid import RENDERED, Layout
from compfeat.io import read_csv, read_json, write_csv, write_json
from compfeat.provenance.files import Fingerprint, fingerprints
from compfeat.provenance.graph import Graph
from compfeat.provenance.jobs import Job, attach_images

FORMAT = 1
LISTED = 20
"""How many files an error or a list of changes names."""
COLUMNS = ["path", "size_bytes", "sha256"]
UNRECORDED = ("logs", "benchmarks")
"""Folders of a run's output that tell how it went, differently each time."""


@dataclass(frozen=True)
class Record:
    """A run as it was recorded."""

    config: dict[str, Any]
    folders: tuple[str, ...]
    """Where every file is an artifact."""
    artifacts: dict[str, Fingerprint]
    """All files that were made or read, relative to the project."""
    jobs: tuple[Job, ...]
    """Without commands, times and source images."""
    code: dict[str, str]
    """From a module's name to the hash of what it does."""

    @property
    def graph(self) -> Graph:
        return Graph(attach_images(list(self.jobs), list(self.artifacts)))

    @property
    def tools(self) -> list[str]:
        return sorted({tool for job in self.jobs for tool in job.tools})


def artifact_folders(config: Mapping[str, Any], outputs: Iterable[str]) -> list[str]:
    """Return the folders that hold artifacts: source images that were rendered, prepared data, and one a stage."""
    layout = Layout.of(dict(config))
    stages = {
        PurePosixPath(path).relative_to(layout.output).parts[0]
        for path in outputs
        if PurePosixPath(path).is_relative_to(layout.output)
    }
    folders = {layout.prepared, *(f"{layout.output}/{stage}" for stage in stages - set(UNRECORDED))}
    dataset = config["dataset"]
    return sorted(folders | ({dataset["root"]} if dataset["name"] in RENDERED else set()))


def without_circumstances(job: Job) -> Job:
    """Return what of a job is the same wherever and whenever it runs."""
    return Job(rule=job.rule, inputs=job.inputs, outputs=job.outputs, tools=job.tools)


def write_record(folder: Path, record: Record) -> None:
    """Write ``artifacts.csv`` and ``record.json`` into ``folder``."""
    rows = [(path, found.size_bytes, found.sha256) for path, found in sorted(record.artifacts.items())]
    jobs = [
        {"rule": job.rule, "inputs": sorted(job.inputs), "outputs": sorted(job.outputs), "tools": list(job.tools)}
        for job in sorted(record.jobs, key=lambda job: job.outputs)
    ]
    head = {"format": FORMAT, "config": record.config, "folders": sorted(record.folders), "code": record.code}
    write_csv(folder / "artifacts.csv", pd.DataFrame(rows, columns=COLUMNS))
    write_json(folder / "record.json", {**head, "jobs": jobs})


def read_record(folder: Path) -> Record:
    """Read what ``write_record`` wrote.

    Raises:
        DataError: a file is missing, damaged or of another format.
    """
    if not (folder / "record.json").is_file():
        raise DataError(
            f"{folder}: no record.json, so nothing was recorded here; run make record, or name another folder"
        )
    told = read_json(folder / "record.json")
    table = read_csv(folder / "artifacts.csv", COLUMNS)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise DataError(f"{folder / 'record.json'}: expected a record of format {FORMAT}; restore it from git")
    try:
        artifacts = {str(p): Fingerprint(int(s), str(h)) for p, s, h in table[COLUMNS].itertuples(index=False)}
        jobs = tuple(_job(job) for job in told["jobs"])
        return Record(told["config"], tuple(told["folders"]), artifacts, jobs, told["code"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder}: damaged ({type(error).__name__}: {error}); restore it from git") from None


def _job(told: Mapping[str, Any]) -> Job:
    return Job(told["rule"], tuple(told["inputs"]), tuple(told["outputs"]), tools=tuple(told["tools"]))


def unsound(jobs: Sequence[Job], artifacts: Mapping[str, Fingerprint]) -> list[str]:
    """Return, sorted, the files that are no longer what a job read, told with that job's rule.

    Snakemake keeps the SHA-256 of every input as it was when the job had ended.
    """
    return sorted(
        f"{path} is not what the rule {job.rule} read for {job.outputs[0]}"
        for job in jobs
        for path, sha256 in job.input_sha256.items()
        if path in artifacts and artifacts[path].sha256 != sha256
    )


def changes(before: Record | None, after: Record) -> list[str]:
    """Return in a few lines what a record has that the last one had not."""
    if before is None:
        return [f"first record: {len(after.artifacts)} files"]
    old, new = before.artifacts, after.artifacts
    kinds = {
        "changed": [path for path in new if path in old and new[path] != old[path]],
        "new": [path for path in new if path not in old],
        "gone": [path for path in old if path not in new],
    }
    told = [f"{kind} {path}" for kind, paths in kinds.items() for path in sorted(paths)]
    told += [f"code {name}" for name in sorted(old_or_new(before.code, after.code))]
    told += [f"tool {tool}" for tool in sorted(set(before.tools) ^ set(after.tools))]
    told += [f"config {key}" for key in sorted(old_or_new(before.config, after.config))]
    return told or ["nothing has changed since the last record"]


def old_or_new(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """Return the keys whose values differ, or that only one of both has."""
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


def some(names: Sequence[str]) -> str:
    """Return the first few of ``names``."""
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def present(project: Path, paths: Iterable[str]) -> dict[str, Fingerprint]:
    """Return the fingerprints of files that must all be there.

    Raises:
        DataError: one is missing.
    """
    found = fingerprints(project, paths)
    missing = [path for path, value in found.items() if value is None]
    if missing:
        raise DataError(f"{some(missing)}: not found; run make paper first")
    return {path: value for path, value in found.items() if value is not None}
