"""Order of the tests: fast ones first; with several workers, the files that take longest first, so that none is left at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from small_disk import small_disk

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


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that a test can fill up; the test is skipped where none can be mounted."""
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests, and leave the order else. With ``--dist loadfile``, files are given out in the order of their first tests."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        rank = {name: i for i, name in enumerate(LONGEST)}
        items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0].removeprefix("tests/"), len(rank)))
    else:
        items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
