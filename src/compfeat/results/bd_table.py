"""The table of BD-rates of all runs (``bd_rate.csv``): each loss against the baseline, by ladder, metric, method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from compfeat.analysis.bd_rate import METHODS, Rules, compare, library_fit
from compfeat.analysis.curves import Curve

ANCHOR_LOSS = "baseline"
BD_METRICS = ("miou", "psnr_db", "inv_rmse")
"""Higher is better for all of them, so the RMSE enters as 1/RMSE (METHOD.md, "BD-rate")."""
KEYS = ("cut", "loss", "seed", "ladder", "metric", "method")
COLUMNS = (*KEYS, "bd_rate_percent", "overlap", "monotone", "n_anchor", "n_test", "dropped", "verdict")


def curve(points: pd.DataFrame, metric: str, rate: str = "rate_bpe") -> Curve:
    """Return the curve of one run's points, from the columns ``rate`` and ``metric`` (``inv_rmse`` is 1 / ``rmse``)."""
    values = 1.0 / points["rmse"] if metric == "inv_rmse" else points[metric]
    return Curve.of(points[rate].to_numpy(dtype=float), values.to_numpy(dtype=float))


def bd_rate_table(points: pd.DataFrame, ladders: Mapping[str, Sequence[str]], rules: Rules) -> pd.DataFrame:
    """Return the BD-rate of each loss against the baseline of the same cut and seed.

    Args:
        points: the points table (``points.csv``).
        ladders: from a ladder's name to the codecs whose points form it.
        rules: what a comparison must fulfil.

    Returns:
        One row a cell with COLUMNS, sorted by KEYS (metrics and methods in the order of BD_METRICS and METHODS);
        ``bd_rate_percent`` is nan where refused. No rows where there is only the baseline.
    """
    losses = points[points["loss"] != ANCHOR_LOSS]
    rows = []
    for (cut, loss, seed), own in losses.groupby(["cut", "loss", "seed"], sort=True):
        anchor = points[(points["cut"] == cut) & (points["loss"] == ANCHOR_LOSS) & (points["seed"] == seed)]
        for ladder in sorted(ladders):
            pair = [table[table["codec"].isin(ladders[ladder])] for table in (anchor, own)]
            rows += [
                {"cut": cut, "loss": loss, "seed": seed, "ladder": ladder, **row}
                for row in method_rows(pair[0], pair[1], rules)
            ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"bd_rate_percent": "float64"})


def method_rows(
    anchor: pd.DataFrame, test: pd.DataFrame, rules: Rules, rate: str = "rate_bpe"
) -> list[dict[str, object]]:
    """Return one row a metric and method of the library: ``metric``, ``method`` and the fields of an Outcome."""
    return [
        {
            "metric": metric,
            "method": method,
            **asdict(compare(curve(anchor, metric, rate), curve(test, metric, rate), library_fit(method), rules)),
        }
        for metric in BD_METRICS
        for method in METHODS
    ]
