"""What is fitted to a run and sent once, not with every image (``fitted.csv``): its size, apart from all rates."""

from __future__ import annotations

import pandas as pd

from compfeat.experiment.runs import parse_run
from compfeat.results import Inputs, Made, table

COLUMNS = ("cut", "method", "seed", "part", "arrays", "array_bytes", "file_bytes")


@table("fitted", makes=("fitted.csv",), needs=("states",))
def make(inputs: Inputs) -> dict[str, Made]:
    """Return one row a fitted ``part`` (a codec, or ``transform``): how many arrays, their bytes, and those of the file.

    Raises:
        DataError: a file is missing or damaged.
    """
    rows = []
    for name, path in sorted(inputs.of("states").items()):
        identity, _, part = name.rpartition("/")
        run, arrays = parse_run(identity), inputs.arrays("states", name)
        sizes = (len(arrays), sum(array.nbytes for array in arrays.values()), path.stat().st_size)
        rows.append((run.cut, run.method, run.seed, part, *sizes))
    return {"fitted.csv": pd.DataFrame(rows, columns=list(COLUMNS))}
