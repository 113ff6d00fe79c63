"""A copy of the project that tests may run, edit and break, without touching the real one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import forked
from helpers import PROJECT

FOLDERS = (
    "config",
    "workflow",
    "profiles",
    "data/published",
    "data/reference/length",
    "data/reference/seeds",
    "data/start",
    "src/compfeat",
)
FILES = ("Snakefile", "Makefile", "dvc.yaml", ".dvcignore", ".gitignore", ".dvc/config")
SNAKEMAKE = ("-m", "snakemake")


def copy_project(folder: Path) -> Path:
    """Copy everything that the workflow reads, and nothing that it makes; return ``folder``."""
    for name in FOLDERS:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, folder / name)
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    return folder


def environment(project: Path) -> dict[str, str]:
    """Return this process's environment, in which the copy's package comes before the installed one.

    Without what `make test` hands down, which would let a copy's own make say more.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return {**inherited, "PYTHONPATH": str(project / "src")}


def python(project: Path, *words: str, real: bool = False) -> dict[str, Any]:
    """Return what starts ``python`` with these words in the copy: by fork, unless it is to be a ``real`` start."""
    if real:
        return {"args": [sys.executable, *words], "cwd": project, "env": environment(project)}
    return {"args": forked.argv(*words), "cwd": project, "env": environment(project) | forked.variables()}


def attempt(project: Path, *words: str, real: bool = False) -> subprocess.CompletedProcess[str]:
    """Run ``python`` with these words in the copy; return what came of it."""
    return subprocess.run(**python(project, *words, real=real), capture_output=True, text=True, check=False)


def snakemake(project: Path, *arguments: str, real: bool = False) -> str:
    """Run the copy's workflow; return what it printed, and fail where it did."""
    done = attempt(project, *SNAKEMAKE, *arguments, real=real)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-5000:]
    return output


def planned_jobs(output: str) -> dict[str, str]:
    """Return the jobs that a dry run listed, with their reasons: ``rule`` or ``rule:value/value`` of the wildcards."""
    jobs: dict[str, str] = {}
    for block in re.split(r"^(?:local)?rule ", output, flags=re.M)[1:]:
        fields = dict(re.findall(r"^    (\w+): (.*)$", block, re.M))
        name = block.partition(":")[0]
        values = [pair.partition("=")[2] for pair in fields.get("wildcards", "").split(", ")]
        jobs[f"{name}:{'/'.join(values)}" if any(values) else name] = fields.get("reason", "")
    return jobs


def following(output: str, jobs: set[str]) -> set[str]:
    """Return ``jobs`` and all that follow from what they make, in the graph that a dry run with ``--forceall`` listed."""
    files: dict[str, tuple[set[str], set[str]]] = {}
    for block in re.split(r"^(?:local)?rule ", output, flags=re.M)[1:]:
        fields = dict(re.findall(r"^    (\w+): (.*)$", block, re.M))
        name = next(iter(planned_jobs(f"rule {block}")))
        files[name] = (set(fields.get("input", "").split(", ")), set(fields.get("output", "").split(", ")) - {""})
    found = set(jobs)
    while True:
        made = {path for job in found for path in files[job][1]}
        more = {name for name, (read, _) in files.items() if read & made} - found
        if not more:
            return found
        found |= more


def fake_results(project: Path, *arguments: str) -> None:
    """Make Snakemake regard every result as made: files that contain their own names, recorded by Snakemake's ``--touch``.

    What a dry run decides depends on files, checksums and the record, never on what is in the files.
    """
    table = snakemake(project, "--summary", *arguments)
    for line in table.splitlines():
        path, _, rest = line.partition("\t")
        if rest and path != "output_file":
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            (project / path).write_text(path)
    snakemake(project, "--touch", "--forceall", *arguments)
