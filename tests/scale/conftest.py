"""What tests of many machines share: a one-node Slurm, and the undisturbed run that results are compared with."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import PROJECT
from project_copy import snakemake
from shared import made_once
from tiny_run import artifacts, tiny_project


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


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run on this machine, undisturbed."""
    return made_once(tmp_path_factory, "local", lambda folder: print(snakemake(tiny_project(folder), real=True)[-100:]))


@pytest.fixture(scope="session")
def reference(local: Path) -> dict[str, str]:
    """The SHA-256 of everything that it made."""
    return artifacts(local)
