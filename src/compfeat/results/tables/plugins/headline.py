"""The headline: BD-rates over all seeds, beside the metrics on float features (``headline.csv``)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from compfeat.results.delta_rate import HEADLINE_FIT
from compfeat.results.losses import PERCENT
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import PAIR, overall
from compfeat.results.tables.base import RESULTS, Inputs, table
from compfeat.settings.runs import FLOAT, UNCODED

KEYS = [name for name in PAIR if name != "seed"]
AT_LOSS = ("rate_change_percent", "low_percent", "high_percent")
HEADLINE = (
    *KEYS,
    *("bd_rate_percent", "bd_rate_min_percent", "bd_rate_max_percent", "equal_loss_percent", "payload_percent"),
    *(f"at_{loss:g}_{name}" for loss in PERCENT for name in AT_LOSS),
    *("n_seeds", "n_ok", "verdict"),
    *("float_metric", "float_anchor", "float_test", "float_difference"),
)


@table(
    "headline.csv",
    tables=("points.csv", "bd_rate.csv", "operating_savings.csv"),
    uses=("tasks",),
    title="BD-rates and metrics without coding",
    caption="The BD-rate of each method against the one that it is compared with, by cut, ladder and metric (percent; negative: "
    "bits saved; of several seeds the mean with the lowest and highest), that at equal loss, that of payload alone, the change of "
    "rate where each metric is 1 and 5 percent worse than without coding, and the metric of both there. Equal loss compares what "
    "coding takes from each network's own metric, and favours a network that is worse before coding.",
    category=RESULTS,
)
def make_headline(inputs: Inputs) -> pd.DataFrame:
    """Return HEADLINE.

    ``bd_rate_percent`` is the mean over the ``n_ok`` seeds (of ``n_seeds``) that were not refused, with the lowest and highest
    of them; the verdict names every seed left out and why. ``equal_loss_percent`` is the mean at equal loss, ``payload_percent``
    that of payload bytes; ``at_1_*`` and ``at_5_*`` are those of ``operating_savings.csv`` over all seeds. ``float_*`` are the means
    over all seeds of the metric ``float_metric`` on float features, in its unit, of anchor and test, and test minus anchor.
    """
    percents = ("bd_rate_percent", "equal_loss_percent")
    bd_rates = inputs.table("bd_rate.csv", *KEYS, "seed", "fit", "rate", *percents, "verdict")
    points = inputs.table("points.csv", "cut", "method", "seed", "codec", "quality")
    metrics = {metric.curve_name: metric.name for metric in compared_metrics(inputs.experiment.tasks)}
    floats = points[(points["codec"] == UNCODED) & (points["quality"] == FLOAT)]
    rows = []
    fitted = bd_rates[bd_rates["fit"] == HEADLINE_FIT]
    chosen = fitted[fitted["rate"] == "total"]
    for key, cells in chosen.groupby(KEYS, sort=False):
        row: dict[str, Any] = dict(zip(KEYS, key, strict=True))
        name, accepted = metrics[str(row["metric"])], cells["bd_rate_percent"].dropna()
        of_runs = floats[(floats["cut"] == row["cut"]) & floats["seed"].isin(cells["seed"])]
        anchor, test = (of_runs.loc[of_runs["method"] == row[side], name].mean() for side in ("against", "method"))
        row.update(bd_rate_percent=accepted.mean(), equal_loss_percent=cells["equal_loss_percent"].mean())
        row.update(bd_rate_min_percent=accepted.min(), bd_rate_max_percent=accepted.max())
        row.update(n_seeds=len(cells), n_ok=len(accepted), verdict=seeds_verdict(cells), float_metric=name)
        row.update(float_anchor=anchor, float_test=test, float_difference=test - anchor)
        rows.append(row)
    if not rows:
        return pd.DataFrame(columns=list(HEADLINE))
    headline = pd.DataFrame(rows)
    payload = fitted[fitted["rate"] == "payload"].groupby(KEYS)["bd_rate_percent"].mean()
    parts = [payload.rename("payload_percent").reset_index()]
    savings = overall(inputs.table("operating_savings.csv", *KEYS, "seed", "loss_percent", *AT_LOSS))
    for loss in PERCENT:
        at_loss = savings.loc[savings["loss_percent"] == loss, [*KEYS, *AT_LOSS]]
        parts.append(at_loss.rename(columns={name: f"at_{loss:g}_{name}" for name in AT_LOSS}))
    for part in parts:
        headline = headline.merge(part, on=KEYS, how="left")
    return headline[list(HEADLINE)]


def seeds_verdict(cells: pd.DataFrame) -> str:
    """Return one sentence for all seeds: their common verdict, or each seed's verdict."""
    verdicts = cells["verdict"].tolist()
    if len(set(verdicts)) == 1:
        return str(verdicts[0])
    n_ok = int(cells["bd_rate_percent"].notna().sum())
    notes = [f"seed {s} {v}" for s, v in zip(cells["seed"], verdicts, strict=True) if v != "ok"]
    start = "refused for all seeds" if n_ok == 0 else f"ok for {n_ok} of {len(cells)} seeds"
    return "; ".join([start, *notes])
