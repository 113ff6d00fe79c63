"""A run under a real Slurm of one node: the local run's bytes, whatever the scheduler does to its jobs."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from project_copy import environment, snakemake
from tiny_run import PHASE, artifacts, reconfigure, resize, tiny_project, unlock, used_kib

pytestmark = pytest.mark.scale

TRAINED = "results/train/c256/warm_start/seed0/weights.safetensors"
"""A training's output, named as a target: a file that only led to results that are still there is not missed."""
CHECKS = ("--seconds-between-status-checks", "--slurm-init-seconds-before-status-checks")
SOON = (*(word for option in CHECKS for word in (option, "2")), "--latency-wait", "10")
# There is no accounting that sacct could ask.
BY_SQUEUE = ("--slurm-status-command", "squeue")


def argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", *SOON, *BY_SQUEUE, *words]


def attempt_under_slurm(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the copy's workflow under Slurm, whether or not it fails."""
    return subprocess.run(
        argv(*words), cwd=project, env=environment(project), capture_output=True, text=True, check=False, timeout=1500
    )


def under_slurm(project: Path, *words: str) -> str:
    """Run the copy's workflow under Slurm; return what it printed, and fail where it did."""
    done = attempt_under_slurm(project, *words)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-5000:]
    return output


def slurm(*words: str) -> str:
    """Run a command of Slurm's."""
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def wait_until(there: Callable[[], object], seconds: float = 300) -> None:
    """Wait until something is there."""
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, f"{there} after {seconds} s"
        time.sleep(0.2)


def works_of(project: Path) -> dict[psutil.Process, str]:
    """Return the processes of Slurm's jobs that work in a copy, with their command lines."""
    found = {}
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(project) and "SLURM_JOB_ID" in process.environ():
                found[process] = " ".join(process.cmdline())
        except psutil.Error:
            continue
    return found


def trains(project: Path) -> bool:
    """Return whether a job of Slurm's is training a network in a copy."""
    return any("-m compfeat train" in command for command in works_of(project).values())


class Node:
    """The one node of a Slurm, which can be lost and come back."""

    def __init__(self, folder: Path) -> None:
        self.conf = folder / "slurm.conf"
        self.pid = folder / "slurmd.pid"
        self.name = slurm("sinfo", "--noheader", "--format=%n").strip()
        self.patience(10)

    def patience(self, seconds: int) -> None:
        """Let the controller take the node for lost after so many seconds without an answer."""
        kept = [line for line in self.conf.read_text().splitlines() if not line.startswith("SlurmdTimeout")]
        self.conf.write_text("\n".join([*kept, f"SlurmdTimeout={seconds}"]) + "\n")
        slurm("scontrol", "reconfigure")

    @property
    def state(self) -> str:
        return slurm("sinfo", "--noheader", "--format=%T").strip().rstrip("*")

    def stop(self, project: Path) -> list[psutil.Process]:
        """End the node's daemons at once; return the processes of its jobs in a copy, which go on without them."""
        works = list(works_of(project))
        steps = {parent for process in works for parent in process.parents() if parent.name() == "slurmstepd"}
        daemon = psutil.Process(int(self.pid.read_text()))
        for process in [daemon, *steps]:
            process.kill()
        psutil.wait_procs([daemon], timeout=10)
        return works

    def come_back(self) -> None:
        """Start the node's daemon again where it does not run, and wait for the controller to see it."""
        if not self.pid.exists() or not psutil.pid_exists(int(self.pid.read_text())):
            slurm("slurmd", "-f", str(self.conf), "-N", self.name)
        wait_until(lambda: self.state in ("idle", "mixed", "allocated"), 60)
        self.patience(300)


@pytest.fixture
def node(cluster: Path | None) -> Iterator[Node]:
    """The node of a Slurm of the tests' own; it is there again when a test ends."""
    if cluster is None:
        pytest.skip("a node is lost in a Slurm of the tests' own only")
    own = Node(cluster)
    yield own
    own.come_back()


@contextmanager
def started(project: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a training in a copy under Slurm, wait until it runs there; in the end, nothing of it is left."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    run = subprocess.Popen(argv(TRAINED), cwd=project, env=environment(project), **pipes)
    try:
        wait_until(lambda: trains(project))
        yield run
    finally:
        run.kill()
        for process in works_of(project):
            process.kill()


@pytest.fixture
def begun(project: Path) -> Path:
    """A copy in which a network is to be trained again."""
    (project / TRAINED).unlink()
    return project


def test_a_run_ends_in_the_local_runs_bytes_in_few_jobs(
    cluster: Path | None, reference: dict[str, str], tmp_path: Path
) -> None:
    project = tiny_project(tmp_path / "project")
    output = under_slurm(project)
    assert artifacts(project) == reference
    # 2 renderings, 2 preparations, 3 trainings, 2 of features, 2 of coding (4 pairs each), 1 of all tables and pictures.
    assert len(set(re.findall(r"submitted with SLURM jobid (\d+)", output))) == 12
    # What was made there is up to date here.
    assert "Nothing to be done" in snakemake(project, "--dry-run", real=True)


def test_a_job_that_is_killed_for_memory_gets_more(
    cluster: Path | None, begun: Path, reference: dict[str, str]
) -> None:
    output = under_slurm(begun, TRAINED, "--set-resources", "train:mem_mb=60*10**(attempt-1)")
    assert "Trying to restart job" in output
    assert artifacts(begun) == reference


def test_a_job_that_is_killed_for_time_gets_more_and_resumes(cluster: Path | None, project: Path) -> None:
    # 300 epochs last longer than the minute that the first attempt is given.
    reconfigure(project, {"trainings": {"warm_start": {"phases": [{**PHASE, "epochs": 300}]}}})
    output = under_slurm(project, TRAINED, "--set-resources", "train:runtime=attempt**3")
    assert "Trying to restart job" in output
    log = (project / "results/logs/train/c256/warm_start/seed0.log").read_text()
    assert (project / TRAINED).is_file(), log[-500:]


def test_a_run_that_is_cancelled_takes_its_jobs_along_and_resumes(
    cluster: Path | None, reference: dict[str, str], tmp_path: Path
) -> None:
    project = tiny_project(tmp_path / "project")
    # Where the tests run in the background, SIGINT is ignored, and a child would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(
        argv(), cwd=project, env=environment(project), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    signal.signal(signal.SIGINT, before)
    wait_until((project / "data/prepared/streets/train.npy").exists)
    wait_until(lambda: slurm("squeue", "--noheader", "--states=R"))
    # A job that is being submitted when the signal comes is not known to Snakemake yet, and would run to its end.
    time.sleep(10)
    run.send_signal(signal.SIGINT)
    run.wait(timeout=120)
    wait_until(lambda: slurm("squeue", "--noheader", "--states=PD,R,CG") == "", 60)
    unlock(project)
    under_slurm(project)
    assert artifacts(project) == reference


@pytest.mark.parametrize("survives", [False, True], ids=["its jobs die with it", "its jobs work on unseen"])
def test_a_run_whose_node_is_lost_ends_when_it_is_back(
    node: Node, begun: Path, reference: dict[str, str], survives: bool
) -> None:
    with started(begun) as run:
        for process in node.stop(begun):
            if not survives:
                process.kill()
        wait_until(lambda: node.state == "down", 120)
        assert artifacts(begun).items() <= reference.items()
        node.come_back()
        output = run.communicate(timeout=1500)[0]
        assert run.returncode == 0, output[-5000:]
    assert artifacts(begun) == reference


def test_a_run_ends_after_its_node_was_taken_down_with_jobs_on_it(
    node: Node, begun: Path, reference: dict[str, str]
) -> None:
    with started(begun) as run:
        slurm("scontrol", "update", f"NodeName={node.name}", "State=DOWN", "Reason=test")
        wait_until(lambda: not trains(begun), 60)
        assert artifacts(begun).items() <= reference.items()
        # It is back by itself where it reports to the controller before it is told to.
        back = ["scontrol", "update", f"NodeName={node.name}", "State=RESUME"]
        subprocess.run(back, capture_output=True, check=False)
        output = run.communicate(timeout=1500)[0]
        assert run.returncode == 0, output[-5000:]
    assert artifacts(begun) == reference


def test_a_run_whose_shared_disk_is_full_ends_when_there_is_room(
    cluster: Path | None, begun: Path, reference: dict[str, str], disk: Path
) -> None:
    resize(disk, 256 * 1024)
    project = Path(shutil.copytree(begun, disk / "project"))
    # Slurm's logs and Snakemake's find a place; weights do not.
    resize(disk, used_kib(disk) + 400)
    assert attempt_under_slurm(project, TRAINED, "--retries", "0").returncode != 0
    assert artifacts(project).items() <= reference.items()
    resize(disk, 256 * 1024)
    unlock(project)
    under_slurm(project, TRAINED)
    assert artifacts(project) == reference
