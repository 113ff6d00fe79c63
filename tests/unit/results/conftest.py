"""Fixtures: tiny runs whose tables are made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compfeat.results.plan import MethodPlan
from tiny_results import NEW, OLD, PAIRS, TinyRun, tiny_plan


@pytest.fixture
def tiny_run(tmp_path: Path) -> Callable[..., TinyRun]:
    """Return a function that writes a run's files and returns the run."""

    def write(
        methods: list[MethodPlan] | None = None,
        comparisons: list[tuple[str, str, str, str]] = PAIRS,
        seeds: tuple[int, ...] = (0,),
        **changes: Any,
    ) -> TinyRun:
        plan = tiny_plan(methods or [OLD, NEW], comparisons, **changes)
        factors = {"old": 1.0, "new": 0.8, "folded": 0.5, "remote": 2.0}
        run = TinyRun(tmp_path, plan, factors, seeds)
        run.write()
        return run

    return write


@pytest.fixture
def run(tiny_run: Callable[..., TinyRun]) -> TinyRun:
    """Return a run of two methods."""
    return tiny_run()
