"""The graph of an experiment with many runs: how long a dry run takes."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from compfeat.experiment.checks import checked
from compfeat.experiment.files import load_config
from project_copy import copy_project, environment

pytestmark = pytest.mark.scale

RUNS, POINTS = 200, 60
METHODS = [f"compressible{i}" for i in range(9)]
OVERLAY: dict[str, Any] = {
    "methods": {"compressible": None, "task_klt": None, "remote": None}
    | {name: {"training": "compressible"} for name in METHODS},
    "comparisons": [{"method": name, "against": "baseline"} for name in METHODS],
    "claims": None,
    "seeds": list(range(10)),
    "codecs": {
        "jpeg": {"qualities": [f"q{quality}" for quality in range(100, 76, -1)]},
        "hevc": {"qualities": ["lossless", *(f"qp{qp}" for qp in range(2, 26))]},
        "laplace": {"qualities": [f"d{i}" for i in range(8)]},
    },
}
"""Two cuts, ten methods, ten seeds; two uncoded points, one by PNG, 24 by JPEG, 25 by HEVC, 8 by Laplace."""
MOST_SECONDS = 45
"""Of processor time, on a machine that is busy otherwise; without workflow/rules/lookup.smk it took 56."""


def test_a_dry_run_of_200_runs_of_60_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = copy_project(tmp_path / "project")
    (project / "many.yaml").write_text(yaml.safe_dump(OVERLAY))
    e = checked(load_config([project / "config/config.yaml", project / "many.yaml"]))
    assert len(e.runs()) == RUNS and len(e.points()) == RUNS * POINTS
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", "--configfile", "many.yaml"]
    done = subprocess.run(argv, cwd=project, env=environment(project), capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr[-3000:]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with capsys.disabled():
        print(f"\ndry run of {RUNS} runs of {POINTS} points: {seconds:.1f} s of processor time", end=" ")
    assert seconds < MOST_SECONDS
