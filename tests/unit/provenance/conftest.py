"""A recorded run in miniature, for the tests of the tools that read records."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorded_run import record_run, write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run, not recorded."""
    return write_run(tmp_path / 'it\'s; a "run" $here')


@pytest.fixture
def recorded(run: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A run and its record in ``data/reference/default``."""
    record_run(run)
    capsys.readouterr()
    return run
