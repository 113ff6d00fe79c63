"""How sure the BD-rates are of the images (``intervals.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.results.bootstrap import RESAMPLES, bd_rate_intervals, read_samples
from compfeat.results.measured import compared_metrics
from compfeat.results.tables import CERTAINTY, COMPARED, Inputs, table


@table(
    "intervals.csv",
    tables=(RESAMPLES,),
    uses=(*COMPARED, "bd_rate", "statistics"),
    title="Intervals of the BD-rates",
    caption="Percentile intervals of each BD-rate (percent) over paired resamples of the validation images; rows of all seeds "
    "resample the seeds, too. n_refused counts resamples without a BD-rate; the verdict says why there is no interval.",
    category=CERTAINTY,
)
def make(inputs: Inputs) -> pd.DataFrame:
    """Return a row a comparison, cut, seed and metric. Raises DataError where a comparison lacks a run."""
    return bd_rate_intervals(read_samples(inputs), inputs.experiment, compared_metrics(inputs.experiment.tasks))
