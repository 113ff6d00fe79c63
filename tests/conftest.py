"""Order of the tests: fast ones first; with several workers, the files that take longest first, so that none is left at the end."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import browser
from project_copy import snakemake
from tiny_run import artifacts, tiny_project

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONGEST = (
    "smoke/test_reproducibility.py",
    "extension/test_extension.py",
    "smoke/test_smoke.py",
    "smoke/test_sharing.py",
    "workflow/test_reruns.py",
    "smoke/test_report.py",
    "unit/reports/explorer/test_explorer.py",
    "unit/reports/figures/test_drawing.py",
    "unit/reports/paper/test_paper.py",
)
"""Files of tests by what they take, longest first; those that are not here take seconds."""


AWKWARD = 'it\'s; a "tiny" $run'


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run, undisturbed, on two cores, made by the first worker that asks. Tests copy it and leave it as it is."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    project, made = base / "tiny" / AWKWARD, base / "tiny.made"
    with (base / "tiny.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(project, ignore_errors=True)
            # Real processes: runs that start by fork are compared with it.
            snakemake(tiny_project(project), "--cores", "2", real=True)
            made.touch()
    return project


@pytest.fixture(scope="session")
def reference(finished: Path) -> dict[str, str]:
    """The SHA-256 of everything that the undisturbed run made."""
    return artifacts(finished)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with hardly any space, which a test can fill up; the test is skipped where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk that can be filled up needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def started() -> Iterator[Browser]:
    """A browser that reaches nobody."""
    with browser.browser() as one:
        yield one


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that writes a shell script in ffmpeg's place, which knows the real one as ``$ffmpeg``."""
    from compfeat.codecs.ffmpeg_process import binary

    def write(script: str) -> str:
        path = tmp_path / f"fake ffmpeg {len(list(tmp_path.iterdir()))}"
        path.write_text(f'#!/bin/sh\nffmpeg="{binary(None)}"\n{script}\n')
        path.chmod(0o755)
        return str(path)

    return write


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests, and leave the order else. With ``--dist loadfile``, files are given out in the order of their first tests."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        rank = {name: i for i, name in enumerate(LONGEST)}
        items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0].removeprefix("tests/"), len(rank)))
    else:
        items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
