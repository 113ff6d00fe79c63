"""How sure the BD-rates are of the images (``intervals.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.results.bootstrap import (
    CELL,
    INTERVAL_COLUMNS,
    RESAMPLES,
    bd_rate_cells,
    bd_replicates,
    compared_sides,
    read_samples,
    with_all,
)
from compfeat.results.delta_rate import HEADLINE_FIT, Rules
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import pair_keys
from compfeat.results.tables.base import CERTAINTY, COMPARED, Inputs, table


@table(
    "intervals.csv",
    tables=(RESAMPLES,),
    uses=(*COMPARED, "bd_rate", "statistics"),
    title="Intervals of the BD-rates",
    caption="Percentile intervals of each BD-rate (percent), plain and at equal loss, over paired resamples of the images; "
    "rows of all seeds resample the seeds, too. n_refused counts resamples without a BD-rate; the verdict says why there is no "
    "interval.",
    category=CERTAINTY,
)
def make_intervals(inputs: Inputs) -> pd.DataFrame:
    """Return CELL and INTERVAL_COLUMNS of every comparison, cut, seed and metric. Raises DataError if a comparison lacks a run.

    Where there are several seeds, rows for all of them together, too.
    """
    e, rules = inputs.experiment, Rules(frontier=inputs.experiment.bd_rate.frontier)
    rows: list[dict[str, object]] = []
    for c, cut, metric, sides in compared_sides(read_samples(inputs), e, compared_metrics(e.tasks)):
        plain, equal_loss = (
            with_all({seed: bd_replicates(pair, rules, equal_loss=equal) for seed, pair in sides.items()}, e.statistics)
            for equal in (False, True)
        )
        for seed, values in plain.items():
            cell = pair_keys(c, cut, seed, metric) | {"fit": HEADLINE_FIT, "rate": "total"}
            rows.append(cell | bd_rate_cells(values, equal_loss[seed], e.statistics))
    return pd.DataFrame(rows, columns=[*CELL, *INTERVAL_COLUMNS])
