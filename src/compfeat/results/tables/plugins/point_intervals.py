"""How sure the metrics and the bytes of every point are of the images (``point_intervals.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.results.bootstrap import RATE, RESAMPLES, read_samples, with_interval
from compfeat.results.measured import POINT_KEYS, compared_metrics
from compfeat.results.tables.base import Inputs, table

COLUMNS = (*POINT_KEYS, "metric", "value", "low", "high", "confidence", "n_resamples")


@table("point_intervals.csv", tables=(RESAMPLES,), uses=("tasks", "statistics"))
def make_point_intervals(inputs: Inputs) -> pd.DataFrame:
    """Return the intervals of every point's compared metrics and of its bytes per image (COLUMNS), sorted by point.

    They are of each point alone. What makes an image hard does not cancel in them as it does in a comparison, so two curves
    whose intervals overlap may well differ: that is for the intervals of the BD-rates to say.
    """
    names = [RATE, *(metric.name for metric in compared_metrics(inputs.experiment.tasks))]
    rows = [
        (*vars(run).values(), *point, name, values[0], *with_interval(values, inputs.experiment.statistics))
        for run, points in read_samples(inputs).items()
        for point, samples in points.items()
        for name in names
        if (values := samples.get(name)) is not None
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
