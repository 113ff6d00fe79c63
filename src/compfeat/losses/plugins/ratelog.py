"""The task losses and the log of an estimated rate, after the transform that the features of the moment would be given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from compfeat.losses.base import LOSSES, LossSpec
from compfeat.losses.plugins.compressible import Knots, Strength, rising
from compfeat.settings.section import Section
from compfeat.tasks.base import Task

if TYPE_CHECKING:
    from compfeat.losses.loss import Loss


class Options(Section):
    """How strongly the rate counts, and what it is estimated by (docs/explanation/transforms.md, "Rate-aware training")."""

    strength: dict[str, Strength] = Field(
        default_factory=dict, description="lambda, the factor of the log of the rate, by cut"
    )
    strength_factors: Annotated[Knots, AfterValidator(rising)] = Field(
        ((0, 1),),
        description="knots [epoch of the training, factor]: what the strength is multiplied by; linear between, constant beyond",
    )
    step: float = Field(
        0.25, gt=0, description="D, the quantiser's step, in root mean squares of the transformed features"
    )
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="how much each task's sensitivity counts, by task; 1 for those that are not named",
    )
    floor: float = Field(
        0.1,
        ge=0.001,
        le=1,
        description="share of the sensitivity that is the same in all directions; 1 is the plain KLT",
    )
    every: int = Field(20, ge=1, description="steps from one update of the transform to the next")


@LOSSES.register("ratelog")
class RateLog(LossSpec[Options]):
    """The log of the rate as a fourth term."""

    @staticmethod
    def build(options: Options, cut: str, tasks: Sequence[Task]) -> Loss:
        """Return the task losses and the term ``rate``."""
        from compfeat.losses.log_rate import RateLogLoss

        return RateLogLoss(
            tasks,
            options.strength.get(cut, 0.0),
            options.strength_factors,
            step=options.step,
            weights=options.weights,
            floor=options.floor,
            every=options.every,
        )

    @staticmethod
    def problem(options: Options, cut: str) -> str | None:
        """Return what is wrong where the cut has no strength."""
        return (
            None
            if cut in options.strength
            else f"strength has no value for cut {cut!r}; add it as strength: {{{cut}: ...}}"
        )
