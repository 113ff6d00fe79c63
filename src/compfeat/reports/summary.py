"""Reading the summary: its tables, and what ``experiment.json`` says things are called and in which order they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from compfeat.arrays import Arrays, read_arrays
from compfeat.errors import DataError
from compfeat.io import read_csv, read_json
from compfeat.reports.labels import codec_label
from compfeat.results.resolved import EXPERIMENT, Resolved
from compfeat.settings.runs import FLOAT, UNCODED, Comparison
from compfeat.tasks.base import Metric

RUN = ["cut", "method", "seed"]
POINT = [*RUN, "codec", "quality"]


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
        return read_arrays(self.path(name))

    @cached_property
    def resolved(self) -> Resolved:
        """The experiment that the tables are of. Raises DataError as ``csv`` does."""
        path = self.path(EXPERIMENT)
        return Resolved.read(read_json(path), str(path))

    def path(self, name: str) -> Path:
        """Return where the file ``name`` lies. Raises DataError if it is not among the files."""
        if name not in self.files:
            raise DataError(f"{name}: not among the declared inputs ({', '.join(self.files)}); add it to the needs")
        return self.files[name]


def metrics_by_task(tables: Tables) -> dict[str, list[Metric]]:
    """Return the metrics that are compared, by task, in the order of the config's tasks; tasks without one are left out."""
    found: dict[str, list[Metric]] = {}
    for task, metric in tables.resolved.metrics:
        if metric.compared:
            found.setdefault(task, []).append(metric)
    return found


def metrics(tables: Tables) -> list[Metric]:
    """Return the metrics that are compared, in the order of the config's tasks."""
    return [metric for found in metrics_by_task(tables).values() for metric in found]


def measured(found: Iterable[Metric], table: pd.DataFrame) -> list[Metric]:
    """Return those of ``found`` that have a value somewhere in the table's columns."""
    return [metric for metric in found if metric.name in table and bool(table[metric.name].notna().any())]


def methods(tables: Tables) -> dict[str, str]:
    """Return every method's label, in the order of display."""
    experiment = tables.resolved.experiment
    return {name: experiment.label(name) for name in experiment.methods}


def ladder_labels(tables: Tables) -> dict[str, str]:
    """Return every ladder's label, in the order of display."""
    return {name: ladder.label or name for name, ladder in tables.resolved.experiment.ladders.items()}


def codec_labels(tables: Tables, codecs: Iterable[str] = ()) -> dict[str, str]:
    """Return the label of every codec of the config, in its order, then of ``codecs`` that it does not have."""
    experiment = tables.resolved.experiment
    names = dict.fromkeys([codec for codec, _ in tables.resolved.lossless] + [*codecs])
    return {name: codec_label(name, experiment.ladders) for name in names}


def comparisons(tables: Tables) -> list[Comparison]:
    """Return the comparisons, in the order of the config."""
    return list(tables.resolved.comparisons)


def qualities(tables: Tables) -> dict[tuple[str, str], bool]:
    """Return whether each codec and quality is lossless, in the order of the config, best quality first."""
    return dict(tables.resolved.lossless)


def float_points(points: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``points.csv`` that are about what the network computes, before anything is coded."""
    return points[(points["codec"] == UNCODED) & (points["quality"] == FLOAT)]


def cuts(table: pd.DataFrame) -> list[str]:
    """Return the cuts of a table, sorted."""
    return sorted(table["cut"].astype(str).unique())
