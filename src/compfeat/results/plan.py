"""What tables read of the configuration: names, order, comparisons and rules, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from compfeat.experiment.runs import Comparison
from compfeat.experiment.section import Section
from compfeat.tasks import Metric, metrics_of


class MethodPlan(Section):
    """A method, in the order of display."""

    name: str
    label: str
    training: str
    transform: str = ""
    sends: Literal["features", "image"] = "features"


class CodecPlan(Section):
    """A codec with its qualities, finest first, and the uncoded quality that each lossless one must equal."""

    name: str
    qualities: tuple[str, ...]
    lossless: dict[str, str] = Field(
        default_factory=dict, description="of features: from a lossless quality to the uncoded one that it equals"
    )
    lossless_images: dict[str, str] = Field(default_factory=dict, description="the same of images")


class LadderPlan(Section):
    """The codecs whose points make one curve."""

    name: str
    label: str
    codecs: tuple[str, ...]


class ComparisonPlan(Section):
    """A method against another one."""

    method: str
    against: str
    ladder: str
    against_ladder: str

    @property
    def comparison(self) -> Comparison:
        return Comparison(self.method, self.against, self.ladder, self.against_ladder)


class BootstrapPlan(Section):
    """How much is resampled, and what interval is reported.

    Attributes:
        resamples: R, how many.
        confidence: share of the resamples inside an interval, 0..1.
        seed: of the generator.
    """

    resamples: int
    confidence: float
    seed: int


class Limits(Section):
    """What the configuration says of the claims on one method (see config/README.md).

    Attributes:
        group: the entry's name.
        text: what is claimed of the bits.
        ladders: of the comparisons that they are about: the method's, and the anchor's.
        published: whether the published numbers are checked, too.
    """

    group: str
    text: str
    method: str
    against: str
    ladders: tuple[tuple[str, str], ...]
    published: bool
    bd_rate_percent: float
    float_loss: dict[str, float]
    least_tasks: int


class Plan(Section):
    """Parts of the configuration; a computation is given those that it uses, the others are empty."""

    dataset: str = ""
    tasks: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()
    methods: tuple[MethodPlan, ...] = ()
    codecs: tuple[CodecPlan, ...] = ()
    ladders: tuple[LadderPlan, ...] = ()
    comparisons: tuple[ComparisonPlan, ...] = ()
    frontier: bool = False
    bootstrap: BootstrapPlan | None = None
    claims: tuple[Limits, ...] = ()
    showcase: tuple[int, ...] = ()
    experiment: dict[str, Any] = Field(
        default_factory=dict, description="what all numbers depend on (see planning.identity)"
    )

    def compared(self) -> list[Metric]:
        """Return the metrics that BD-rates and claims are about, in the order of the tasks."""
        return compared_metrics(self.tasks)

    def lossless(self, method: str) -> dict[tuple[str, str], str]:
        """Return the lossless (codec, quality) of what a method sends, with the uncoded quality that each must equal."""
        images = any(entry.name == method and entry.sends == "image" for entry in self.methods)
        return {
            (codec.name, quality): reference
            for codec in self.codecs
            for quality, reference in (codec.lossless_images if images else codec.lossless).items()
        }

    def ladder_codecs(self) -> dict[str, tuple[str, ...]]:
        """Return the codecs of each ladder."""
        return {ladder.name: ladder.codecs for ladder in self.ladders}

    def pairs(self) -> list[Comparison]:
        """Return the comparisons."""
        return [entry.comparison for entry in self.comparisons]


def compared_metrics(tasks: Sequence[str]) -> list[Metric]:
    """Return the metrics of tasks that BD-rates, figures and claims are about."""
    return [metric for _, metric in metrics_of(tasks) if metric.compared]
