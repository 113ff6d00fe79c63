"""Which tests were skipped and why, in one line at the end of a run."""

from __future__ import annotations

import importlib.util
from collections import Counter

import pytest
from _pytest.terminal import TerminalReporter

WITHOUT_A_WORD = "no reason given"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say in one line how many tests were skipped, and why."""
    line = skipped_line([reason_of(report.longrepr) for report in terminalreporter.stats.get("skipped", [])])
    if line:
        terminalreporter.write_line(line)


def needs_package(module: str) -> None:
    """Skip a test where a package of requirements-scale.lock is not installed."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed; make scale installs it")


def reason_of(longrepr: object) -> str:
    """Return why a test was skipped; pytest keeps it as the last of three."""
    reason = str(longrepr[-1]) if isinstance(longrepr, tuple) else str(longrepr or "")
    return " ".join(reason.removeprefix("Skipped: ").split()) or WITHOUT_A_WORD


def skipped_line(reasons: list[str]) -> str:
    """Return how many tests were skipped for which reason, the most frequent first; empty where none was."""
    counted = sorted(Counter(reasons).items(), key=lambda pair: (-pair[1], pair[0]))
    return f"skipped {len(reasons)}: " + "; ".join(f"{n} ({why})" for why, n in counted) if reasons else ""
