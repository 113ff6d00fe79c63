"""The intervals of a recorded run of several seeds (``seeds_intervals.csv``)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compfeat.io import read_csv
from compfeat.results.bootstrap import CELL, INTERVAL_COLUMNS
from compfeat.results.measured import compared_metrics
from compfeat.results.tables import CERTAINTY, COMPARED, Inputs, table

COLUMNS = [*CELL, *INTERVAL_COLUMNS]


@table(
    "seeds_intervals.csv",
    needs=("seeds_record",),
    uses=(*COMPARED, "cuts"),
    title="A recorded run of several seeds",
    caption="BD-rates (percent) of a recorded run of several seeds, each and all together; no rows where none is recorded.",
    category=CERTAINTY,
)
def make(inputs: Inputs) -> pd.DataFrame:
    """Return the rows of the record that are about cuts, comparisons and metrics of this run; none without a record."""
    if not inputs.of("seeds_record"):
        return pd.DataFrame(columns=COLUMNS)
    e = inputs.experiment
    recorded = read_csv(inputs.file("seeds_record", "intervals"), COLUMNS)[COLUMNS]
    compared = recorded[["method", "against", "ladder", "against_ladder"]].itertuples(index=False, name=None)
    known = {tuple(vars(comparison).values()) for comparison in e.resolved_comparisons()}
    own = np.array([pair in known for pair in compared], dtype=bool)
    own &= recorded["cut"].isin(list(e.cuts))
    own &= recorded["metric"].isin([metric.curve_name for metric in compared_metrics(e.tasks)])
    return recorded[own].reset_index(drop=True)
