"""The task losses alone, weighed by trained log-variances: what the paper compares with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compfeat.losses.base import LOSSES, LossSpec
from compfeat.settings.section import NoOptions
from compfeat.tasks.base import Task

if TYPE_CHECKING:
    from compfeat.losses.loss import Loss


@LOSSES.register("baseline")
class Baseline(LossSpec[NoOptions]):
    """No term on the features."""

    @staticmethod
    def build(options: NoOptions, cut: str, tasks: Sequence[Task]) -> Loss:
        """Return the weighed task losses."""
        from compfeat.losses.loss import UncertaintyLoss

        return UncertaintyLoss(tasks)
