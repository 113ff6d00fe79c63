"""The whole experiment in one file (``experiment.json``), for reports and for those who compare runs."""

from __future__ import annotations

from typing import Any

from compfeat.results.resolved import EXPERIMENT, SECTIONS, Resolved
from compfeat.results.tables.base import Inputs, table


@table(EXPERIMENT, uses=SECTIONS)
def make_experiment(inputs: Inputs) -> dict[str, Any]:
    """Return the sections of the configuration and what follows from the plug-ins that they name."""
    return Resolved.of(inputs.experiment).dumped()
