"""The settings of paper and explorer: what they show of the configuration's plug-ins, besides the tables."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from compfeat.settings.section import Section


class FigureText(Section):
    """What describes a figure."""

    name: str = Field(description="as the config names it")
    caption: str = Field(description="what is seen")
    category: str = Field(description="the heading that it stands below")


class TableText(Section):
    """What describes a table."""

    name: str = Field(description="of its file, without the suffix")
    title: str = Field(description="its heading")
    caption: str = Field(description="what it shows, in a few sentences")


class CodecEntry(Section):
    """What an entry of the configuration's codecs stands for."""

    module: str = Field(description="module of compfeat.codecs")
    tiles: bool = Field(description="whether it codes features as one tiled grey image")
    options: dict[str, Any] = Field(description="all of its options, those with their defaults, too")


class PaperSettings(Section):
    """What the plug-ins of the configuration declare."""

    rendered: bool = Field(description="whether the project renders the dataset")
    codecs: dict[str, CodecEntry] = Field(description="the codecs of the config, by entry")
    figures: tuple[FigureText, ...] = Field(description="the figures to show, in order")
    tools: dict[str, str] = Field(description="versions of the software to name")


class ExplorerSettings(Section):
    """What describes the figures and tables that the explorer shows."""

    figures: tuple[FigureText, ...] = Field((), description="the figures to show, in order")
    pages: tuple[TableText, ...] = Field((), description="the tables to show, in order")
