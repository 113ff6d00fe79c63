"""A recorded run in miniature, and what the commands say of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compfeat.__main__ import main
from recorded_run import Ask, Say, record_run, write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run, not recorded."""
    return write_run(tmp_path / 'it\'s; a "run" $here')


@pytest.fixture
def recorded(run: Path) -> Path:
    """A run and its record in ``data/reference/default``."""
    record_run(run)
    return run


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Return a function that runs a command, which must end with a status, and returns what it prints: an error in one line."""

    def run_command(*argv: str, status: int = 0) -> str:
        capsys.readouterr()
        assert main(list(argv)) == status
        printed = capsys.readouterr()
        assert status != 2 or printed.err.count("\n") == 1
        return printed.err if status == 2 else printed.out

    return run_command


@pytest.fixture
def ask(say: Say) -> Ask:
    """Return a function that runs a command on a project and returns its report."""

    def report(project: Path, command: str, *argv: str, status: int = 0) -> dict[str, Any]:
        form = ("--format", "json") if command == "lineage" else ("--json",)
        printed: dict[str, Any] = json.loads(say(command, *argv, "--project", str(project), *form, status=status))
        return printed

    return report
