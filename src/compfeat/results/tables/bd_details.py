"""What stands beside each BD-rate (``bd_details.csv``): does it depend on the fit, on one point, and what is it in other words?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from compfeat.errors import DataError
from compfeat.experiment.runs import FLOAT, UNCODED
from compfeat.results.curves import Curve
from compfeat.results.delta_rate import FITS, HEADLINE_FIT, Rules, compare, library_fit
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import PAIR, Pair, curve, pairs, without
from compfeat.results.tables import CERTAINTY, COMPARED, Inputs, table
from compfeat.tasks.base import Metric

TASK_LOSS = 0.01
"""The relative loss of a task's metric at which the rate is given."""
DETAILS = (
    *PAIR,
    *(f"{fit}_percent" for fit in FITS),
    *("overlap", "monotone", "without_lossless_percent", "bd_metric"),
    *("rate_at_1_percent_loss_anchor_bpe", "rate_at_1_percent_loss_test_bpe"),
    *("verdict", "verdict_without_lossless", "verdict_at_1_percent_loss"),
)


@table(
    "bd_details.csv",
    tables=("points.csv", "bd_rate.csv"),
    uses=(*COMPARED, "bd_rate"),
    title="What stands beside each BD-rate",
    caption="The BD-rate by several fits and without the lossless points (percent), the shared range of the metric, the change "
    "of the metric at equal rate, and the rate (bits per element) at which the metric is one percent worse than without coding.",
    category=CERTAINTY,
)
def make(inputs: Inputs) -> pd.DataFrame:
    """Return DETAILS of every comparison, cut, seed and metric. Raises DataError where a run lacks its float features."""
    e = inputs.experiment
    rates = inputs.table("bd_rate.csv", *PAIR, "fit", "rate", "bd_rate_percent", "overlap", "monotone", "verdict")
    total = rates[rates["rate"] == "total"].to_dict("records")
    outcomes = {tuple(row[name] for name in (*PAIR, "fit")): row for row in total}
    lossless, rules = {name: e.lossless(name) for name in e.methods}, Rules(frontier=e.bd_rate.frontier)
    rows = []
    for pair in pairs(inputs):
        known = [lossless[name] for name in (pair.comparison.against, pair.comparison.method)]
        lossy = [without(side, points) for side, points in zip(pair.sides, known, strict=True)]
        for metric in compared_metrics(e.tasks):
            row = pair.keys(metric)
            by_fit = {fit: outcomes[(*row.values(), fit)] for fit in FITS}
            main = by_fit[HEADLINE_FIT]
            left = compare(curve(lossy[0], metric), curve(lossy[1], metric), library_fit(HEADLINE_FIT), rules)
            row |= {f"{fit}_percent": outcome["bd_rate_percent"] for fit, outcome in by_fit.items()}
            row |= {name: main[name] for name in ("overlap", "monotone", "verdict")}
            row |= {"without_lossless_percent": left.bd_rate_percent, "verdict_without_lossless": left.verdict}
            refused = pd.isna(main["bd_rate_percent"])
            row["bd_metric"] = None if refused else bd_metric(pair.sides, metric, rules)
            rows.append(row | rates_at_loss(pair, metric))
    return pd.DataFrame(rows, columns=list(DETAILS))


def rates_at_loss(pair: Pair, metric: Metric) -> dict[str, Any]:
    """Return the rate of anchor and test (bits per element) where the metric is 1 % worse than on float features, and why not."""
    cells: dict[str, Any] = {}
    notes = []
    for name, run, side in zip(("anchor", "test"), pair.whole, pair.sides, strict=True):
        if side["rate_bpe"].isna().any():
            rate, why = None, "has no rate per feature element"
        else:
            rate, why = rate_at_loss(curve(side, metric, "rate_bpe"), float_value(run, metric))
        cells[f"rate_at_1_percent_loss_{name}_bpe"] = rate
        notes += [f"{name}: {why}"] if why else []
    return cells | {"verdict_at_1_percent_loss": "; ".join(notes) or "ok"}


def bd_metric(sides: Sequence[pd.DataFrame], metric: Metric, rules: Rules) -> float:
    """Return the mean change of the metric, in its own unit, over the shared range of log rates."""
    import bjontegaard  # which imports matplotlib

    # A metric that falls is negated to rise with the rate, and its change is negated back.
    sign = 1.0 if metric.higher_is_better else -1.0
    curves = [
        Curve.of(side["bytes_per_image"].to_numpy(float), sign * side[metric.name].to_numpy(float)) for side in sides
    ]
    a, b = (c.frontier() if rules.frontier else c for c in curves)
    change = bjontegaard.bd_psnr(
        a.rate, a.metric, b.rate, b.metric, HEADLINE_FIT, require_matching_points=False, min_overlap=0
    )
    return sign * float(change)


def float_value(run: pd.DataFrame, metric: Metric) -> float:
    """Return what a curve is drawn over, of a run's float features. Raises DataError where they were not evaluated."""
    at = (run["codec"] == UNCODED) & (run["quality"] == FLOAT)
    if at.sum() != 1:
        raise DataError(
            f"points.csv: {int(at.sum())} points {UNCODED}/{FLOAT} of a run; expected one; rerun the stage evaluate"
        )
    return float(metric.curve_values(run.loc[at, metric.name].to_numpy(float))[0])


def rate_at_loss(points: Curve, uncoded: float, loss: float = TASK_LOSS) -> tuple[float | None, str]:
    """Return the rate at which the metric is ``loss`` worse than ``uncoded``, or None and why not.

    PCHIP of the log rate through the efficient points.
    """
    from scipy.interpolate import PchipInterpolator

    efficient = points.frontier()
    # The inverse of a metric m falls by 1 - 1/(1 + loss) where m rises by the share ``loss``: the same to first order.
    target = uncoded * (1.0 - loss)
    if len(efficient) < 2:
        return None, "fewer than 2 efficient points"
    if not efficient.metric[0] <= target <= efficient.metric[-1]:
        where = "above" if target > efficient.metric[-1] else "below"
        return None, f"{100 * loss:.0f} % loss lies {where} all points"
    return float(np.exp(PchipInterpolator(efficient.metric, np.log(efficient.rate))(target))), ""
