"""The same bytes, whatever happens on the way: other cores, other folders, kills, full disks, a second run beside."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from project_copy import SNAKEMAKE, attempt, refused, snakemake, start, wait_for_a_job
from tiny_run import artifacts, resize, tiny_project, unlock, used_kib

pytestmark = pytest.mark.slow

KILLS = 20


def test_a_run_makes_files_of_every_kind(reference: dict[str, str]) -> None:
    kinds = {".npy", ".safetensors", ".zip", ".csv", ".json", ".npz", ".pdf", ".png"}
    assert {Path(name).suffix for name in reference} >= kinds
    assert len(reference) > 90


def kill(process: subprocess.Popen[str]) -> None:
    """Kill the run and all its jobs at once, as a power loss does."""
    os.killpg(process.pid, signal.SIGKILL)
    assert process.stdout is not None
    process.stdout.close()
    process.wait()


def take_away(project: Path, first: int) -> None:
    """Delete the results of a stage and of those after it: what only led to results that are there is not missed."""
    for stage in ("encode", "evaluate", "summarise")[first:]:
        shutil.rmtree(project / "results" / stage, ignore_errors=True)


def damaged(project: Path, reference: dict[str, str]) -> list[str]:
    """Return the files under a result's name that are not the result."""
    return [name for name, digest in artifacts(project).items() if reference.get(name) != digest]


def test_a_run_on_one_core_at_another_path_that_is_killed_20_times_ends_in_the_same_bytes(
    reference: dict[str, str], tmp_path: Path
) -> None:
    project, moments = tiny_project(tmp_path / "killed"), random.Random(1)
    kills = 0
    while kills < KILLS:
        process = start(project, "--cores", "1")
        if wait_for_a_job(process):
            time.sleep(moments.uniform(0, 1.5))
        if process.poll() is None:
            kill(process)
            kills += 1
            unlock(project)
        else:  # done already: something is taken away, so that there is a run to kill
            process.communicate()
            take_away(project, moments.randint(0, 2))
        assert damaged(project, reference) == []
    snakemake(project, "--cores", "1")
    assert artifacts(project) == reference
    assert "Nothing to be done" in snakemake(project, "--dry-run")


def test_a_second_run_is_told_of_the_first_and_harms_nothing(
    reference: dict[str, str], finished: Path, tmp_path: Path
) -> None:
    project = tmp_path / "twice"
    shutil.copytree(finished, project)
    for part in ("encode/c256/compressible/seed0/jpeg", "evaluate/c256/compressible/seed0/jpeg", "summarise"):
        shutil.rmtree(project / "results" / part)
    first = start(project, "--cores", "2")
    assert wait_for_a_job(first)
    os.killpg(first.pid, signal.SIGSTOP)  # it stays in the middle
    output = refused(project)
    assert "Directory cannot be locked" in output and "--unlock" in output
    kill(first)
    # The lock that the killed one left is reported alike, and removed as the message says.
    assert "--unlock" in refused(project)
    snakemake(project, "--unlock")
    snakemake(project)
    assert artifacts(project) == reference


def test_a_run_whose_disk_filled_up_goes_on_when_there_is_room(
    reference: dict[str, str], finished: Path, disk: Path
) -> None:
    project = disk / "project"
    resize(disk, 64 * 1024)
    shutil.copytree(finished, project)
    shutil.rmtree(project / "results")
    code, whole = used_kib(project), used_kib(finished)
    for part in (0.3, 0.8):
        resize(disk, int(code + part * (whole - code)))
        assert attempt(project, *SNAKEMAKE).returncode != 0
        assert damaged(project, reference) == []
        unlock(project)
    resize(disk, 256 * 1024)
    snakemake(project)
    assert artifacts(project) == reference
