"""How much each task counts, where a configuration says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

TaskWeights = dict[str, Annotated[float, Field(ge=0)]]
"""By task; 1 for those that are not named."""


def problem_of(weights: Mapping[str, float], tasks: Sequence[str]) -> str | None:
    """Return in one line why ``weights`` cannot be used with ``tasks``, or None if they can."""
    unknown = [name for name in weights if name not in tasks]
    if unknown:
        return f"weights: task {unknown[0]!r} is not among the tasks; expected some of {', '.join(tasks)}"
    if not any(weights.get(name, 1.0) for name in tasks):
        return "weights: all are 0; expected at least one task that counts"
    return None
