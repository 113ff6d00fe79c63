"""The chain that made a file or a number: jobs with their code, settings, tools and times, back to the images."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from compfeat.errors import ConfigError, DataError
from compfeat.provenance.code import identity
from compfeat.provenance.commits import History
from compfeat.provenance.files import Fingerprint, fingerprint
from compfeat.provenance.graph import Graph, Step
from compfeat.provenance.jobs import PREPARE, RENDER, not_run
from compfeat.provenance.records import read_record
from compfeat.provenance.rows import keeper, matching, read_rows, selections

RECORDS = "data/reference"
"""Folder of the committed records, one folder for each run."""
Report = dict[str, Any]
Prints = Mapping[str, Fingerprint | None]


def inside(project: Path, path: str) -> str:
    """Return ``path``, absolute or relative to the project, as the run's records name it; links are not resolved.

    Raises:
        DataError: it lies elsewhere.
    """
    relative = PurePosixPath(os.path.relpath(project.absolute() / path, project.absolute()))
    if relative.parts[:1] == ("..",):
        raise DataError(f"{path}: lies outside the project {project}; expected a file of the run")
    return relative.as_posix()


def lineage_report(project: Path, graph: Graph, target: str, row: Mapping[str, str]) -> Report:
    """Return all that is known of how ``target`` came about, or of its rows whose cells are ``row``.

    Raises:
        DataError: no job made or read it.
        ConfigError: there is no such row.
    """
    if not graph.knows(target):
        raise DataError(f"{target}: no job of this run made or read it; expected a file of the run, such as a figure")
    rows = matching(read_rows(project / target), row, PurePosixPath(target).name) if row else []
    steps = graph.chain(target, keeper(graph, selections(graph, project, target, rows)) if rows else None)
    made = {path for step in steps for path in step.makes}
    files = {target, *made, *(path for step in steps for path in step.reads)}
    prints = {path: fingerprint(project / path) for path in sorted(files)}
    history = History(project)
    chain = _chain(target, steps, prints, history)
    sources = {file["path"]: contents for file in chain["sources"] if (contents := prints[file["path"]])}
    report: Report = {
        **chain,
        "rows": rows,
        "earlier_runs": _earlier_runs(project, sources, history),
        "changed_since": _changed_since(steps, prints),
        "other_code": _other_code(steps),
        "not_run": sorted(made.intersection(not_run(project, [step.job for step in steps]))),
    }
    # What kept git from being asked is known when it has been asked for everything.
    known = ("commit", "modified", "shallow", "problem")
    return report | {"git": {name: getattr(history, name) for name in known}}


def _earlier_runs(project: Path, sources: Mapping[str, Fingerprint], history: History) -> list[Report]:
    """Return the chain that made each of ``sources`` that a committed record of another run names as made, to the byte."""
    reports = []
    for path in sorted((project / RECORDS).glob("*/record.json")):
        text = path.read_text(encoding="utf-8")
        if not any(f'"{source}"' in text for source in sources):
            continue
        try:
            record = read_record(path.parent)
        except DataError:
            continue  # It is of an older format.
        graph, of_record = record.graph(project), path.parent.relative_to(project).as_posix()
        head = {"record": of_record, "config": record.config, "code": record.code}
        for source in sorted(sources):
            if source in graph.maker and record.artifacts.get(source) == sources[source]:
                # The files are those that were recorded: they need not be here.
                chain = _chain(source, graph.chain(source), record.artifacts, history, record.deleted)
                reports.append({**head, "commit": history.commit_of(record.code), **chain})
    return reports


def _chain(
    target: str, steps: Sequence[Step], prints: Prints, history: History, read: Mapping[str, str] | None = None
) -> Report:
    """Return a chain with all its files; ``read`` has the SHA-256 of deleted files as jobs read them."""
    images = {path for step in steps for path in _images(step)}
    sources = {path for step in steps for path in step.reads} - {path for step in steps for path in step.makes} - images
    when_read = dict(read or {})
    for step in steps:
        when_read |= step.job.input_sha256
    return {
        "target": _file(target, prints),
        "steps": [_step(step, prints, history, images, when_read) for step in steps],
        "sources": [_file(path, prints) for path in sorted(sources)],
        "images": [_file(path, prints) for path in sorted(images)],
    }


def _images(step: Step) -> Iterable[str]:
    """Yield the source images that a step made or read: all that is rendered or prepared but lists of it."""
    paths = {RENDER: step.makes, PREPARE: step.reads}.get(step.job.rule, ())
    return (path for path in paths if not path.endswith(".csv"))


def _file(path: str, prints: Prints) -> Report:
    contents = prints.get(path)
    return {"path": path, "sha256": contents and contents.sha256, "size_bytes": contents and contents.size_bytes}


def _step(step: Step, prints: Prints, history: History, images: set[str], when_read: Mapping[str, str]) -> Report:
    job = step.job
    read, made = ([path for path in paths if path not in images] for paths in (step.reads, step.makes))
    return {
        "rule": job.rule,
        "inputs": [{**_file(path, prints), "sha256_read": job.input_sha256.get(path)} for path in read],
        "outputs": [{**_file(path, prints), "sha256_read": when_read.get(path)} for path in made],
        "command": job.command,
        "settings": settings(job.command, {*job.inputs, *job.outputs}),
        "code": job.code,
        "commit": history.commit_of(job.code),
        "tools": list(job.tools),
        "started": iso(job.started),
        "ended": iso(job.ended),
        "seconds": None if job.started is None or job.ended is None else round(job.ended - job.started, 2),
    }


def iso(seconds: float | None) -> str | None:
    """Return a time, in seconds since 1970, as ISO 8601, in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def settings(command: str, files: set[str]) -> dict[str, str]:
    """Return the options of a job's command that are no files, with their values: what of the config, and which seed, it had.

    An option that is a JSON object counts as one option for each key. A command that no shell can read has none.
    """
    options: dict[str, list[str]] = {}
    result: dict[str, str] = {}
    try:
        words = shlex.split(command)
        for word in words[: words.index(">")] if ">" in words else words:
            if word.startswith("--"):
                options[word.removeprefix("--")] = []
            elif options:
                options[list(options)[-1]].append(word)
        for name, values in options.items():
            text = " ".join(values)
            if text.startswith("{"):
                result |= {key: v if isinstance(v, str) else json.dumps(v) for key, v in json.loads(text).items()}
            elif files.isdisjoint(values):
                result[name] = text
    except ValueError:
        return {}
    return result


def _changed_since(steps: Sequence[Step], prints: Prints) -> list[str]:
    """Return, sorted, the files that are no longer what a job of the chain read; not those that are gone and can be made again."""
    made = {path for step in steps for path in step.makes}
    changed = set()
    for step in steps:
        for path in set(step.reads) & set(step.job.input_sha256):
            current = prints[path]
            if path not in made if current is None else current.sha256 != step.job.input_sha256[path]:
                changed.add(path)
    return sorted(changed)


def _other_code(steps: Sequence[Step]) -> list[str]:
    """Return, sorted, the modules of the chain that are not what they were when they ran."""
    ran = {pair for step in steps for pair in step.job.code.items()}
    return sorted({module for module, recorded in ran if _current_identity(module) != recorded})


def _current_identity(module: str) -> str | None:
    """Return the identity of a module of the installed package; None if it is no longer there, or no Python."""
    try:
        return identity(module)
    except (OSError, ConfigError):
        return None
