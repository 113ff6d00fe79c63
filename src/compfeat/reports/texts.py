"""What describes a figure or a table in documents, wherever it is shown."""

from __future__ import annotations

from pydantic import Field

from compfeat.experiment.section import Section


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
