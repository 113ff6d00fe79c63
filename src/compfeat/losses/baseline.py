"""The task losses alone, weighed by trained log-variances: what the paper compares with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compfeat.experiment.section import NoOptions
from compfeat.losses import LOSSES, LossSpec
from compfeat.tasks import Task

if TYPE_CHECKING:
    from compfeat.losses._base import Loss


@LOSSES.register("baseline")
class Baseline(LossSpec):
    """No term on the features."""

    @staticmethod
    def build(options: NoOptions, cut: str, tasks: Sequence[Task]) -> Loss:
        """Return the weighed task losses."""
        from compfeat.losses._base import UncertaintyLoss

        return UncertaintyLoss(tasks)
