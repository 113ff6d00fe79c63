"""The training curves of all networks (``epochs.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.errors import DataError
from compfeat.io import read_csv
from compfeat.results.tables.base import Inputs, table

KEYS = ["cut", "training", "seed"]


@table("epochs.csv", needs=("epochs",))
def make_epochs(inputs: Inputs) -> pd.DataFrame:
    """Return the tables of all trainings below each other, with cut, training and seed as the first columns.

    Raises:
        DataError: a file is missing, or has a column of one of these names already.
    """
    tables = []
    for trained, path in inputs.trained("epochs"):
        epochs = read_csv(path, ["epoch"])
        taken = [name for name in KEYS if name in epochs.columns]
        if taken:
            raise DataError(f"{path}: column {taken[0]!r} would clash with the run's own; rename it in the stage train")
        keys = pd.DataFrame([[*vars(trained).values()]] * len(epochs), columns=KEYS)
        tables.append(pd.concat([keys, epochs], axis=1))
    return pd.concat(tables, ignore_index=True)
