"""The committed record of a run: every file with its SHA-256, and what made what. Nothing in it says when, where or by whom.

``artifacts.csv`` has a line for each file (path, size_bytes, sha256), ``record.json`` the configuration, the code's identities, tools
and jobs; both are sorted, so that a record of the same run is the same to the byte. Rendered images are not in it one by one: their
lists are, which hold the SHA-256 of each.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from compfeat.errors import ConfigError, DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.experiment.layout import Layout
from compfeat.io import read_csv, read_json, write_bytes, write_csv, write_json
from compfeat.provenance.files import Fingerprint, files_below, fingerprint, some
from compfeat.provenance.graph import Graph
from compfeat.provenance.jobs import PREPARE, RENDER, Job, listed_images, not_run, read_jobs
from compfeat.results.recorded import RECORDED_EXPERIMENT, disagreements, identity

DEFAULT = "data/reference/default"
"""Folder of the record of the run without an overlay."""
FORMAT = 2
COPIED = (
    *("points.csv", "bd_rate.csv", "intervals.csv", "seed_noise.csv", "claims.csv", "epochs.csv"),
    "experiment.json",
)
"""Tables of the summary that are kept beside a record, where the run has them: to compare numbers, and to show them beside others."""
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
    """All files that were made or read, relative to the project; of rendered images the lists, which hold their SHA-256."""
    jobs: tuple[Job, ...]
    """Without commands, times and source images."""
    code: dict[str, str]
    """From a module's name to the hash of what it does."""
    deleted: dict[str, str] = field(default_factory=dict)
    """Files that were not kept (``keep_features``), with the SHA-256 that their readers read."""

    def graph(self, project: Path) -> Graph:
        """Return what made what; the lists of images in ``project`` are believed where they are as recorded."""
        return Graph.of(project, self.jobs, self.artifacts)

    @property
    def image_lists(self) -> list[str]:
        """The CSVs that list rendered images."""
        return [path for job in self.jobs if job.rule == RENDER for path in job.outputs if path in self.artifacts]

    def images(self, project: Path) -> dict[str, Fingerprint]:
        """Return the rendered images, by the lists in ``project`` that are as recorded."""
        lists = listed_images(project, self.jobs, self.artifacts)
        return {path: image for images in lists.values() for path, image in images.items()}

    @property
    def tools(self) -> list[str]:
        return sorted({tool for job in self.jobs for tool in job.tools})


def read_summary(text: str) -> dict[str, bool]:
    """Return the files that ``snakemake --summary`` lists, and whether each is kept when all that read it have ended.

    Raises:
        DataError: the text is no such list, or a file is not up to date.
    """
    table = list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    if not table or not {"output_file", "plan", "status"} <= set(table[0]):
        raise DataError("--summary: found no list of files; expected what snakemake --summary prints")
    stale = [f"{row['output_file']} ({row['status']})" for row in table if row["plan"] != "no update"]
    if stale:
        raise DataError(f"{len(stale)} files are not up to date: {some(stale)}; run make paper first")
    return {row["output_file"]: row["status"] != DELETED for row in table}


def recorded_jobs(project: Path, paths: Iterable[str]) -> list[Job]:
    """Return the jobs that made ``paths``.

    Raises:
        DataError: Snakemake has no record of how one was made, or one of a job that did not run.
    """
    wanted = set(paths)
    jobs = [job for job in read_jobs(project) if not wanted.isdisjoint(job.outputs)]
    if unknown := sorted(wanted - {path for job in jobs for path in job.outputs}):
        raise DataError(f"{some(unknown)}: Snakemake has no record of how it was made; delete it and run make paper")
    if marked := not_run(project, jobs):
        raise DataError(
            f"{some(marked)}: Snakemake's record is of no run (snakemake --touch only marks files as made); "
            "delete it and run make paper"
        )
    return jobs


def make_record(project: Path, config: dict[str, Any], outputs: Mapping[str, bool]) -> Record:
    """Return the record of the run that made ``outputs`` (``read_summary``).

    Raises:
        DataError: a file has no record of Snakemake's or one without a run, is missing, is foreign, or changed after it was used.
    """
    jobs = recorded_jobs(project, outputs)
    folders = _folders(config, outputs)
    graph = Graph.of(project, jobs)
    # Source images that no job made are the user's own: known by their hashes in the prepared data, not part of the record.
    known = {*graph.maker, *(path for job in graph.jobs if job.rule != PREPARE for path in job.inputs)}
    if foreign := sorted(set(files_below(project, folders)) - known):
        raise DataError(f"{some(foreign)}: no job of this configuration makes it; delete it, then record again")
    gone = {path for path, kept in outputs.items() if not kept}
    artifacts = present(project, known - gone)
    if broken := [
        f"{path} is not what the rule {job.rule} read for {job.outputs[0]}"
        for job in jobs
        for path, sha256 in job.input_sha256.items()
        if path in artifacts and artifacts[path].sha256 != sha256
    ]:
        raise DataError(f"{some(sorted(broken))}; delete what was made from it and run make paper")
    deleted = _hashes_of_deleted(jobs, gone)
    check_stated(project, config)
    code = dict(sorted(pair for job in jobs for pair in job.code.items()))
    # What is the same wherever and whenever a job runs.
    kept = tuple(
        Job(job.rule, tuple(p for p in job.inputs if p in artifacts or p in deleted), job.outputs, tools=job.tools)
        for job in jobs
    )
    record = Record(config, tuple(folders), artifacts, kept, code, deleted)
    images = record.images(project)
    if unlisted := sorted(path for path, image in images.items() if artifacts.get(path) != image):
        raise DataError(f"{some(unlisted)}: not as listed; delete {config['dataset']['root']} and run make paper")
    return replace(record, artifacts={path: contents for path, contents in artifacts.items() if path not in images})


def _folders(config: Mapping[str, Any], outputs: Iterable[str]) -> list[str]:
    """Return the folders of artifacts: source images that were rendered, prepared data, and one for each stage."""
    output, dataset = PurePosixPath(config["output"]), config["dataset"]
    made = [PurePosixPath(path) for path in outputs]
    stages = {path.relative_to(output).parts[0] for path in made if path.is_relative_to(output)}
    folders = {dataset["prepared"], *(f"{output}/{stage}" for stage in stages - set(UNRECORDED))}
    rendered = any(path.is_relative_to(dataset["root"]) for path in made)
    return sorted(folders | ({dataset["root"]} if rendered else set()))


def _hashes_of_deleted(jobs: Sequence[Job], deleted: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of files that are no longer there, as the jobs that read them found it."""
    hashes = {}
    for path in sorted(deleted):
        read = {job.input_sha256[path] for job in jobs if path in job.input_sha256}
        if len(read) != 1:
            raise DataError(
                f"{path}: deleted, and its readers found {len(read)} contents; expected one; "
                "delete what was made from it and run make paper"
            )
        hashes[path] = read.pop()
    return hashes


def check_stated(project: Path, config: dict[str, Any]) -> None:
    """Raise DataError where the tables of a run state another experiment than ``config`` (``experiment.json``)."""
    path = Layout(str(config["output"]), "").table(RECORDED_EXPERIMENT)
    if not (project / path).is_file():
        return
    stated, configured = read_json(project / path), Experiment.of(config).model_dump(mode="json")
    if identity(configured) != identity(stated):
        differing = ", ".join(disagreements(configured, stated)) or "entries that only one of them has"
        raise DataError(f"{path}: made with other settings than the configuration's ({differing}); run make paper")


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
    path = project / folder / "record.json"
    stored = read_json(path) if path.is_file() else None
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
    rows = [(path, contents.size_bytes, contents.sha256) for path, contents in sorted(record.artifacts.items())]
    write_csv(folder / "artifacts.csv", pd.DataFrame(rows, columns=COLUMNS))
    jobs = [
        {"rule": job.rule, "inputs": sorted(job.inputs), "outputs": sorted(job.outputs), "tools": list(job.tools)}
        for job in sorted(record.jobs, key=lambda job: job.outputs)
    ]
    head = {"format": FORMAT, "config": record.config, "folders": sorted(record.folders), "code": record.code}
    deleted = {"deleted": record.deleted} if record.deleted else {}
    write_json(folder / "record.json", {**head, **deleted, "jobs": jobs})


def read_record(folder: Path) -> Record:
    """Read what ``write_record`` wrote. Raises DataError if a file is missing, damaged or of another format."""
    path = folder / "record.json"
    if not path.is_file():
        raise DataError(
            f"{folder}: no record.json, so nothing was recorded here; run make record, or name another folder"
        )
    stored, table = read_json(path), read_csv(folder / "artifacts.csv", COLUMNS)
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise DataError(f"{path}: expected a record of format {FORMAT}; record the run again")
    try:
        artifacts = {str(p): Fingerprint(int(s), str(h)) for p, s, h in table[COLUMNS].itertuples(index=False)}
        jobs = tuple(
            Job(job["rule"], tuple(job["inputs"]), tuple(job["outputs"]), tools=tuple(job["tools"]))
            for job in stored["jobs"]
        )
        deleted = dict(stored.get("deleted", {}))
        return Record(stored["config"], tuple(stored["folders"]), artifacts, jobs, stored["code"], deleted)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder}: damaged ({type(error).__name__}: {error}); restore it from git") from None


def changes(before: Record, after: Record) -> Iterator[str]:
    """Yield in a few lines what a record has that the last one had not."""
    for part, old, new in (
        ("", before.artifacts, after.artifacts),
        ("code ", before.code, after.code),
        ("tool ", dict.fromkeys(before.tools), dict.fromkeys(after.tools)),
        ("config ", before.config, after.config),
    ):
        for name in sorted({*old, *new}):
            if name not in old or name not in new:
                yield f"{'gone' if name in old else 'new'} {part}{name}"
            elif old[name] != new[name]:
                yield f"changed {part}{name}"


def present(project: Path, paths: Iterable[str]) -> dict[str, Fingerprint]:
    """Return the fingerprints of files that must all be there. Raises DataError if one is missing."""
    prints = {path: fingerprint(project / path) for path in sorted(paths)}
    if missing := [path for path, value in prints.items() if value is None]:
        raise DataError(f"{some(missing)}: not found; run make paper first")
    return {path: value for path, value in prints.items() if value is not None}
