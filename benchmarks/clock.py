"""Timing two things side by side."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter


def interleaved(first: Callable[[], object], second: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the median seconds of each, after one unmeasured call; they take turns, so that both meet the same machine."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(repeats + 1):
        for function, times in zip((first, second), seconds, strict=True):
            start = perf_counter()
            function()
            if turn:
                times.append(perf_counter() - start)
    return median(seconds[0]), median(seconds[1])
