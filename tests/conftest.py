"""Order of the tests: fast ones first."""

from __future__ import annotations

import pytest

from skips import pytest_terminal_summary  # noqa: F401 - a hook of pytest's


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests marked slow last, and leave the order else."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
