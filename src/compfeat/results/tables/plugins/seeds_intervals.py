"""The intervals of a recorded run of several seeds (``seeds_intervals.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.io import read_csv
from compfeat.results.bootstrap import CELL, INTERVAL_COLUMNS
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import about
from compfeat.results.tables.base import CERTAINTY, COMPARED, Inputs, table

COLUMNS = [*CELL, *INTERVAL_COLUMNS]


@table(
    "seeds_intervals.csv",
    needs=("seeds_record",),
    uses=(*COMPARED, "cuts"),
    title="A recorded run of several seeds",
    caption="BD-rates (percent) of a recorded run of several seeds, each and all together; no rows where none is recorded.",
    category=CERTAINTY,
)
def make_seeds_intervals(inputs: Inputs) -> pd.DataFrame:
    """Return the rows of the record that are about cuts, comparisons and metrics of this run; none without a record.

    Columns that an older record lacks are empty.
    """
    if not inputs.of("seeds_record"):
        return pd.DataFrame(columns=COLUMNS)
    e = inputs.experiment
    recorded = read_csv(inputs.file("seeds_record", "intervals"), [*CELL, "bd_rate_percent"]).reindex(columns=COLUMNS)
    compared = about(recorded, e.resolved_comparisons())
    metrics = [metric.curve_name for metric in compared_metrics(e.tasks)]
    return compared[compared["cut"].isin(list(e.cuts)) & compared["metric"].isin(metrics)].reset_index(drop=True)
