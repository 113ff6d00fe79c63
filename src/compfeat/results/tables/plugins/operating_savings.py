"""How much less rate than the anchor a method needs at a small loss (``operating_savings.csv``), with intervals."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from compfeat.results.bootstrap import OUTCOME, RESAMPLES, Side, compared_sides, interval_cells, read_samples, with_all
from compfeat.results.curves import FloatArray
from compfeat.results.delta_rate import DECIMALS
from compfeat.results.losses import PERCENT, relative
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import PAIR, pair_keys
from compfeat.results.resampled import Curves, not_reached, rates_at
from compfeat.results.tables.base import CERTAINTY, COMPARED, Inputs, table
from compfeat.tasks.base import Metric

COLUMNS = (*PAIR, "loss_percent", "rate_change_percent", "low_percent", "high_percent", *OUTCOME)


@table(
    "operating_savings.csv",
    tables=(RESAMPLES,),
    uses=(*COMPARED, "statistics"),
    title="Savings at a small loss",
    caption="The rate of each method against that of its anchor (percent; negative: bits saved) where the metric of each is 1 and 5 "
    "percent worse than its own without coding, with intervals over paired resamples of the images.",
    category=CERTAINTY,
)
def make_operating_savings(inputs: Inputs) -> pd.DataFrame:
    """Return COLUMNS of every comparison, cut, seed, metric and loss. Raises DataError if a comparison lacks a run.

    Where there are several seeds, rows for all of them together, too.
    """
    e = inputs.experiment
    rows: list[dict[str, object]] = []
    compared = compared_sides(read_samples(inputs), e, compared_metrics(e.tasks))
    for (c, cut, metric, sides), loss in product(compared, PERCENT):
        changes = {seed: rate_changes(pair, metric, loss) for seed, pair in sides.items()}
        said = {str(seed): why for seed, pair in sides.items() if (why := verdict(pair, metric, loss))}
        for seed, values in with_all(changes, e.statistics).items():
            refused = said.get(seed) or "; ".join(f"seed {name} {why}" for name, why in said.items())
            cells = interval_cells(values, e.statistics, refused, "rate at this loss")
            row = pair_keys(c, cut, seed, metric) | {"loss_percent": loss}
            rows.append(row | dict(zip(COLUMNS[len(row) :], cells, strict=True)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def at_loss(side: Side, metric: Metric, loss: float) -> tuple[Curves, FloatArray]:
    """Return a run's curves under every resample, and the value of each that is worse than uncoded by ``loss`` percent."""
    factor = relative(metric, loss)
    worse = side.uncoded * factor if metric.higher_is_better else side.uncoded / factor
    return Curves.of(side.rates, side.values), worse


def rate_changes(sides: tuple[Side, Side], metric: Metric, loss: float) -> FloatArray:
    """Return by how much (%) the rate of the test differs from that of the anchor under every resample, (1 + R,)."""
    anchor, test = (rates_at(*at_loss(side, metric, loss)) for side in sides)
    changes: FloatArray = np.round(100 * (test / anchor - 1), DECIMALS)
    return changes


def verdict(sides: tuple[Side, Side], metric: Metric, loss: float) -> str:
    """Return which curve does not get to the loss, of the original images; empty where both do."""
    reasons = (not_reached(*at_loss(side, metric, loss)) for side in sides)
    return "; ".join(f"{name}: {why}" for name, why in zip(("anchor", "test"), reasons, strict=True) if why)
