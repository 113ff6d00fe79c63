"""Tables: one module per table, which makes the one file that is called like it, from the files that it declares.

The workflow has one job per table (``compfeat.stages.tables``). Modules import no slow package at their top: the workflow reads their
declarations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeVar

import pandas as pd
from numpy.typing import NDArray

from compfeat.registry import Registry
from compfeat.results.inputs import Inputs as Inputs
from compfeat.results.inputs import Kind

Content = pd.DataFrame | dict[str, NDArray[Any]] | dict[str, Any]
"""What is written: rows as ``.csv``, arrays as ``.npz``, other values as ``.json``."""
Make = Callable[[Inputs], Content]
M = TypeVar("M", bound=Make)
COMPARED = ("tasks", "methods", "codecs", "ladders", "comparisons")
"""The sections that say what is compared: methods by ladders, over the metrics of tasks."""
RESULTS, CERTAINTY, AUTHORS, MORE = "Rate and accuracy", "How certain it is", "The authors' numbers", "More tables"
"""Headings of the report that tables stand below."""


@dataclass(frozen=True)
class TableSpec:
    """One table.

    Attributes:
        file: its file in the folder of tables, called like its module.
        make: makes its content.
        needs: kinds of files that it reads, besides tables.
        tables: files of other tables that it reads.
        uses: sections of the experiment that it depends on; ``make`` can read no other.
        title: its heading in the report and in the explorer; empty if it is not shown there.
        caption: what it shows, in a few sentences.
        category: the heading of the report that it stands below.
    """

    file: str
    make: Make
    needs: tuple[Kind, ...] = ()
    tables: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    title: str = ""
    caption: str = ""
    category: str = MORE

    @property
    def name(self) -> str:
        """That of its module."""
        return PurePath(self.file).stem


TABLES: Registry[TableSpec] = Registry("compfeat.results.tables.plugins", "table")


def table(
    file: str,
    *,
    needs: tuple[Kind, ...] = (),
    tables: tuple[str, ...] = (),
    uses: tuple[str, ...] = (),
    title: str = "",
    caption: str = "",
    category: str = MORE,
) -> Callable[[M], M]:
    """Return a decorator that registers a function as what makes the table ``file`` (see TableSpec)."""

    def add(make: M) -> M:
        spec = TableSpec(file, make, needs, tables, uses, title, caption, category)
        TABLES.register(spec.name)(spec)
        return make

    return add


def all_tables() -> list[TableSpec]:
    """Return all tables, sorted by name."""
    return [TABLES.get(name) for name in TABLES.names()]
