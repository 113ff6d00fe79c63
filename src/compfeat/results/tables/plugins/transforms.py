"""What the fitted transforms weigh (``transforms.csv``): a part of the model, known to both sides, that no rate counts."""

from __future__ import annotations

import pandas as pd

from compfeat.results.tables.base import Inputs, table
from compfeat.settings.runs import parse_run
from compfeat.transforms.base import model_bytes

COLUMNS = ("cut", "method", "seed", "transform", "model_bytes")


@table("transforms.csv", needs=("transforms",), uses=("methods",))
def make_transforms(inputs: Inputs) -> pd.DataFrame:
    """Return a row per run whose transform is fitted: ``model_bytes`` are what sender and receiver need to know of it, once.

    Raises:
        DataError: a state is missing or damaged.
    """
    rows = []
    for name in sorted(inputs.of("transforms")):
        run, size = parse_run(name), model_bytes(inputs.arrays("transforms", name))
        transform = inputs.experiment.methods[run.method].transform
        rows.append((run.cut, run.method, run.seed, "" if transform is None else transform.name, size))
    return pd.DataFrame(rows, columns=list(COLUMNS))
