"""BD-rates of all comparisons (``bd_rate.csv``), of all bytes and of the entropy-coded samples alone."""

from __future__ import annotations

import pandas as pd

from compfeat.results.delta_rate import FITS, Rules, library_fit
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import PAIR, outcome_cells, pairs
from compfeat.results.tables.base import COMPARED, Inputs, table

RATES = {"total": "total_bytes", "payload": "payload_bytes"}
"""Which bytes a BD-rate is about, and their column of ``points.csv``."""
OUTCOME = (
    *("bd_rate_percent", "equal_loss_percent", "overlap", "monotone", "n_anchor", "n_test", "dropped"),
    *("verdict", "verdict_equal_loss"),
)


@table("bd_rate.csv", tables=("points.csv",), uses=(*COMPARED, "bd_rate"))
def make_bd_rate(inputs: Inputs) -> pd.DataFrame:
    """Return a row per comparison, cut, seed, metric, kind of bytes and fit.

    ``equal_loss_percent`` is the BD-rate of the curves of metric minus metric without coding. Raises DataError if a comparison
    lacks a run, or a run its float features.
    """
    rules = Rules(frontier=inputs.experiment.bd_rate.frontier)
    rows = []
    for pair in pairs(inputs):
        for metric in compared_metrics(inputs.experiment.tasks):
            for rate, column in RATES.items():
                curves = pair.curves(metric, column)
                for fit in FITS:
                    outcome = outcome_cells(curves, pair.uncoded(metric), metric, library_fit(fit), rules)
                    rows.append(pair.keys(metric) | {"fit": fit, "rate": rate} | outcome)
    numbers = dict.fromkeys(("bd_rate_percent", "equal_loss_percent"), "float64")
    return pd.DataFrame(rows, columns=[*PAIR, "fit", "rate", *OUTCOME]).astype(numbers)
