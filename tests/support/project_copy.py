"""A copy of the project that tests may run, edit and break, without touching the real one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import forked
from helpers import PROJECT

FOLDERS = (
    "config",
    "workflow",
    "profiles",
    "data/published",
    "data/reference/learned",
    "data/reference/length",
    "data/reference/photographs",
    "data/reference/photographs_learned",
    "data/reference/release",
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


def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the copy's workflow as a process group of its own, with all that it prints in one pipe."""
    command = python(project, *SNAKEMAKE, *arguments)
    return subprocess.Popen(**command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0)


def wait_for_a_job(run: subprocess.Popen[str]) -> bool:
    """Wait until a run starts a job; return whether it did."""
    assert run.stdout is not None
    return any(line.startswith(("rule ", "localrule ")) for line in run.stdout)


def snakemake(project: Path, *arguments: str, real: bool = False) -> str:
    """Run the copy's workflow; return what it printed, and fail where it did."""
    done = attempt(project, *SNAKEMAKE, *arguments, real=real)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-5000:]
    return output


def refused(project: Path, *arguments: str, real: bool = False) -> str:
    """Run the copy's workflow, which must fail and say why without a traceback; return what it printed."""
    done = attempt(project, *SNAKEMAKE, *arguments, real=real)
    output = done.stdout + done.stderr
    assert done.returncode != 0 and "Traceback" not in output, output[-3000:]
    return output


def refusal(project: Path, *configs: str) -> str:
    """Return the one line in which a dry run refuses a configuration."""
    output = refused(project, "--dry-run", "--configfile", *configs)
    (line,) = [line for line in output.splitlines() if line.startswith("config: ")]
    return line


class Job(NamedTuple):
    """One job that a dry run lists: ``rule`` or ``rule:value/value`` of the wildcards, and its files."""

    name: str
    reason: str
    inputs: set[str]
    outputs: set[str]

    @property
    def rule(self) -> str:
        return self.name.partition(":")[0]


def listed_jobs(output: str) -> list[Job]:
    """Return the jobs that a run or a dry run listed."""
    found = []
    for block in re.split(r"^(?:local)?rule ", output, flags=re.M)[1:]:
        fields = dict(re.findall(r"^    (\w+): (.*)$", block, re.M))
        values = [pair.partition("=")[2] for pair in fields.get("wildcards", "").split(", ")]
        name = ":".join(filter(None, (block.partition(":")[0], "/".join(values))))
        inputs, outputs = (set(fields.get(key, "").split(", ")) - {""} for key in ("input", "output"))
        found.append(Job(name, fields.get("reason", ""), inputs, outputs))
    return found


def planned_jobs(output: str) -> dict[str, str]:
    """Return the jobs that a dry run listed, with their reasons."""
    return {job.name: job.reason for job in listed_jobs(output)}


def following(output: str, names: set[str]) -> set[str]:
    """Return these jobs and all that follow from what they make, in the graph that a dry run with ``--forceall`` listed."""
    jobs, found = listed_jobs(output), set[str]()
    while names - found:
        found |= names
        made = {path for job in jobs if job.name in found for path in job.outputs}
        names = {job.name for job in jobs if job.inputs & made}
    return found


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
