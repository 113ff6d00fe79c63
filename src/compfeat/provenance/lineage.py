"""The chain behind a file or a number: jobs with their code, settings, tools and times, back to the images."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from compfeat.errors import DataError
from compfeat.io import read_csv
from compfeat.provenance.code import source_path, tree_hash
from compfeat.provenance.commits import History, head
from compfeat.provenance.files import Fingerprint, fingerprints
from compfeat.provenance.graph import Graph, Keep, Step, everything
from compfeat.provenance.jobs import attach_images, read_jobs
from compfeat.provenance.selection import selection_of
from compfeat.provenance.tables import Row, keeper, matching, read_row_ladders, read_rows

Told = dict[str, Any]


def read_graph(project: Path) -> Graph:
    """Return the graph of the run that lies in ``project``, with the source images that its renderings list.

    Raises:
        DataError: Snakemake has no records there, or a list of images is damaged.
    """
    jobs = read_jobs(project)
    manifests = [path for job in jobs if job.rule == "render" for path in job.outputs if (project / path).is_file()]
    images = [
        f"{PurePosixPath(manifest).parent}/{name}"
        for manifest in manifests
        for name in read_csv(project / manifest, ["path", "sha256"])["path"]
    ]
    return Graph(attach_images(jobs, images))


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


def lineage(project: Path, graph: Graph, target: str, row: Mapping[str, str]) -> Told:
    """Return all that is known of how ``target`` came about, or of its rows whose cells are ``row``.

    Raises:
        DataError: no job made or read it.
        ConfigError: there is no such row.
    """
    if not graph.knows(target):
        raise DataError(f"{target}: no job of this run made or read it; expected a file of the run, such as a figure")
    keep: Keep = everything
    rows: list[Row] = []
    if row:
        name = PurePosixPath(target).name
        rows = matching(read_rows(project / target), row, name)
        ladders = read_row_ladders(project / target)
        keep = keeper(graph, (selection_of(name, one, ladders) for one in rows))
    steps = graph.chain(target, keep)
    made = {path for step in steps for path in step.makes}
    sources = sorted({path for step in steps for path in step.reads} - made)
    images = sorted(path for path in made if not _recorded(path, steps))
    prints = fingerprints(project, {target, *made, *sources})
    history = History(project)
    return {
        "target": _file(target, prints),
        "rows": rows,
        "git": head(project),
        "steps": [_step(step, prints, history, set(images)) for step in steps],
        "sources": [_file(path, prints) for path in sources],
        "images": [_file(path, prints) for path in images],
        "changed_since": changed_since(steps, prints),
        "other_code": other_code(steps),
    }


def _recorded(path: str, steps: Iterable[Step]) -> bool:
    """Return whether Snakemake knows of a file; of source images it knows the list only."""
    return not any(path in step.makes and step.job.rule == "render" and not path.endswith(".csv") for step in steps)


def _file(path: str, prints: Mapping[str, Fingerprint | None]) -> Told:
    found = prints[path]
    return {"path": path, "sha256": found and found.sha256, "size_bytes": found and found.size_bytes}


def _step(step: Step, prints: Mapping[str, Fingerprint | None], history: History, images: set[str]) -> Told:
    job = step.job
    read, made = ([path for path in paths if path not in images] for paths in (step.reads, step.makes))
    return {
        "rule": job.rule,
        "inputs": [{**_file(path, prints), "sha256_read": job.input_sha256.get(path)} for path in read],
        "outputs": [_file(path, prints) for path in made],
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
    """Return the flags of a job's command that are no files, with their values: what of the config, and which seed, it had."""
    try:
        words = shlex.split(command)
    except ValueError:
        return {}
    words = words[: words.index(">")] if ">" in words else words
    found: dict[str, list[str]] = {}
    flag = None
    for word in words:
        if word.startswith("--"):
            flag = word.removeprefix("--")
            found[flag] = []
        elif flag is not None:
            found[flag].append(word)
    return {name: " ".join(values) for name, values in found.items() if not set(values) & files}


def changed_since(steps: Sequence[Step], prints: Mapping[str, Fingerprint | None]) -> list[str]:
    """Return, sorted, the files that are no longer what a job of the chain read."""
    read = {(path, sha256) for step in steps for path, sha256 in step.job.input_sha256.items() if path in step.reads}
    return sorted({path for path, sha256 in read if (found := prints[path]) is None or found.sha256 != sha256})


def other_code(steps: Sequence[Step]) -> list[str]:
    """Return, sorted, the modules of the chain that are not what they were when they ran."""
    ran = {pair for step in steps for pair in step.job.code.items()}
    return sorted({module for module, identity in ran if current_identity(module) != identity})


def current_identity(module: str) -> str | None:
    """Return the identity of a module of the installed package; None where it is no longer there."""
    try:
        return tree_hash(source_path(module))[:12]
    except (OSError, ValueError):
        return None
