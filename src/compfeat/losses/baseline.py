"""The baseline: task losses only."""

from __future__ import annotations

from torch import Tensor

from compfeat.losses import LOSSES


@LOSSES.register("baseline")
def baseline(features: Tensor) -> Tensor | None:
    """Return None: no term on the features."""
    return None
