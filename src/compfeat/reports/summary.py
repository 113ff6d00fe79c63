"""Reading the summary: its tables, and what they say things are called and in which order they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.experiment.runs import FLOAT, UNCODED, Comparison
from compfeat.io import read_csv

Arrays = dict[str, NDArray[Any]]
RUN = ["cut", "method", "seed"]
POINT = [*RUN, "codec", "quality"]
ALL_SEEDS = "all"
"""Stands in a seed's place in rows that are about all seeds together."""


@dataclass(frozen=True)
class Tables:
    """Files of the summary by name, each read when it is asked for.

    Attributes:
        files: where each file lies.
    """

    files: Mapping[str, Path]

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Tables:
        """Return the tables at ``paths``, by the names of the files."""
        return cls({path.name: path for path in paths})

    def csv(self, name: str, *columns: str) -> pd.DataFrame:
        """Return the table ``name``, which must have ``columns``.

        Raises:
            DataError: it is missing, damaged, lacks a column, or is not among the files.
        """
        return read_csv(self.path(name), list(columns))

    def arrays(self, name: str) -> Arrays:
        """Return the arrays of the ``.npz`` file ``name``. Raises DataError as ``csv`` does."""
        path = self.path(name)
        try:
            with np.load(path, allow_pickle=False) as archive:
                return dict(archive)
        except FileNotFoundError:
            raise DataError(f"{path}: not found; run the stage that makes it") from None
        except Exception as error:  # numpy and zipfile raise many kinds for a damaged file
            raise DataError(f"{path}: not an archive of arrays ({error}); delete it and rerun its stage") from None

    def path(self, name: str) -> Path:
        """Return where the file ``name`` lies. Raises DataError where it is not among the files."""
        if name not in self.files:
            raise DataError(f"{name}: not among the declared inputs ({', '.join(self.files)}); add it to the needs")
        return self.files[name]


@dataclass(frozen=True)
class Metric:
    """A row of ``metrics.csv``.

    Attributes:
        task: whose metric it is.
        name: its column in the tables of points.
        curve_name: its name in the tables of BD-rates, where higher is always better.
        label: what it is called.
        curve_label: what it is called where higher is always better.
        unit: of its values; empty for none.
        digits: after the decimal point, in print.
        higher_is_better: its direction.
        compared: whether it enters BD-rates and figures.
        of_image: the column that says the same of a decoded image itself, where the image is sent; empty for none.
    """

    task: str
    name: str
    curve_name: str
    label: str
    curve_label: str
    unit: str
    digits: int
    higher_is_better: bool
    compared: bool
    of_image: str = ""

    @property
    def title(self) -> str:
        """Label and unit; an arrow where lower is better."""
        more = [part for part in (self.unit, "" if self.higher_is_better else "↓") if part]
        return f"{self.label} ({', '.join(more)})" if more else self.label


@dataclass(frozen=True)
class Ladder:
    """A row of ``ladders.csv`` for each codec.

    Attributes:
        label: what it is called.
        codecs: whose points make the curve.
    """

    label: str
    codecs: tuple[str, ...]


def metrics(tables: Tables) -> list[Metric]:
    """Return the metrics that are compared, in the order of the config's tasks (``metrics.csv``)."""
    named = {"name": "metric", "curve_name": "curve_metric"}
    columns = [named.get(field.name, field.name) for field in fields(Metric)]
    rows = tables.csv("metrics.csv", *columns)[columns].astype(object).fillna("").itertuples(index=False)
    return [metric for metric in (Metric(*row) for row in rows) if metric.compared]


def measured(found: Iterable[Metric], table: pd.DataFrame) -> list[Metric]:
    """Return those of ``found`` that have a value somewhere in the table's columns."""
    return [metric for metric in found if metric.name in table and bool(table[metric.name].notna().any())]


def methods(tables: Tables) -> dict[str, str]:
    """Return every method's label, in the order of display (``methods.csv``)."""
    table = tables.csv("methods.csv", "method", "label", "position").sort_values("position")
    return dict(zip(table["method"].astype(str), table["label"].astype(str), strict=True))


def ladders(tables: Tables) -> dict[str, Ladder]:
    """Return the ladders, in the order of display (``ladders.csv``)."""
    table = tables.csv("ladders.csv", "ladder", "label", "codec", "position").sort_values("position", kind="stable")
    return {
        str(name): Ladder(str(own["label"].iloc[0]), tuple(own["codec"]))
        for name, own in table.groupby("ladder", sort=False)
    }


def comparisons(tables: Tables) -> list[Comparison]:
    """Return the comparisons, in the order of the config (``comparisons.csv``)."""
    columns = ("method", "against", "ladder", "against_ladder")
    return [Comparison(*row) for row in tables.csv("comparisons.csv", *columns)[list(columns)].itertuples(index=False)]


def qualities(tables: Tables) -> dict[tuple[str, str], bool]:
    """Return whether each codec and quality is lossless, in the order of the config, best quality first (``codecs.csv``)."""
    table = tables.csv("codecs.csv", "codec", "quality", "position", "lossless")
    return {(str(r["codec"]), str(r["quality"])): bool(r["lossless"]) for r in table.to_dict("records")}


def float_points(points: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``points.csv`` that are about what the network computes, before anything is coded."""
    return points[(points["codec"] == UNCODED) & (points["quality"] == FLOAT)]


def cuts(table: pd.DataFrame) -> list[str]:
    """Return the cuts of a table, sorted."""
    return sorted(table["cut"].astype(str).unique())
