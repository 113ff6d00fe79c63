"""One machine with a GPU, without one: jobs that would take it queue for it, and end in the same bytes."""

from __future__ import annotations

import json
import re
import shutil
import time
from itertools import pairwise
from pathlib import Path

import pytest

from project_copy import snakemake
from tiny_run import artifacts

pytestmark = pytest.mark.scale

ON_A_GPU = ("evaluate", "features", "train")
"""How rules begin whose jobs run a network."""
PROFILE = ("--profile", "profiles/gpu", "--cores", "4")
Span = tuple[float, float]


def spans(project: Path, since: float) -> dict[str, set[Span]]:
    """Return when jobs began and ended, by rule, of those that began after ``since``."""
    found: dict[str, dict[str, Span]] = {}
    for path in (project / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            job = json.loads(path.read_text())
            if job["starttime"] >= since:
                # Of all that a job has made, one file stands for it.
                found.setdefault(job["rule"], {})[job["shellcmd"]] = job["starttime"], job["endtime"]
    return {rule: set(jobs.values()) for rule, jobs in found.items()}


def overlapping(jobs: list[Span]) -> bool:
    """Return whether two jobs ran at once."""
    ordered = sorted(jobs)
    return any(later[0] < earlier[1] for earlier, later in pairwise(ordered))


def test_jobs_with_a_network_run_one_at_a_time_on_one_gpu(project: Path, reference: dict[str, str]) -> None:
    for stage in ("features", "encode", "evaluate"):
        shutil.rmtree(project / "results" / stage)
    plan = snakemake(project, "--dry-run", *PROFILE, "--forceall")
    asked = re.findall(r"^(?:local)?rule (\w+):\n(?:.+\n)*?    resources: .*\bgpu=(\d)", plan, re.M)
    assert {rule for rule, _ in asked} >= {"render", "train", "features", "encode", "table_shown"}
    assert [rule for rule, gpus in asked if (gpus == "1") is not rule.startswith(ON_A_GPU)] == []
    since = time.time()
    snakemake(project, "evaluate_all", *PROFILE, real=True)
    assert artifacts(project) == reference
    by_rule = spans(project, since)
    networks = [span for rule, jobs in by_rule.items() if rule.startswith(ON_A_GPU) for span in jobs]
    assert len(networks) > 6 and not overlapping(networks)
    # Others do not wait for it.
    assert overlapping([span for jobs in by_rule.values() for span in jobs])
