"""Shared folders that are not like a local disk: clocks that differ, files that show late, and other users.

Kills, a full disk and a second run in one folder are in ``smoke/test_reproducibility.py``, lines that break in
``test_storage.py``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from project_copy import SNAKEMAKE, environment, planned_jobs, refused, snakemake, start, wait_for_a_job
from tiny_run import artifacts, reconfigure, tiny_project

pytestmark = pytest.mark.scale

DAY_S = 86400
CODED = "results/encode/c256/compressible/seed0/jpeg"
STREAM = f"{CODED}/bitstreams.zip"
TABLE = "results/summarise/points.csv"
LATE_S = 6
LATE = f'''
"""Tables show late, as files of another node do on a network file system that remembers for a while what a folder holds."""
import os, pathlib, subprocess
at_once = pathlib.Path.replace
wait = 'while kill -0 "$0" 2> /dev/null; do sleep 0.1; done; sleep "$1"; mv "$2" "$3"'
def late(self, target):
    if "/summarise/" not in str(target):
        return at_once(self, target)
    hidden = at_once(self, str(self) + ".hidden")
    words = ["sh", "-c", wait, str(os.getpid()), "{LATE_S}", str(hidden), str(target)]
    subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return pathlib.Path(target)
pathlib.Path.replace = late
'''
"""Loaded by every Python of the project: a table gets its name seconds after its job has ended."""
SOMEBODY = 65534


def set_clock(folder: Path, seconds: float) -> None:
    """Let all files of a folder have been written so many seconds from now."""
    for path in folder.rglob("*"):
        os.utime(path, (time.time() + seconds,) * 2)


@pytest.mark.parametrize("folder", ["data/prepared", "results/features", "results/encode"])
@pytest.mark.parametrize("seconds", [DAY_S, -DAY_S])
def test_results_of_a_node_whose_clock_is_off_are_not_made_again(project: Path, folder: str, seconds: float) -> None:
    # A day ahead, they are newer than all that was made from them; a day behind, older than their sources.
    set_clock(project / folder, seconds)
    assert "Nothing to be done" in snakemake(project, "--dry-run")


def test_a_job_that_reads_files_of_the_future_says_so_and_goes_on_when_they_are_not(
    project: Path, reference: dict[str, str]
) -> None:
    set_clock(project / "data/prepared", DAY_S)
    set_clock(project / "results/features", DAY_S)
    shutil.rmtree(project / CODED)
    output = refused(project, STREAM)
    assert "This could indicate a clock skew problem" in output and "data/prepared/streets/val.csv" in output
    assert artifacts(project).items() < reference.items()
    set_clock(project / "data/prepared", 0)
    set_clock(project / "results/features", 0)
    assert set(planned_jobs(snakemake(project, STREAM))) == {"encode:c256/compressible/0/jpeg"}
    assert artifacts(project) == reference


def test_a_file_that_shows_late_is_waited_for(project: Path, reference: dict[str, str]) -> None:
    (project / "src/sitecustomize.py").write_text(LATE)
    (project / TABLE).unlink()
    output = refused(project, TABLE, "--latency-wait", "0", real=True)
    assert "--latency-wait" in output and TABLE in output
    # What shows then, after Snakemake has removed what it saw, is whole.
    time.sleep(3 * LATE_S)
    assert artifacts(project).items() <= reference.items()
    (project / TABLE).unlink(missing_ok=True)
    output = snakemake(project, TABLE, "--latency-wait", "60", real=True)
    assert set(planned_jobs(output)) == {"table_shown:points.csv"}
    assert artifacts(project) == reference


def test_two_users_who_render_into_one_folder_at_once_get_whole_scenes(
    reference: dict[str, str], tmp_path: Path
) -> None:
    scenes, names = tmp_path / "scenes", ("first", "second")
    projects = [tiny_project(tmp_path / name) for name in names]
    for project in projects:
        reconfigure(project, {"dataset": {"root": str(scenes)}})
    runs = [start(project, "prepare_all", "--cores", "1") for project in projects]
    for run in runs:
        output = run.communicate()[0]
        assert run.returncode == 0, output[-3000:]
    for project in projects:
        made = artifacts(project)
        assert made == {name: reference[name] for name in made} and len(made) == 6
        assert "Nothing to be done" in snakemake(project, "prepare_all", "--dry-run")
    assert [path for path in scenes.rglob("*") if ".part" in path.name] == []


def as_another(project: Path, *words: str) -> str:
    """Run Snakemake as a user who owns nothing in the project and has no rights beyond those of others; return what it said."""
    argv = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, *SNAKEMAKE, *words]
    done = subprocess.run(argv, cwd=project, env=environment(project), capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr}\nstatus {done.returncode}"


def owned_by_somebody(project: Path, more: int) -> None:
    """Give the project to somebody else, with ``more`` rights for others."""
    for path in [project, *project.rglob("*")]:
        os.chown(path, SOMEBODY, SOMEBODY)
        path.chmod(path.stat().st_mode | more)


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="root and setpriv start another user's run"
)
def test_another_user_of_a_folder_is_told_so_and_harms_nothing(project: Path, reference: dict[str, str]) -> None:
    # Snakemake's own records can be read by owner and group only, whatever rights the folder gives to others.
    owned_by_somebody(project, 0)
    said = as_another(project, STREAM)
    assert "PermissionError" in said and "/.snakemake/" in said and "status 1" in said
    # With rights to all of it, the lock counts.
    shutil.rmtree(project / CODED)
    first = start(project, STREAM, "--cores", "1")
    assert wait_for_a_job(first)
    os.killpg(first.pid, signal.SIGSTOP)  # it stays in the middle
    owned_by_somebody(project, 0o066)
    said = as_another(project, STREAM)
    assert "Directory cannot be locked" in said and "Traceback" not in said and "status 1" in said
    assert artifacts(project).items() <= reference.items()
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    owned_by_somebody(project, 0o066)
    assert "status 0" in as_another(project, "--unlock")
    assert "status 0" in as_another(project, STREAM)
    assert artifacts(project) == reference
