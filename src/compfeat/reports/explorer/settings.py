"""What the explorer needs besides its tables."""

from __future__ import annotations

from pydantic import Field

from compfeat.experiment.section import Section
from compfeat.reports.texts import FigureText, TableText


class Settings(Section):
    """What describes the figures and tables that it shows."""

    figures: tuple[FigureText, ...] = Field((), description="the figures to show, in order")
    pages: tuple[TableText, ...] = Field((), description="the tables to show, in order")
