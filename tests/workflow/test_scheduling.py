"""Snakemake's own work does not grow with the jobs that have finished."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from helpers import PROJECT

SNAKEFILE = """
import threading
from snakemake.scheduling.job_scheduler import JobScheduler
{include}
looks = []
select = JobScheduler.job_selector
def counted(scheduler, jobs):
    looks.append(len(jobs))
    return select(scheduler, jobs)
JobScheduler.job_selector = counted

rule all:
    input: expand("{{i}}.txt", i=range(25))

rule one:
    output: "{{i}}.txt"
    shell: "sleep 0.2; echo {{wildcards.i}} > {{output}}"

onsuccess:
    print("looks", len(looks), "timers", sum(isinstance(t, threading.Timer) for t in threading.enumerate()))
"""


def run(folder: Path, include: str) -> tuple[int, int]:
    """Return how often a run of 26 jobs looked at the schedule, and how many timers it left."""
    folder.mkdir()
    (folder / "Snakefile").write_text(SNAKEFILE.format(include=include))
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1"], cwd=folder, capture_output=True, text=True, check=True
    )
    found = re.search(r"looks (\d+) timers (\d+)", done.stdout + done.stderr)
    assert found is not None
    assert len(list(folder.glob("*.txt"))) == 25
    return int(found[1]), int(found[2])


def test_finished_jobs_leave_no_timers_behind(tmp_path: Path) -> None:
    plain, timers = run(tmp_path / "plain", "")
    looks, left = run(tmp_path / "ours", f'include: "{PROJECT}/workflow/rules/scheduling.smk"')
    # Should Snakemake need no help any more, this fails, and the rule file can go.
    assert timers > 5 and plain > 2 * looks
    assert left <= 1
