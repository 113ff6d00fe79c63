"""The claims (``claims.csv``), checked against this run, a recorded run of several seeds, and the published numbers.

The rule for supporting a claim is written in the config (``claims``, by group), before any number is known. An interval that
lies wholly on the claim's side of the limit supports it, one wholly on the other side does not, anything else is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from compfeat.experiment.entries import ClaimsConfig
from compfeat.io import read_csv
from compfeat.results.bootstrap import RESAMPLES, TOO_FEW, float_intervals, read_samples
from compfeat.results.losses import loss_unit, worse
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import ALL_SEEDS, about
from compfeat.results.published import ANCHOR, LADDER, METRICS, TEST, lossless
from compfeat.results.tables.base import CERTAINTY, COMPARED, Inputs, table
from compfeat.settings.runs import FLOAT, UNCODED, Comparison
from compfeat.tasks.base import Metric

SUPPORTED, NOT_SUPPORTED, UNDECIDED = "supported", "not supported", "undecided"
FEWER_BITS, NO_LOSS, SEVERAL_TASKS = "fewer_bits", "no_loss", "several_tasks"
PUBLISHED, THIS_RUN, RECORDED = "published", "this run", "recorded seeds"
WHERE = ("source", "cut", "method", "against", "seed", "ladder", "against_ladder")
COLUMNS = (
    *("group", "claim", "text", *WHERE, "metric", "statistic"),
    *("value", "low", "high", "unit", "rule", "verdict", "reason"),
)
PUBLISHED_NOTE = "the interval is of the images' sizes alone: no errors of single images were published"
NO_INTERVAL_NOTE = "no errors of single images were published, so there is no interval"

Number = dict[str, Any]
"""One measured number with its interval: WHERE, metric, value, low, high (nan if there is none) and reason (why there is none)."""


@table(
    "claims.csv",
    needs=("seeds_record",),
    tables=(
        "points.csv",
        "intervals.csv",
        "operating_savings.csv",
        RESAMPLES,
        "published_points.csv",
        "published_intervals.csv",
    ),
    uses=(*COMPARED, "cuts", "statistics", "claims"),
    title="The claims",
    caption="What the config claims, checked on this run by rules that the config states; the abstract's claims on the published "
    "numbers, too.",
    category=CERTAINTY,
)
def make_claims(inputs: Inputs) -> pd.DataFrame:
    """Return the claims checked against this run and a recorded run, and some against the published numbers; no rows without any.

    Raises:
        DataError: a file is missing or damaged, or a comparison lacks a run.
    """
    e, intervals, points = inputs.experiment, inputs.table("intervals.csv"), inputs.table("points.csv")
    savings = inputs.table("operating_savings.csv", "loss_percent", "rate_change_percent")
    metrics = {metric.name: metric for metric in compared_metrics(e.tasks)}
    # Those of the table are rounded, and what is computed from them would be once more.
    floats = float_intervals(read_samples(inputs), e, list(metrics.values()))
    recorded = recorded_claims(inputs)
    rows: list[dict[str, Any]] = []
    for group, claim in (e.claims or {}).items():
        bits = published_bits(inputs.table("published_intervals.csv")) if claim.published else []
        at_loss = savings[savings["loss_percent"] == claim.at_loss_percent]
        measured = intervals if claim.at_loss_percent is None else at_loss
        bits += run_bits(measured, e.claimed(claim)) + recorded_numbers(recorded, FEWER_BITS, group, claim)
        losses = published_losses(inputs.table("published_points.csv")) if claim.published else []
        losses += run_losses(floats, points, claim, metrics) + recorded_numbers(recorded, NO_LOSS, group, claim)
        rows += [{"group": group, **row} for row in claim_rows(bits, losses, claim, metrics)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def recorded_claims(inputs: Inputs) -> pd.DataFrame:
    """Return the claims of a recorded run of several seeds on cuts that this run has; no rows without a record."""
    if not inputs.of("seeds_record"):
        return pd.DataFrame(columns=list(COLUMNS))
    claims = read_csv(inputs.file("seeds_record", "claims"), COLUMNS)
    return claims[claims["cut"].isin(list(inputs.experiment.cuts))]


def verdict(low: float, high: float, limit: float) -> str:
    """Return whether the interval lies at or below ``limit`` (supported), above it (not supported), or on both sides."""
    if np.isnan(low) or np.isnan(high):
        return UNDECIDED
    return SUPPORTED if high <= limit else NOT_SUPPORTED if low > limit else UNDECIDED


def claim_rows(
    bits: Iterable[Number], losses: Iterable[Number], limits: ClaimsConfig, metrics: Mapping[str, Metric]
) -> Iterator[dict[str, Any]]:
    """Yield COLUMNS but the group: each claim of one group by source, cut, ladder and metric.

    Args:
        bits: BD-rates of all sources; percent.
        losses: how much worse each metric is than the anchor's on float features (positive: worse), see ``worse``.
        limits: the group's rules.
        metrics: by name.
    """
    bits, limit, loss = list(bits), limits.bd_rate_percent, limits.at_loss_percent
    statistic = "BD-rate" if loss is None else f"change of rate at a loss of {loss} %"
    rule = f"supported where the interval of the {statistic} lies at or below {limit:g} %"
    said = {"claim": FEWER_BITS, "text": limits.text, "statistic": statistic, "unit": "%", "rule": rule}
    yield from (row | said | {"verdict": verdict(row["low"], row["high"], limit)} for row in bits)
    said = {"claim": NO_LOSS, "text": "no loss of task performance", "statistic": "loss on float features"}
    for row in losses:
        if row["metric"] in metrics and row["metric"] in limits.float_loss:
            limit, unit = limits.float_loss[row["metric"]], loss_unit(metrics[row["metric"]])
            rule = f"supported where the interval of the loss lies at or below {limit:g} {unit}"
            yield row | said | {"unit": unit, "rule": rule, "verdict": verdict(row["low"], row["high"], limit)}
    yield from several_tasks_rows(bits, limits)


def several_tasks_rows(bits: Iterable[Number], limits: ClaimsConfig) -> Iterator[dict[str, Any]]:
    """Yield the rows of "for several tasks": one for each source, cut, method, seed and ladder."""
    least = limits.least_tasks
    rule = f"supported where at least {least} tasks have an interval below 0"
    said = {"claim": SEVERAL_TASKS, "text": "for several tasks", "statistic": "tasks with fewer bits", "unit": "tasks"}
    groups: dict[tuple[str, ...], list[Number]] = {}
    for row in bits:
        groups.setdefault(tuple(row[name] for name in WHERE), []).append(row)
    for where, tasks in groups.items():
        sure, possible = sum(row["high"] < 0 for row in tasks), sum(not row["low"] >= 0 for row in tasks)
        outcome = SUPPORTED if sure >= least else NOT_SUPPORTED if possible < least else UNDECIDED
        reason = "; ".join(sorted({row["reason"] for row in tasks} - {""}))
        numbers = {"metric": "", "value": sure, "low": sure, "high": possible, "reason": reason}
        yield dict(zip(WHERE, where, strict=True)) | numbers | said | {"rule": rule, "verdict": outcome}


def published_bits(intervals: pd.DataFrame) -> list[Number]:
    """Return the published BD-rates."""
    where = {"source": PUBLISHED, "method": TEST, "against": ANCHOR, "seed": ""}
    where |= {"ladder": LADDER, "against_ladder": LADDER}
    return _bits(intervals.assign(**where), PUBLISHED_NOTE)


def run_bits(intervals: pd.DataFrame, comparisons: Iterable[Comparison]) -> list[Number]:
    """Return what the claims are about of this run: BD-rates (``intervals.csv``), or changes of rate at one loss
    (``operating_savings.csv``); what has no interval says why."""
    compared = about(intervals, comparisons)
    return _bits(compared.assign(source=THIS_RUN, seed=compared["seed"].astype(str)))


def _bits(intervals: pd.DataFrame, note: str = "") -> list[Number]:
    names = {"bd_rate_percent": "value", "rate_change_percent": "value", "low_percent": "low", "high_percent": "high"}
    named = intervals.rename(columns=names)
    reason = intervals["verdict"].where(intervals["verdict"] != "ok", note)
    return named.assign(reason=reason)[[*WHERE, "metric", "value", "low", "high", "reason"]].to_dict("records")  # type: ignore[return-value]


def published_losses(points: pd.DataFrame) -> list[Number]:
    """Return how much worse the published metrics are at the lossless codec, where the features are the network's own."""
    numbers = []
    for cut, own in points.groupby("cut", sort=True):
        for metric in METRICS:
            anchor, test = (lossless(own[own["method"] == method], metric) for method in (ANCHOR, TEST))
            loss = worse(metric, test - anchor, anchor)
            numbers.append(_loss((PUBLISHED, str(cut), TEST, ANCHOR, ""), metric, [loss] * 3, NO_INTERVAL_NOTE))
    return numbers


def run_losses(
    floats: pd.DataFrame, points: pd.DataFrame, limits: ClaimsConfig, metrics: Mapping[str, Metric]
) -> list[Number]:
    """Return how much worse this run's float metrics are (``float_intervals.csv``); what has no interval says why."""
    at = (points["codec"] == UNCODED) & (points["quality"] == FLOAT) & (points["method"] == limits.against)
    anchors = points[at].assign(seed=points["seed"].astype(str))
    numbers = []
    for row in _claimed(floats, limits).to_dict("records"):
        metric, seed = metrics[str(row["metric"])], str(row["seed"])
        of_anchor = anchors[(anchors["cut"] == row["cut"]) & ((anchors["seed"] == seed) | (seed == ALL_SEEDS))]
        anchor = float(of_anchor[metric.name].mean())
        value, *ends = (worse(metric, float(row[name]), anchor) for name in ("difference", "low", "high"))
        where = (THIS_RUN, str(row["cut"]), limits.method, limits.against, seed)
        numbers.append(_loss(where, metric, [value, *sorted(ends)], TOO_FEW if np.isnan(ends[0]) else ""))
    return numbers


def _loss(where: tuple[str, ...], metric: Metric, numbers: list[float], reason: str) -> Number:
    names = (*WHERE, "metric", "value", "low", "high", "reason")
    return dict(zip(names, (*where, "", "", metric.name, *numbers, reason), strict=True))


def recorded_numbers(claims: pd.DataFrame, claim: str, group: str, limits: ClaimsConfig) -> list[Number]:
    """Return what a recorded run of several seeds found for a claim, over all of its seeds (rows of its ``claims.csv``)."""
    recorded = _claimed(claims, limits).assign(seed=claims["seed"].astype(str))
    recorded = recorded[(recorded["group"] == group) & (recorded["claim"] == claim) & (recorded["source"] == THIS_RUN)]
    recorded = recorded[recorded["seed"] == ALL_SEEDS].assign(source=RECORDED)
    texts = [*WHERE, "metric", "reason"]
    recorded[texts] = recorded[texts].astype(object).fillna("")
    return recorded[[*texts, "value", "low", "high"]].to_dict("records")  # type: ignore[return-value]


def _claimed(numbers: pd.DataFrame, limits: ClaimsConfig) -> pd.DataFrame:
    """Return the rows that are about the claims' two methods."""
    return numbers[(numbers["method"] == limits.method) & (numbers["against"] == limits.against)]
