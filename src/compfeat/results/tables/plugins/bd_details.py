"""Details of each BD-rate (``bd_details.csv``): does it depend on the fit, on one point, and what is it in other words?"""

from __future__ import annotations

import pandas as pd

from compfeat.results.curves import Curve
from compfeat.results.delta_rate import FITS, HEADLINE_FIT, Rules, compare, library_fit
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import PAIR, Pair, curve, pairs, without
from compfeat.results.tables.base import CERTAINTY, COMPARED, Inputs, table
from compfeat.tasks.base import Metric

DETAILS = (
    *PAIR,
    *("anchor_uncoded", "test_uncoded", *(f"{fit}_percent" for fit in FITS)),
    *("overlap", "monotone", "without_lossless_percent", "bd_metric", "verdict", "verdict_without_lossless"),
)


@table(
    "bd_details.csv",
    tables=("points.csv", "bd_rate.csv"),
    uses=(*COMPARED, "bd_rate"),
    title="Details of each BD-rate",
    caption="The metric of both networks without coding, the BD-rate by several fits and without the lossless points (percent), the "
    "shared range of the metric, and the change of the metric at equal rate.",
    category=CERTAINTY,
)
def make_bd_details(inputs: Inputs) -> pd.DataFrame:
    """Return DETAILS of every comparison, cut, seed and metric. Raises DataError if a run lacks its float features."""
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
            row |= dict(zip(("anchor_uncoded", "test_uncoded"), pair.uncoded(metric), strict=True))
            row |= {f"{fit}_percent": outcome["bd_rate_percent"] for fit, outcome in by_fit.items()}
            row |= {name: main[name] for name in ("overlap", "monotone", "verdict")}
            row |= {"without_lossless_percent": left.bd_rate_percent, "verdict_without_lossless": left.verdict}
            row["bd_metric"] = None if pd.isna(main["bd_rate_percent"]) else bd_metric(pair, metric, rules)
            rows.append(row)
    return pd.DataFrame(rows, columns=list(DETAILS))


def bd_metric(pair: Pair, metric: Metric, rules: Rules) -> float:
    """Return the mean change of the metric, in its own unit, over the shared range of log rates."""
    import bjontegaard  # which imports matplotlib

    # A metric that falls is negated to rise with the rate, and its change is negated back.
    sign = 1.0 if metric.higher_is_better else -1.0
    curves = [
        Curve.of(side["bytes_per_image"].to_numpy(float), sign * side[metric.name].to_numpy(float))
        for side in pair.sides
    ]
    a, b = (c.frontier() if rules.frontier else c for c in curves)
    change = bjontegaard.bd_psnr(
        a.rate, a.metric, b.rate, b.metric, HEADLINE_FIT, require_matching_points=False, min_overlap=0
    )
    return sign * float(change)
