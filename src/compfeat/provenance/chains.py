"""The chain behind a file or a number: jobs with their code, settings, tools and times, back to the images."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from compfeat.errors import ConfigError, DataError
from compfeat.provenance.code import identity
from compfeat.provenance.commits import History
from compfeat.provenance.files import Fingerprint, fingerprints
from compfeat.provenance.graph import Graph, Keep, Step
from compfeat.provenance.jobs import PREPARE, RENDER, image_files, listed_hashes, not_run, read_jobs, with_images
from compfeat.provenance.records import Record, read_record
from compfeat.provenance.rows import Row, matching, read_rows
from compfeat.provenance.selection import Declared, keeper, selection_of

RECORDS = "data/reference"
"""Folder of the committed records, one folder a run."""
Report = dict[str, Any]


def read_graph(project: Path) -> Graph:
    """Return the graph of the run that lies in ``project``, with the source images that its renderings list.

    Raises:
        DataError: Snakemake has no records there, or a list of images is damaged.
    """
    jobs = with_images(project, read_jobs(project))
    hashes = {path: sha256 for job in jobs for path, sha256 in job.input_sha256.items()} | listed_hashes(project, jobs)
    return Graph(jobs, image_files(project, jobs, hashes))


def inside(project: Path, path: str) -> str:
    """Return ``path``, absolute or relative to the project, as the run's records name it.

    Raises:
        DataError: it lies elsewhere.
    """
    root = project.absolute()
    where = Path(path) if Path(path).is_absolute() else root / path
    parts = PurePosixPath(*Path(*where.parts).parts)
    try:
        return PurePosixPath(*_normal(parts)).relative_to(PurePosixPath(*_normal(PurePosixPath(root)))).as_posix()
    except ValueError:
        raise DataError(f"{path}: lies outside the project {project}; expected a file of the run") from None


def _normal(path: PurePosixPath) -> list[str]:
    """Return the parts of a path without ``.`` and ``..``; links are left as they are."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return parts


def lineage_report(project: Path, graph: Graph, target: str, row: Mapping[str, str]) -> Report:
    """Return all that is known of how ``target`` came about, or of its rows whose cells are ``row``.

    Raises:
        DataError: no job made or read it.
        ConfigError: there is no such row.
    """
    if not graph.knows(target):
        raise DataError(f"{target}: no job of this run made or read it; expected a file of the run, such as a figure")
    keep: Keep | None = None
    rows: list[Row] = []
    if row:
        rows = matching(read_rows(project / target), row, PurePosixPath(target).name)
        declared, own = Declared.beside(project / target), target not in graph.given
        keep = keeper(graph, (selection_of(one, declared, own) for one in rows))
    steps = graph.chain(target, keep)
    made = {path for step in steps for path in step.makes}
    images = {path for step in steps for path in _images(step)}
    sources = {path for step in steps for path in step.reads} - made - images
    prints = fingerprints(project, {target, *made, *sources, *images})
    history = History(project)
    report: Report = {
        "target": _file(target, prints),
        "rows": rows,
        "steps": [_step(step, prints, history, images, read_as(steps)) for step in steps],
        "sources": [_file(path, prints) for path in sorted(sources)],
        "images": [_file(path, prints) for path in sorted(images)],
        "earlier_runs": earlier_runs(project, {path: found for path in sources if (found := prints[path])}, history),
        "changed_since": changed_since(steps, prints),
        "other_code": other_code(steps),
        "not_run": sorted(made.intersection(not_run(project, [step.job for step in steps]))),
    }
    # What kept git from being asked is known when it has been asked for everything.
    return report | {"git": history.described()}


def earlier_runs(project: Path, sources: Mapping[str, Fingerprint], history: History) -> list[Report]:
    """Return, for each of ``sources`` that another run made, the chain behind it as that run's committed record has it.

    A record counts where it names the file as made, with the same size and SHA-256. Records of an older format are passed over.
    """
    reports = []
    for folder in sorted((project / RECORDS).glob("*/record.json")):
        if not any(f'"{path}"' in folder.read_text(encoding="utf-8") for path in sources):
            continue
        try:
            record = read_record(folder.parent)
        except DataError:
            continue
        graph = record.graph(project)
        made = [path for path in sorted(sources) if path in graph.maker and record.artifacts[path] == sources[path]]
        name = folder.parent.relative_to(project).as_posix()
        reports += [_earlier_run(name, record, graph.chain(path), path, history) for path in made]
    return reports


def _earlier_run(name: str, record: Record, steps: Sequence[Step], target: str, history: History) -> Report:
    """Return the chain behind ``target`` in a record: its files as recorded, since they need not be here."""
    prints: Mapping[str, Fingerprint | None] = record.artifacts
    images = {path for step in steps for path in _images(step)}
    return {
        "target": _file(target, prints),
        "record": name,
        "config": record.config,
        "code": record.code,
        "commit": history.commit_of(record.code),
        "steps": [_step(step, prints, history, images, record.deleted) for step in steps],
        "images": [_file(path, prints) for path in sorted(images)],
    }


def _images(step: Step) -> Iterable[str]:
    """Yield the source images that a step made or read: all that is rendered or prepared but lists of it."""
    paths = {RENDER: step.makes, PREPARE: step.reads}.get(step.job.rule, ())
    return (path for path in paths if not path.endswith(".csv"))


def _file(path: str, prints: Mapping[str, Fingerprint | None]) -> Report:
    found = prints[path]
    return {"path": path, "sha256": found and found.sha256, "size_bytes": found and found.size_bytes}


def read_as(steps: Sequence[Step]) -> dict[str, str]:
    """Return the SHA-256 of files as the jobs of a chain read them."""
    return {path: sha256 for step in steps for path, sha256 in step.job.input_sha256.items()}


def _step(
    step: Step,
    prints: Mapping[str, Fingerprint | None],
    history: History,
    images: set[str],
    when_read: Mapping[str, str],
) -> Report:
    job = step.job
    read, made = ([path for path in paths if path not in images] for paths in (step.reads, step.makes))
    return {
        "rule": job.rule,
        "inputs": [{**_file(path, prints), "sha256_read": job.input_sha256.get(path)} for path in read],
        "outputs": [{**_file(path, prints), "sha256_read": when_read.get(path)} for path in made],
        "n_images_read": len(step.reads) - len(read),
        "n_images_made": len(step.makes) - len(made),
        "command": job.command,
        "settings": settings(job.command, {*job.inputs, *job.outputs}),
        "code": job.code,
        "commit": history.commit_of(job.code),
        "tools": list(job.tools),
        "started": _time(job.started),
        "ended": _time(job.ended),
        "seconds": None if job.started is None or job.ended is None else round(job.ended - job.started, 2),
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def settings(command: str, files: set[str]) -> dict[str, str]:
    """Return the options of a job's command that are no files, with their values: what of the config, and which seed, it had.

    An option that is a JSON object counts as one option a key.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return {}
    words = words[: words.index(">")] if ">" in words else words
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            found[word.removeprefix("--")] = []
        elif found:
            found[list(found)[-1]].append(word)
    result: dict[str, str] = {}
    for name, values in found.items():
        if not set(values) & files:
            result |= _by_key(" ".join(values)) or {name: " ".join(values)}
    return result


def _by_key(text: str) -> dict[str, str]:
    """Return the values of a JSON object, as JSON; nothing where the text is none."""
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return (
        {key: v if isinstance(v, str) else json.dumps(v) for key, v in values.items()}
        if isinstance(values, dict)
        else {}
    )


def changed_since(steps: Sequence[Step], prints: Mapping[str, Fingerprint | None]) -> list[str]:
    """Return, sorted, the files that are no longer what a job of the chain read; not those that are gone and can be made again."""
    read = {(path, sha256) for step in steps for path, sha256 in step.job.input_sha256.items() if path in step.reads}
    made = {path for step in steps for path in step.makes}
    gone = {path for path in made if prints[path] is None}
    changed = {path for path, sha256 in read if (found := prints[path]) is None or found.sha256 != sha256}
    return sorted(changed - gone)


def other_code(steps: Sequence[Step]) -> list[str]:
    """Return, sorted, the modules of the chain that are not what they were when they ran."""
    ran = {pair for step in steps for pair in step.job.code.items()}
    return sorted({module for module, identity in ran if current_identity(module) != identity})


def current_identity(module: str) -> str | None:
    """Return the identity of a module of the installed package; None where it is no longer there, or no Python."""
    try:
        return identity(module)
    except (OSError, ConfigError):
        return None
