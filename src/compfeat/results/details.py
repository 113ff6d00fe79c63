"""What stands beside each BD-rate (``bd_details.csv``): does it depend on the fit, on one point, and what is it in other words?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bjontegaard
import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

from compfeat.analysis.bd_rate import METHODS, Outcome, Rules, compare, library_fit
from compfeat.analysis.bd_table import ANCHOR_LOSS, BD_METRICS, curve
from compfeat.analysis.curves import Curve
from compfeat.analysis.headline import FLOAT_METRICS, HEADLINE_METHOD
from compfeat.analysis.points import LOSSLESS
from compfeat.grid import UNCODED

TASK_LOSS = 0.01
"""The relative loss of a task's metric at which the rate is told."""
COLUMNS = (
    *("cut", "loss", "seed", "ladder", "metric"),
    *(f"{method}_percent" for method in METHODS),
    *("overlap", "monotone", "without_lossless_percent", "bd_metric"),
    *("rate_at_1_percent_loss_anchor_bpe", "rate_at_1_percent_loss_test_bpe"),
    *("verdict", "verdict_without_lossless", "verdict_at_1_percent_loss"),
)


def details_table(points: pd.DataFrame, ladders: Mapping[str, Sequence[str]], rules: Rules) -> pd.DataFrame:
    """Return COLUMNS, one row a cut, loss, seed, ladder and metric of a trained task.

    ``bd_metric`` is the mean change of the metric at equal rate, in the metric's own unit (mIoU, dB, px of RMSE: there, less is
    better). ``rate_at_1_percent_loss_*`` (bits per element) is where the metric is 1 % worse than on float features.
    """
    rows = []
    for (cut, loss, seed), own in points[points["loss"] != ANCHOR_LOSS].groupby(["cut", "loss", "seed"], sort=True):
        anchor = points[(points["cut"] == cut) & (points["loss"] == ANCHOR_LOSS) & (points["seed"] == seed)]
        for ladder in sorted(ladders):
            for metric in BD_METRICS:
                if own[FLOAT_METRICS[metric]].notna().all():
                    cells = detail_cells(anchor, own, ladders[ladder], metric, rules)
                    rows.append({"cut": cut, "loss": loss, "seed": seed, "ladder": ladder, "metric": metric} | cells)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def detail_cells(
    anchor: pd.DataFrame, test: pd.DataFrame, codecs: Sequence[str], metric: str, rules: Rules
) -> dict[str, Any]:
    """Return one row's cells from all points of both runs."""
    pair = [table[table["codec"].isin(codecs)] for table in (anchor, test)]
    curves = [curve(table, metric) for table in pair]
    lossy = [curve(table[table["quality"] != LOSSLESS], metric) for table in pair]
    outcomes = {method: compare(curves[0], curves[1], library_fit(method), rules) for method in METHODS}
    main = outcomes[HEADLINE_METHOD]
    without = compare(lossy[0], lossy[1], library_fit(HEADLINE_METHOD), rules)
    cells: dict[str, Any] = {f"{method}_percent": outcome.bd_rate_percent for method, outcome in outcomes.items()}
    cells |= {"overlap": main.overlap, "monotone": main.monotone, "verdict": main.verdict}
    cells |= {"without_lossless_percent": without.bd_rate_percent, "verdict_without_lossless": without.verdict}
    cells["bd_metric"] = bd_metric(pair, metric, main, rules)
    told = []
    for side, table, points in zip(("anchor", "test"), (anchor, test), curves, strict=True):
        cells[f"rate_at_1_percent_loss_{side}_bpe"], why = rate_at_loss(points, float_value(table, metric))
        told += [f"{side}: {why}"] if why else []
    return cells | {"verdict_at_1_percent_loss": "; ".join(told) or "ok"}


def bd_metric(pair: Sequence[pd.DataFrame], metric: str, outcome: Outcome, rules: Rules) -> float | None:
    """Return the mean change of the metric, in its own unit, over the shared range of log rates; None where refused."""
    if outcome.bd_rate_percent is None:
        return None
    # The RMSE is negated to rise with the rate, and its change is negated back.
    sign = -1.0 if metric == "inv_rmse" else 1.0
    name = FLOAT_METRICS[metric]
    curves = [Curve.of(t["rate_bpe"].to_numpy(float), sign * t[name].to_numpy(float)) for t in pair]
    a, b = (c.frontier() if rules.frontier else c for c in curves)
    change = bjontegaard.bd_psnr(
        a.rate, a.metric, b.rate, b.metric, HEADLINE_METHOD, require_matching_points=False, min_overlap=0
    )
    return sign * float(change)


def float_value(run: pd.DataFrame, metric: str) -> float:
    """Return the metric (1/RMSE for ``inv_rmse``) of a run's float features."""
    value = float(run.loc[(run["codec"] == UNCODED) & (run["quality"] == "float"), FLOAT_METRICS[metric]].iloc[0])
    return 1.0 / value if metric == "inv_rmse" else value


def rate_at_loss(points: Curve, uncoded: float, loss: float = TASK_LOSS) -> tuple[float | None, str]:
    """Return the rate (bits per element) at which the metric is ``loss`` worse than ``uncoded``, or None and why not.

    PCHIP of the log rate through the efficient points.
    """
    efficient = points.frontier()
    # 1/RMSE falls by 1 - 1/(1 + loss) where the RMSE rises by the share ``loss``: the same to first order.
    target = uncoded * (1.0 - loss)
    if len(efficient) < 2:
        return None, "fewer than 2 efficient points"
    if not efficient.metric[0] <= target <= efficient.metric[-1]:
        where = "above" if target > efficient.metric[-1] else "below"
        return None, f"{100 * loss:.0f} % loss lies {where} all points"
    return float(np.exp(PchipInterpolator(efficient.metric, np.log(efficient.rate))(target))), ""
