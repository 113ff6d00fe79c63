"""How sure it is what methods do to the metrics on float features (``float_intervals.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.results.bootstrap import RESAMPLES, float_intervals, read_samples
from compfeat.results.measured import compared_metrics
from compfeat.results.tables.base import CERTAINTY, COMPARED, Inputs, table


@table(
    "float_intervals.csv",
    tables=(RESAMPLES,),
    uses=(*COMPARED, "statistics"),
    title="What methods do to the tasks without coding",
    caption="The metric of each method minus that of the one that it is compared with, where nothing is coded, in the metric's "
    "unit, with its interval; without one where too few images have the metric.",
    category=CERTAINTY,
)
def make_float_intervals(inputs: Inputs) -> pd.DataFrame:
    """Return a row a pair of methods, cut, seed and metric. Raises DataError if a comparison lacks a run."""
    return float_intervals(read_samples(inputs), inputs.experiment, compared_metrics(inputs.experiment.tasks))
