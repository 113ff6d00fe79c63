"""What the paper needs besides its tables."""

from __future__ import annotations

from pydantic import Field

from compfeat.experiment.config import Experiment
from compfeat.experiment.section import Section
from compfeat.experiment.start import TrainedOn
from compfeat.reports.texts import FigureText


class Settings(Section):
    """The configuration, and what its plug-ins declare."""

    experiment: Experiment
    rendered: bool = Field(description="whether the project renders the dataset")
    tiled: tuple[str, ...] = Field(description="codecs of the config that code features as one tiled grey image")
    figures: tuple[FigureText, ...] = Field(description="the figures to show, in order")
    starts: dict[str, TrainedOn] = Field(
        default={},
        description="what the weights that trainings start from were trained on, by `start` as the config has it",
    )
    tools: dict[str, str] = Field(description="versions of the software to name")
