"""The committed record of a run: every file with its SHA-256, and what made what. Nothing in it says when, where or by whom.

``artifacts.csv`` has a line a file (path, size_bytes, sha256), ``record.json`` the configuration, the code's identities, tools
and jobs; both are sorted, so that a record of the same run is the same to the byte.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from compfeat.errors import ConfigError, DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.experiment.layout import Layout
from compfeat.io import read_csv, read_json, write_bytes, write_csv, write_json
from compfeat.provenance.files import Fingerprint, files_below, fingerprints
from compfeat.provenance.graph import Graph
from compfeat.provenance.jobs import PREPARE, Job, image_files, not_run, read_jobs, with_images
from compfeat.results.recorded import RECORDED_EXPERIMENT, disagreements, identity

DEFAULT = "data/reference/default"
"""Folder of the record of the run without an overlay."""
FORMAT = 2
COPIED = ("points.csv", "bd_rate.csv", "intervals.csv", "crossovers.csv", "claims.csv", "epochs.csv", "experiment.json")
"""Tables of the summary that are kept beside a record, where the run has them: to compare numbers, and to show them beside others."""
LISTED = 20
"""How many files an error or a list of changes names."""
COLUMNS = ["path", "size_bytes", "sha256"]
DELETED = "removed temp file"
"""What Snakemake says of a file that is not kept, in its summary."""
UNRECORDED = ("logs", "benchmarks")
"""Folders of a run's output that say how it went, differently each time."""


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
    deleted: dict[str, str] = field(default_factory=dict)
    """Files that were not kept (``keep_features``), with the SHA-256 that their readers read."""

    def graph(self, project: Path) -> Graph:
        """Return what made what; the lists of images in ``project`` are believed where they are as recorded."""
        jobs = with_images(project, self.jobs, self.artifacts)
        hashes = {path: found.sha256 for path, found in self.artifacts.items()} | self.deleted
        return Graph(jobs, image_files(project, jobs, hashes))

    @property
    def tools(self) -> list[str]:
        return sorted({tool for job in self.jobs for tool in job.tools})


def artifact_folders(config: Mapping[str, Any], outputs: Iterable[str]) -> list[str]:
    """Return the folders of artifacts: source images that were rendered, prepared data, and one a stage."""
    output, dataset = PurePosixPath(config["output"]), config["dataset"]
    made = [PurePosixPath(path) for path in outputs]
    stages = {path.relative_to(output).parts[0] for path in made if path.is_relative_to(output)}
    folders = {dataset["prepared"], *(f"{output}/{stage}" for stage in stages - set(UNRECORDED))}
    rendered = any(path.is_relative_to(dataset["root"]) for path in made)
    return sorted(folders | ({dataset["root"]} if rendered else set()))


@dataclass(frozen=True)
class Outputs:
    """The files of the jobs that a configuration has."""

    paths: tuple[str, ...]
    deleted: frozenset[str]
    """Those that were not kept when all that read them had ended."""


def read_summary(text: str) -> Outputs:
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
    deleted = frozenset(row["output_file"] for row in table if row["status"] == DELETED)
    return Outputs(tuple(row["output_file"] for row in table), deleted)


def jobs_of(project: Path, outputs: Iterable[str]) -> list[Job]:
    """Return the jobs that made ``outputs``.

    Raises:
        DataError: Snakemake has no record of how one was made, or one of a job that did not run.
    """
    wanted = set(outputs)
    jobs = [job for job in read_jobs(project) if wanted & set(job.outputs)]
    unknown = sorted(wanted - {path for job in jobs for path in job.outputs})
    if unknown:
        raise DataError(f"{some(unknown)}: Snakemake has no record of how it was made; delete it and run make paper")
    if marked := not_run(project, jobs):
        raise DataError(
            f"{some(marked)}: Snakemake's record is of no run (snakemake --touch only marks files as made); "
            "delete it and run make paper"
        )
    return jobs


def make_record(project: Path, config: dict[str, Any], outputs: Outputs) -> Record:
    """Return the record of the run that made ``outputs``.

    Raises:
        DataError: a file has no record of Snakemake's or one without a run, is missing, is foreign, or changed after it was used.
    """
    jobs = jobs_of(project, outputs.paths)
    folders = artifact_folders(config, outputs.paths)
    whole = with_images(project, jobs)
    made = {path for job in whole for path in job.outputs}
    # Source images that no job made are the user's own: known by their hashes in the prepared data, not part of the record.
    known = made | {path for job in whole for path in job.inputs if job.rule != PREPARE}
    foreign = sorted(set(files_below(project, folders)) - known)
    if foreign:
        raise DataError(f"{some(foreign)}: no job of this configuration makes it; delete it, then record again")
    artifacts, deleted = present(project, known - outputs.deleted), as_read(jobs, outputs.deleted)
    if broken := unsound(jobs, artifacts):
        raise DataError(f"{some(broken)}; delete what was made from it and run make paper")
    check_stated(project, config)
    code = dict(sorted(pair for job in jobs for pair in job.code.items()))
    kept = tuple(without_circumstances(job, {*artifacts, *deleted}) for job in jobs)
    return Record(config, tuple(folders), artifacts, kept, code, deleted)


def check_stated(project: Path, config: dict[str, Any]) -> None:
    """Raise DataError where the tables of a run state another experiment than ``config`` (``experiment.json``)."""
    path = Layout(str(config["output"]), "").table(RECORDED_EXPERIMENT)
    if not (project / path).is_file():
        return
    stated, own = read_json(project / path), Experiment.of(config).model_dump(mode="json")
    if identity(own) != identity(stated):
        differing = ", ".join(disagreements(own, stated)) or "entries that only one of them has"
        raise DataError(f"{path}: made with other settings than the configuration's ({differing}); run make paper")


def as_read(jobs: Sequence[Job], deleted: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of files that are no longer there, as the jobs that read them found it.

    Raises:
        DataError: the jobs found different ones, or none is known.
    """
    found: dict[str, str] = {}
    for path in sorted(deleted):
        read = {job.input_sha256[path] for job in jobs if path in job.input_sha256}
        if len(read) != 1:
            raise DataError(
                f"{path}: deleted, and its readers found {len(read)} contents; expected one; "
                "delete what was made from it and run make paper"
            )
        found[path] = read.pop()
    return found


def without_circumstances(job: Job, known: Collection[str]) -> Job:
    """Return what of a job is the same wherever and whenever it runs, with the files that are ``known``."""
    inputs = tuple(path for path in job.inputs if path in known)
    return Job(rule=job.rule, inputs=inputs, outputs=job.outputs, tools=job.tools)


def same_experiment(project: Path, folder: str, paths: Sequence[Path]) -> dict[str, Any]:
    """Return the configuration of a base file and its overlays, if a record is of the same experiment, or there is none yet.

    Records are named after overlays, so those of two overlays of one name meet. An experiment is known by its output folder.

    Args:
        project: where the run lies.
        folder: that of the record, in the project.
        paths: the files of the configuration, absolute or in the project.

    Raises:
        ConfigError: a file is missing or no YAML, or an overlay has the name of the run without one.
        DataError: the record is of another experiment, or damaged.
    """
    config = load_config([project / path for path in paths])
    if len(paths) > 1 and PurePosixPath(folder) == PurePosixPath(DEFAULT):
        raise ConfigError(f"{paths[-1]}: {folder} is the record of the run without an overlay; rename the overlay")
    if (project / folder / "record.json").is_file():
        stored = read_json(project / folder / "record.json")
        recorded = stored.get("config", {}).get("output") if isinstance(stored, dict) else None
        if recorded is not None and PurePosixPath(recorded) != PurePosixPath(config["output"]):
            raise DataError(
                f"{folder}: records the experiment with output {recorded}; {paths[-1]} has output {config['output']}; "
                "rename the overlay, or delete the record if it has served"
            )
    return config


def write_record(project: Path, folder: Path, record: Record) -> None:
    """Write ``artifacts.csv``, ``record.json`` and copies of the tables COPIED of the run in ``project`` into ``folder``."""
    layout = Layout(str(record.config["output"]), "")
    for name in COPIED:
        if layout.table(name) in record.artifacts:
            write_bytes(folder / name, (project / layout.table(name)).read_bytes())
    rows = [(path, found.size_bytes, found.sha256) for path, found in sorted(record.artifacts.items())]
    jobs = [
        {"rule": job.rule, "inputs": sorted(job.inputs), "outputs": sorted(job.outputs), "tools": list(job.tools)}
        for job in sorted(record.jobs, key=lambda job: job.outputs)
    ]
    head = {"format": FORMAT, "config": record.config, "folders": sorted(record.folders), "code": record.code}
    write_csv(folder / "artifacts.csv", pd.DataFrame(rows, columns=COLUMNS))
    if record.deleted:
        head["deleted"] = record.deleted
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
    stored = read_json(folder / "record.json")
    table = read_csv(folder / "artifacts.csv", COLUMNS)
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise DataError(f"{folder / 'record.json'}: expected a record of format {FORMAT}; record the run again")
    try:
        artifacts = {str(p): Fingerprint(int(s), str(h)) for p, s, h in table[COLUMNS].itertuples(index=False)}
        jobs = tuple(_job(job) for job in stored["jobs"])
        deleted = dict(stored.get("deleted", {}))
        return Record(stored["config"], tuple(stored["folders"]), artifacts, jobs, stored["code"], deleted)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder}: damaged ({type(error).__name__}: {error}); restore it from git") from None


def _job(stored: Mapping[str, Any]) -> Job:
    return Job(stored["rule"], tuple(stored["inputs"]), tuple(stored["outputs"]), tools=tuple(stored["tools"]))


def unsound(jobs: Sequence[Job], artifacts: Mapping[str, Fingerprint]) -> list[str]:
    """Return, sorted, the files that are no longer what a job read, with that job's rule.

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
    lines = [f"{kind} {path}" for kind, paths in kinds.items() for path in sorted(paths)]
    lines += [f"code {name}" for name in sorted(old_or_new(before.code, after.code))]
    lines += [f"tool {tool}" for tool in sorted(set(before.tools) ^ set(after.tools))]
    lines += [f"config {key}" for key in sorted(old_or_new(before.config, after.config))]
    return lines or ["nothing has changed since the last record"]


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
