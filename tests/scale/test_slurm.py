"""A run under a real Slurm of one node: the local run's bytes, whatever the scheduler does to its jobs."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from project_copy import environment
from tiny_run import artifacts, tiny_project

pytestmark = pytest.mark.scale

TRAINED = "results/train/c256/warm_start/seed0/weights.safetensors"
"""A training's output, named as a target: a file that only led to results that are still there is not missed."""
SUBMITTED = re.compile(r"submitted with SLURM jobid (\d+)")
SOON = (
    "--seconds-between-status-checks",
    "2",
    "--slurm-init-seconds-before-status-checks",
    "2",
    "--latency-wait",
    "10",
)


# There is no accounting that sacct could ask.
BY_SQUEUE = ("--slurm-status-command", "squeue")


def argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", *SOON, *BY_SQUEUE, *words]


def under_slurm(project: Path, *words: str) -> str:
    """Run the copy's workflow under Slurm; return what it printed, and fail where it did."""
    done = subprocess.run(
        argv(*words),
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-5000:]
    return output


def jobs_of(output: str) -> int:
    """Return how many jobs were submitted."""
    return len(set(SUBMITTED.findall(output)))


def slurm(*words: str) -> str:
    """Run a command of Slurm's."""
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_a_run_ends_in_the_local_runs_bytes_in_few_jobs(
    cluster: None, reference: dict[str, str], tmp_path: Path
) -> None:
    project = tiny_project(tmp_path / "project")
    output = under_slurm(project)
    assert artifacts(project) == reference
    # 2 renderings, 2 preparations, 3 trainings, 2 of features, 2 of coding (4 pairs each), 1 of all tables and pictures.
    assert jobs_of(output) == 12
    # What was made there is up to date here.
    local = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run"],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
    )
    assert "Nothing to be done" in local.stdout + local.stderr


def test_a_job_that_is_killed_for_memory_gets_more(
    cluster: None, local: Path, reference: dict[str, str], tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(local, project)
    (project / TRAINED).unlink()
    output = under_slurm(project, TRAINED, "--set-resources", "train:mem_mb=60*10**(attempt-1)")
    assert "Trying to restart job" in output
    assert artifacts(project) == reference


def test_a_job_that_is_killed_for_time_gets_more_and_resumes(cluster: None, local: Path, tmp_path: Path) -> None:
    # 300 epochs last longer than the minute that the first attempt is given.
    project = tmp_path / "project"
    shutil.copytree(local, project)
    path = project / "config/config.yaml"
    config = yaml.safe_load(path.read_text())
    config["trainings"]["warm_start"]["phases"][0]["epochs"] = 300
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    output = under_slurm(project, TRAINED, "--set-resources", "train:runtime=attempt**3")
    assert "Trying to restart job" in output
    log = (project / "results/logs/train/c256/warm_start/seed0.log").read_text()
    assert (project / TRAINED).is_file(), log[-500:]


def test_a_run_that_is_cancelled_takes_its_jobs_along_and_resumes(
    cluster: None, reference: dict[str, str], tmp_path: Path
) -> None:
    project = tiny_project(tmp_path / "project")
    # Where the tests run in the background, SIGINT is ignored, and a child would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(
        argv(), cwd=project, env=environment(project), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 300
    while not (project / "data/prepared/streets/train.npy").exists() and time.monotonic() < deadline:
        time.sleep(0.5)
    while not slurm("squeue", "--noheader", "--states=R") and time.monotonic() < deadline:
        time.sleep(0.5)
    # A job that is being submitted when the signal comes is not known to Snakemake yet, and would run to its end.
    time.sleep(10)
    run.send_signal(signal.SIGINT)
    run.wait(timeout=120)
    deadline = time.monotonic() + 60
    while slurm("squeue", "--noheader", "--states=PD,R,CG") and time.monotonic() < deadline:
        time.sleep(1)
    assert slurm("squeue", "--noheader", "--states=PD,R,CG") == ""
    for lock in (project / ".snakemake/locks").glob("*"):
        lock.unlink()
    under_slurm(project)
    assert artifacts(project) == reference
