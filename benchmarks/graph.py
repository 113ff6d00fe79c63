"""The graph of an experiment with many runs: processor time of a dry run beside that of a dry run of the default."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))
from project_copy import copy_project, environment

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
"""200 runs of 60 points: two cuts, ten methods, ten seeds; two uncoded points, one by PNG, 24 by JPEG, 25 by HEVC, 8 by Laplace."""


def dry_run_seconds() -> tuple[float, float]:
    """Return the processor seconds of a dry run of 200 runs of 60 points, and of one of the default."""
    with tempfile.TemporaryDirectory() as name:
        project = copy_project(Path(name, "project"))
        (project / "many.yaml").write_text(yaml.safe_dump(OVERLAY))
        return seconds_of(project, "--configfile", "many.yaml"), seconds_of(project)


def seconds_of(project: Path, *words: str) -> float:
    """Return the processor seconds of a dry run in a copy of the project."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", *words]
    done = subprocess.run(argv, cwd=project, env=environment(project), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: exit status {done.returncode}: {done.stderr[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
