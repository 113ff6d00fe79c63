"""The tiny run and what it made, once for all tests of a worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from project_copy import snakemake
from tiny_run import artifacts, tiny_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run, undisturbed, on two cores, in a folder with an awkward name. Tests copy it and leave it as it is."""
    project = tiny_project(tmp_path_factory.mktemp("tiny") / 'it\'s; a "tiny" $run')
    snakemake(project, "--cores", "2")
    return project


@pytest.fixture(scope="session")
def reference(finished: Path) -> dict[str, str]:
    """The SHA-256 of everything that the undisturbed run made."""
    return artifacts(finished)
