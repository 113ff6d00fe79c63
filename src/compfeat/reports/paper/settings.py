"""What the paper needs besides its tables."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from compfeat.experiment.section import Section
from compfeat.reports.texts import FigureText


class CodecEntry(Section):
    """What an entry of the configuration's codecs stands for."""

    module: str = Field(description="module of compfeat.codecs")
    tiles: bool = Field(description="whether it codes features as one tiled grey image")
    options: dict[str, Any] = Field(description="all of its options, those with their defaults, too")


class Settings(Section):
    """What the plug-ins of the configuration declare."""

    rendered: bool = Field(description="whether the project renders the dataset")
    codecs: dict[str, CodecEntry] = Field(description="the codecs of the config, by entry")
    figures: tuple[FigureText, ...] = Field(description="the figures to show, in order")
    tools: dict[str, str] = Field(description="versions of the software to name")
