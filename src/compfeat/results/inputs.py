"""What a table is made from: files by kind, and the sections of the experiment that it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.arrays import open_features, read_arrays
from compfeat.errors import DataError
from compfeat.experiment.config import Experiment
from compfeat.io import read_csv
from compfeat.settings.runs import Trained, parse_run

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
    "scenes",
    "published",
    "seeds_record",
    "length_record",
    "codecs_record",
    "table",
]
"""Kinds of files that a table can be made from; ``compfeat.stages.tables`` says where they lie.

``scores``, ``distortions``, ``pictures``, ``ledgers``, and ``states``, those of fitted codecs: by run and codec
(``c512/plain/seed0/hevc``); ``transforms``, the states of fitted ones: by run; ``epochs``, ``descriptions``, ``features``: by trained
network; ``scenes``, of the evaluated split: ``arrays``, ``index``, ``info``; ``published``, ``seeds_record``,
``length_record``, ``codecs_record``: by file name without its end; ``table``: other tables, by file name.
"""


@dataclass(frozen=True)
class Inputs:
    """The files that a table declares, by kind and id, and the sections of the experiment that it uses; others are not there."""

    experiment: Experiment
    paths: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)

    def of(self, kind: Kind) -> Mapping[str, Path]:
        """Return the files of one kind, by id; none if there are none."""
        return self.paths.get(kind, {})

    def trained(self, kind: Kind) -> list[tuple[Trained, Path]]:
        """Return the files of a kind that is by trained network, sorted."""
        runs = {parse_run(name): path for name, path in self.of(kind).items()}
        return [(Trained(run.cut, run.method, run.seed), runs[run]) for run in sorted(runs)]

    def file(self, kind: Kind, name: str) -> Path:
        """Return one file. Raises DataError if it is not among the inputs."""
        path = self.of(kind).get(name)
        if path is None:
            raise DataError(
                f"{kind} {name!r} is not among the inputs; found {', '.join(self.of(kind)) or 'none'}; declare it"
            )
        return path

    def table(self, name: str, *columns: str) -> pd.DataFrame:
        """Return another table, which must have ``columns``. Raises DataError if it is missing or damaged."""
        return read_csv(self.file("table", name), list(columns))

    def arrays(self, kind: Kind, name: str) -> dict[str, NDArray[Any]]:
        """Return the arrays of an ``.npz`` file. Raises DataError if it is missing or damaged."""
        return read_arrays(self.file(kind, name))

    def features(self, trained: Trained) -> NDArray[np.float32]:
        """Return a network's features of the evaluated split, (N, C, h, w), as a memory map.

        Raises:
            DataError: they are missing or damaged.
        """
        return open_features(self.file("features", trained.id))
