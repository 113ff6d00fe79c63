"""What tests of many machines share: a one-node Slurm, and copies of a finished run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import PROJECT


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path | None]:
    """A Slurm of one node, and the folder that it lies in; None for what SLURM_CLUSTER=yes says is there already."""
    pytest.importorskip("snakemake_executor_plugin_slurm", reason="make scale installs it")
    if os.environ.get("SLURM_CLUSTER") == "yes":
        yield None
        return
    # A short path: it becomes a part of a socket's, which is at most 107 characters long.
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        argv = [str(PROJECT / ".ci/slurm"), "start", folder]
        started = subprocess.run(argv, capture_output=True, text=True, check=False)
        if started.returncode:
            pytest.skip((started.stderr or "slurm: cannot be started").strip().splitlines()[-1])
        try:
            yield Path(folder)
        finally:
            subprocess.run([str(PROJECT / ".ci/slurm"), "stop", folder], check=True)


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Path:
    """A copy of the undisturbed run."""
    return Path(shutil.copytree(finished, tmp_path / "project", symlinks=True))
