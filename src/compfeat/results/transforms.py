"""What the fitted transforms weigh (``transforms.csv``): a part of the model, known to both sides, that no rate counts."""

from __future__ import annotations

import pandas as pd

from compfeat.experiment.runs import parse_run
from compfeat.results import Inputs, Made, table
from compfeat.transforms import model_bytes

COLUMNS = ("cut", "method", "seed", "transform", "model_bytes")


@table("transforms", makes=("transforms.csv",), needs=("transforms",), uses=("methods",))
def make(inputs: Inputs) -> dict[str, Made]:
    """Return a row a run whose transform is fitted: ``model_bytes`` are what sender and receiver need to know of it, once.

    Raises:
        DataError: a state is missing or damaged.
    """
    names = {method.name: method.transform for method in inputs.plan.methods}
    rows = []
    for name in sorted(inputs.of("transforms")):
        run = parse_run(name)
        size = model_bytes(inputs.arrays("transforms", name))
        rows.append((run.cut, run.method, run.seed, names[run.method], size))
    return {"transforms.csv": pd.DataFrame(rows, columns=list(COLUMNS))}
