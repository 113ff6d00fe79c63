"""Fixtures: tiny runs whose tables are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tiny_results import BYTES, NEW, OLD, PAIRS, TinyRun, tiny_experiment


@pytest.fixture
def tiny_run(tmp_path: Path) -> Callable[..., TinyRun]:
    """Return a function that writes a run's files and returns the run."""

    def write(
        methods: Sequence[str] = (OLD, NEW),
        comparisons: list[tuple[str, str, str, str]] = PAIRS,
        seeds: tuple[int, ...] = (0,),
        images: int = 3,
        **changes: Any,
    ) -> TinyRun:
        run = TinyRun(tmp_path, tiny_experiment(methods, comparisons, **changes), BYTES, seeds, images)
        run.write()
        return run

    return write


@pytest.fixture
def run(tiny_run: Callable[..., TinyRun]) -> TinyRun:
    """Return a run of two methods."""
    return tiny_run()
