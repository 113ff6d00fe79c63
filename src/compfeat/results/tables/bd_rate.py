"""BD-rates of all comparisons (``bd_rate.csv``), of all bytes and of the entropy-coded samples alone."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from compfeat.results.delta_rate import FITS, Rules, compare, library_fit
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import PAIR, curve, pairs
from compfeat.results.tables import COMPARED, Inputs, table

RATES = {"total": "total_bytes", "payload": "payload_bytes"}
"""Which bytes a BD-rate is about, and their column of ``points.csv``."""
OUTCOME = ("bd_rate_percent", "overlap", "monotone", "n_anchor", "n_test", "dropped", "verdict")


@table("bd_rate.csv", tables=("points.csv",), uses=(*COMPARED, "bd_rate"))
def make(inputs: Inputs) -> pd.DataFrame:
    """Return a row a comparison, cut, seed, metric, kind of bytes and fit. Raises DataError where a comparison lacks a run."""
    rules = Rules(frontier=inputs.experiment.bd_rate.frontier)
    rows = []
    for pair in pairs(inputs):
        for metric in compared_metrics(inputs.experiment.tasks):
            for rate, column in RATES.items():
                anchor, test = (curve(side, metric, column) for side in pair.sides)
                for fit in FITS:
                    outcome = compare(anchor, test, library_fit(fit), rules)
                    rows.append(pair.keys(metric) | {"fit": fit, "rate": rate} | asdict(outcome))
    return pd.DataFrame(rows, columns=[*PAIR, "fit", "rate", *OUTCOME]).astype({"bd_rate_percent": "float64"})
