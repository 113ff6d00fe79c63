"""Results: what a run found, as tables. One module a computation; each says which files it reads and which tables it makes.

A module registers one ``TableSpec``; the workflow makes one job of it from what it declares. Tables that are one computation are
made by one module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from numpy.typing import NDArray

from compfeat.arrays import read_arrays
from compfeat.errors import DataError
from compfeat.experiment.runs import Trained, parse_run
from compfeat.io import read_csv
from compfeat.registry import Registry
from compfeat.results.plan import Plan

Kind = Literal[
    "scores",
    "distortions",
    "ledgers",
    "states",
    "epochs",
    "descriptions",
    "features",
    "transforms",
    "pictures",
    "val",
    "published",
    "seeds_record",
    "length_record",
    "table",
]
"""Kinds of files that a computation can read.

``scores``, ``distortions``, ``pictures``, ``ledgers``, and ``states``, those of fitted codecs: by run and codec
(``c512/plain/seed0/hevc``); ``transforms``, the states of fitted ones: by run; ``epochs``, ``descriptions``, ``features``: by trained
network; ``val``: ``arrays``, ``index``, ``info``; ``published``, ``seeds_record``, ``length_record``: by file name without
its end; ``table``: tables of other computations, by file name.
"""
Made = pd.DataFrame | dict[str, NDArray[Any]] | str | dict[str, Any]
"""What is written: a table as CSV, arrays as ``.npz``, text as it is, a mapping as JSON."""


@dataclass(frozen=True)
class Inputs:
    """The files that a computation declared, by kind and id, and what the configuration says about them."""

    plan: Plan
    paths: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)

    def of(self, kind: Kind) -> Mapping[str, Path]:
        """Return the files of one kind, by id; none where there are none."""
        return self.paths.get(kind, {})

    def trained(self, kind: Kind) -> list[tuple[Trained, Path]]:
        """Return the files of a kind that is by trained network, sorted."""
        runs = {parse_run(name): path for name, path in self.of(kind).items()}
        return [(Trained(run.cut, run.method, run.seed), runs[run]) for run in sorted(runs)]

    def file(self, kind: Kind, name: str) -> Path:
        """Return one file. Raises DataError where it is not among the inputs."""
        found = self.of(kind).get(name)
        if found is None:
            raise DataError(
                f"{kind} {name!r} is not among the inputs; found {', '.join(self.of(kind)) or 'none'}; declare it"
            )
        return found

    def table(self, name: str, *columns: str) -> pd.DataFrame:
        """Return another computation's table, which must have ``columns``. Raises DataError where it is missing or damaged."""
        return read_csv(self.file("table", name), list(columns))

    def arrays(self, kind: Kind, name: str) -> dict[str, NDArray[Any]]:
        """Return the arrays of an ``.npz`` file. Raises DataError where it is missing or damaged."""
        return read_arrays(self.file(kind, name))


@dataclass(frozen=True)
class TableSpec:
    """One computation.

    Attributes:
        name: that of its module.
        makes: the files that it makes, in the folder of tables.
        needs: kinds of files that it reads, besides tables.
        tables: tables of other computations that it reads.
        uses: parts of the plan that it depends on.
        make: makes them all.
        more: files that it makes besides, by the plan (a file a cut, say).
        pages: title and caption of tables that are shown as pages and in the explorer, by file.
    """

    name: str
    makes: tuple[str, ...]
    needs: tuple[Kind, ...]
    tables: tuple[str, ...]
    uses: tuple[str, ...]
    make: Callable[[Inputs], dict[str, Made]]
    pages: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    more: Callable[[Plan], tuple[str, ...]] = lambda plan: ()

    def files(self, plan: Plan) -> tuple[str, ...]:
        """Return all files that it makes under a plan, in the folder of tables."""
        return (*self.makes, *self.more(plan))


TABLES: Registry[TableSpec] = Registry("compfeat.results", "table", helpers=("plan", "planning"))


def table(
    name: str,
    *,
    makes: tuple[str, ...],
    needs: tuple[Kind, ...] = (),
    tables: tuple[str, ...] = (),
    uses: tuple[str, ...] = (),
    pages: Mapping[str, tuple[str, str]] | None = None,
    more: Callable[[Plan], tuple[str, ...]] = lambda plan: (),
) -> Callable[[Callable[[Inputs], dict[str, Made]]], Callable[[Inputs], dict[str, Made]]]:
    """Return a decorator that registers a function as the computation ``name`` (see TableSpec)."""

    def add(make: Callable[[Inputs], dict[str, Made]]) -> Callable[[Inputs], dict[str, Made]]:
        TABLES.register(name)(TableSpec(name, makes, needs, tables, uses, make, pages or {}, more))
        return make

    return add
