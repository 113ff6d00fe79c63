"""A loss with parameters of its own: a learned gain a channel, which the magnitude of the features is weighed by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from compfeat.losses.base import LOSSES, LossSpec
from compfeat.settings.section import Section
from compfeat.tasks.base import Task

if TYPE_CHECKING:
    from compfeat.losses.loss import Loss


class Options(Section):
    """How much it counts."""

    weight: float = Field(0.01, ge=0, description="plain factor of the term")


@LOSSES.register("gains")
class Gains(LossSpec[Options]):
    """All task losses as they are, plus the weighed magnitude; gains that fall are paid for by their logarithms."""

    @staticmethod
    def build(options: Options, cut: str, tasks: Sequence[Task]) -> Loss:
        import torch
        from torch import nn

        from compfeat.losses.loss import Loss

        class Gained(Loss):
            def __init__(self) -> None:
                super().__init__()
                self.log_gain = nn.Parameter(torch.zeros(1024))

            def terms(self, features, noisy, outputs, truth, step):  # type: ignore[no-untyped-def]
                own = self.log_gain[: features.shape[1]].view(-1, 1, 1)
                return {"magnitude": (torch.exp(own) * features.abs() - own).mean()}

            def forward(self, losses, epoch):  # type: ignore[no-untyped-def]
                return sum(value * (options.weight if name == "magnitude" else 1.0) for name, value in losses.items())

        return Gained()
