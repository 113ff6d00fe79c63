"""The tiny run and what it made, once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from project_copy import snakemake
from shared import made_once
from tiny_run import artifacts, tiny_project

NAME = 'it\'s; a "tiny" $run'


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run, undisturbed, on two cores, in a folder with an awkward name. Tests copy it and leave it as it is."""

    def make(folder: Path) -> None:
        # Real processes: runs that start by fork are compared with it.
        snakemake(tiny_project(folder / NAME), "--cores", "2", real=True)

    return made_once(tmp_path_factory, "tiny", make) / NAME


@pytest.fixture(scope="session")
def reference(finished: Path) -> dict[str, str]:
    """The SHA-256 of everything that the undisturbed run made."""
    return artifacts(finished)
