"""Options of the codec ``learned``."""

from __future__ import annotations

from pydantic import Field, field_validator

from compfeat.codecs.laplace_levels import HALF_RUNGS
from compfeat.settings.section import Section
from compfeat.tasks.weights import TaskWeights


class Options(Section):
    """Options of learned."""

    width: int = Field(default=192, ge=1, description="channels within each of the two networks")
    identity: bool = Field(
        default=True,
        description="each network is the identity plus a correction that starts from zero; false: random weights",
    )
    epochs: int = Field(default=40, ge=1, description="passes over the train features")
    seed: int = Field(default=0, ge=0, description="of the weights, the order of the images and the steps")
    decoder_epochs: int = Field(
        default=0,
        ge=0,
        description="further passes in which the error is that of the tasks' outputs, through the frozen decoders",
    )
    weights: TaskWeights = Field(
        default_factory=dict,
        description="how much each task's error counts in those passes, by task; 1 for those that are not named",
    )
    mirror: bool = Field(default=True, description="train on images and their mirror images, left to right")
    finest_bits: float = Field(default=2.5, gt=0, le=8, description="as that of laplace")
    halves: tuple[int, int] = Field(
        default=(6, 22), description="the range of steps that training draws from, as half rungs: d3 is 6, d11 is 22"
    )

    @field_validator("halves")
    @classmethod
    def _rising(cls, halves: tuple[int, int]) -> tuple[int, int]:
        if not 0 <= halves[0] < halves[1] < HALF_RUNGS:
            raise ValueError(f"{list(halves)}; expected two rising numbers of 0 to {HALF_RUNGS - 1}")
        return halves
