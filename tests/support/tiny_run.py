"""The tiny run: every stage of the pipeline, at a size at which it can be made, killed and made again."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from compfeat.experiment.files import merged
from helpers import PAPER_ALONE, PROJECT
from project_copy import copy_project, environment

PHASE: dict[str, float] = {"epochs": 1, "downscale": 1, "crop_width_px": 0, "batch_size": 4}
PHASE |= {"learning_rate": 0.002, "final_rate_fraction": 0.3}
TINY: dict[str, Any] = {
    **PAPER_ALONE,
    "dataset": {"size": [64, 128], "images": {"train": 8, "val": 2, "test": 4}},
    "network": {"width": 8},
    "cuts": {"c512": None},
    "training": {"phases": [PHASE], "validation_images": 2},
    "trainings": {
        "warm_start": {"loss": "baseline", "phases": [PHASE]},
        "baseline": {"start": "warm_start"},
        "compressible": {"start": "warm_start", "loss": {"strength_factors": [[0, 0], [0.5, 1]]}},
    },
    "codecs": {"jpeg": {"qualities": ["q95"]}, "hevc": {"qualities": ["lossless", "qp22"]}, "laplace": None},
    "statistics": {"resamples": 20},
    "showcase": {"images": [1]},
    "figures": ["rate_accuracy@hevc", "training_curves"],
}
MADE = ("results", "data/raw", "data/prepared")
UNTRACKED = ("logs", "benchmarks")


def tiny_project(folder: Path) -> Path:
    """Return a copy of the project whose default configuration is the tiny one."""
    reconfigure(copy_project(folder), TINY)
    return folder


def reconfigure(project: Path, changes: dict[str, Any]) -> None:
    """Change settings of a copy's default configuration."""
    path = project / "config/config.yaml"
    path.write_text(yaml.safe_dump(merged(yaml.safe_load(path.read_text()), changes), sort_keys=False))


def unlock(project: Path) -> None:
    """Do what ``snakemake --unlock`` does, in no time."""
    for lock in (project / ".snakemake/locks").glob("*"):
        lock.unlink()


def artifacts(project: Path) -> dict[str, str]:
    """Return the SHA-256 of everything that a run has made, by path: no logs, times or half-written files."""
    files = [path for folder in MADE for path in sorted((project / folder).rglob("*")) if path.is_file()]
    names = {path: path.relative_to(project) for path in files}
    return {
        str(name): hashlib.sha256(path.read_bytes()).hexdigest()
        for path, name in names.items()
        if name.parts[1] not in UNTRACKED and ".part" not in name.name and name.name != "resume.safetensors"
    }


def with_environment(folder: Path) -> Path:
    """Give a copy a ``.venv``, which its Makefile and ``dvc.yaml`` name: the one that runs the tests."""
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder)
    (folder / ".venv/.ready").touch()
    return folder


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a copy; return what came of it."""
    return subprocess.run(argv, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False)


def output_of(folder: Path, *argv: str) -> str:
    """Run a command in a copy that must work; return what it printed."""
    done = run(folder, *argv)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def resize(disk: Path, size_kib: int) -> None:
    """Give a disk another size."""
    subprocess.run(["mount", "-o", f"remount,size={size_kib}k", str(disk)], check=True)


def used_kib(folder: Path) -> int:
    """Return what all below a folder takes of a disk."""
    return sum(path.lstat().st_blocks for path in folder.rglob("*")) // 2
