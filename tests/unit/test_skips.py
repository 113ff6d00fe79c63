"""What is skipped, and why, is summed up in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from helpers import PROJECT
from skips import WITHOUT_A_WORD, reason_of, skipped_line

TESTS = """
import pytest

@pytest.mark.parametrize("i", range(3))
def test_a(i):
    pytest.skip("no browser: none on PATH;\\nrun make browser")

@pytest.mark.skipif(True, reason="no pdftotext")
def test_b():
    pass

def test_c():
    pass
"""


def test_the_line() -> None:
    assert skipped_line([]) == ""
    assert skipped_line(["b", "a", "b"]) == "skipped 3: 2 (b); 1 (a)"
    assert reason_of(("file", 3, "Skipped: no\n  browser")) == "no browser" and reason_of(None) == WITHOUT_A_WORD


@pytest.mark.slow
def test_it_ends_a_run_of_one_and_of_two_processes(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text((PROJECT / "tests/skips.py").read_text())
    for workers in ("0", "2"):
        argv = [sys.executable, "-m", "pytest", "-q", "-n", workers, "-p", "no:cacheprovider", str(tmp_path)]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert "skipped 4: 3 (no browser: none on PATH; run make browser); 1 (no pdftotext)" in done.stdout.splitlines()
