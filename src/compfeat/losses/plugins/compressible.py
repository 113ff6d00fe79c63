"""The paper's loss: the task losses and an estimate of what an intra coder spends on the features."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from compfeat.losses.base import LOSSES, LossSpec
from compfeat.settings.section import Section
from compfeat.tasks.base import Task

if TYPE_CHECKING:
    from compfeat.losses.loss import Loss

Strength = Annotated[float, Field(ge=0)]
Knots = tuple[tuple[float, float], ...]


def rising(knots: Knots) -> Knots:
    """Return ``knots``. Raises ValueError if there are none, or their epochs do not rise."""
    if not knots or any(a[0] >= b[0] for a, b in pairwise(knots)):
        raise ValueError(f"found {[list(k) for k in knots]}; expected pairs of epoch and factor, by rising epoch")
    return knots


class Options(Section):
    """How strongly the term on the features acts, and what it is scaled by."""

    strength: dict[str, Strength] = Field(
        default_factory=dict,
        description='lambda, the factor of the whole term, by cut; 1/2 is the plain formula (docs/explanation/method.md, "Strength")',
    )
    strength_factors: Annotated[Knots, AfterValidator(rising)] = Field(
        ((0, 1),),
        description="knots [epoch of the training, factor]: what the strength is multiplied by; linear between, constant beyond",
    )
    range: Literal["image", "batch"] = Field(
        "image",
        description="what scales features to 0..255. image: each image's minimum and maximum, constants to the gradient; "
        "batch: those of the whole batch, with the gradient through them, as in the authors' release",
    )


@LOSSES.register("compressible")
class Compressible(LossSpec[Options]):
    """The compressibility loss as a fourth term."""

    @staticmethod
    def build(options: Options, cut: str, tasks: Sequence[Task]) -> Loss:
        """Return the task losses and the term ``features``, weighed."""
        from compfeat.losses.compressibility import CompressibleLoss

        return CompressibleLoss(tasks, options.strength.get(cut, 0.0), options.strength_factors, options.range)

    @staticmethod
    def problem(options: Options, cut: str) -> str | None:
        """Return what is wrong where the cut has no strength."""
        if cut in options.strength:
            return None
        return f"strength has no value for cut {cut!r}; add it as strength: {{{cut}: ...}} (1/2 is the plain formula)"
