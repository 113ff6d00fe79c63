"""The claims (``claims.csv``), checked against this run, a recorded run of several seeds, and the published numbers.

The rule by which a claim is supported is written in the config (``claims``, by group), before any number is known. An interval that
lies wholly on the claim's side of the limit supports it, one wholly on the other side does not, anything else is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from compfeat.experiment.entries import ClaimsConfig
from compfeat.experiment.runs import FLOAT, UNCODED, Comparison
from compfeat.io import read_csv
from compfeat.results.bootstrap import ALL_SEEDS, RESAMPLES, TOO_FEW, float_intervals, read_samples
from compfeat.results.measured import compared_metrics
from compfeat.results.published import ANCHOR, LADDER, METRICS, TEST
from compfeat.results.tables import CERTAINTY, COMPARED, Inputs, table
from compfeat.tasks.base import Metric

SUPPORTED, NOT_SUPPORTED, UNDECIDED = "supported", "not supported", "undecided"
FEWER_BITS, NO_LOSS, SEVERAL_TASKS = "fewer_bits", "no_loss", "several_tasks"
PUBLISHED, THIS_RUN, RECORDED = "published", "this run", "recorded seeds"
COLUMNS = (
    *("group", "claim", "text", "source", "cut", "method", "against", "seed", "ladder", "against_ladder", "metric"),
    "statistic",
    *("value", "low", "high", "unit", "rule", "verdict", "reason"),
)
PUBLISHED_NOTE = "the interval is of the images' sizes alone: no errors of single images were published"
NO_INTERVAL_NOTE = "no errors of single images were published, so there is no interval"


@table(
    "claims.csv",
    needs=("seeds_record",),
    tables=("points.csv", "intervals.csv", RESAMPLES, "published_points.csv", "published_intervals.csv"),
    uses=(*COMPARED, "cuts", "statistics", "claims"),
    title="The claims",
    caption="What the config claims, checked on this run by rules that the config states; the abstract's claims on the published "
    "numbers, too.",
    category=CERTAINTY,
)
def make(inputs: Inputs) -> pd.DataFrame:
    """Return the claims checked against this run and a recorded run, and some against the published numbers; no rows without any.

    Raises:
        DataError: a file is missing or damaged, or a comparison lacks a run.
    """
    e, intervals, recorded = inputs.experiment, inputs.table("intervals.csv"), recorded_claims(inputs)
    metrics = {metric.name: metric for metric in compared_metrics(e.tasks)}
    # Those of the table are rounded, and what is computed from them would be once more.
    floats = float_intervals(read_samples(inputs), e, list(metrics.values()))
    parts = []
    for group, claim in (e.claims or {}).items():
        bd_rates = published_cells(inputs.table("published_intervals.csv")) if claim.published else []
        bd_rates += run_cells(intervals, e.claimed(claim)) + recorded_cells(recorded, FEWER_BITS, group, claim)
        losses = published_losses(inputs.table("published_points.csv")) if claim.published else []
        losses += run_losses(floats, inputs.table("points.csv"), claim, metrics)
        losses += recorded_cells(recorded, NO_LOSS, group, claim)
        losses = [cell for cell in losses if cell.metric in metrics]
        parts.append(claims_table(bd_rates, losses, claim, metrics).assign(group=group)[list(COLUMNS)])
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(COLUMNS))


def recorded_claims(inputs: Inputs) -> pd.DataFrame:
    """Return the claims of a recorded run of several seeds on cuts that this run has; no rows without a record."""
    if not inputs.of("seeds_record"):
        return pd.DataFrame(columns=list(COLUMNS))
    found = read_csv(inputs.file("seeds_record", "claims"), COLUMNS)[list(COLUMNS)]
    return found[found["cut"].isin(list(inputs.experiment.cuts))].reset_index(drop=True)


@dataclass(frozen=True)
class Cell:
    """One measured number with its interval; nan where there is none."""

    source: str
    cut: str
    ladder: str
    metric: str
    value: float
    low: float
    high: float
    method: str = TEST
    against: str = ANCHOR
    seed: str = ""
    reason: str = ""
    against_ladder: str = ""


def verdict(low: float, high: float, limit: float) -> str:
    """Return whether the interval lies at or below ``limit`` (supported), above it (not supported), or on both sides."""
    if np.isnan(low) or np.isnan(high):
        return UNDECIDED
    return SUPPORTED if high <= limit else NOT_SUPPORTED if low > limit else UNDECIDED


def claims_table(
    bd_rates: Sequence[Cell], floats: Sequence[Cell], limits: ClaimsConfig, metrics: Mapping[str, Metric]
) -> pd.DataFrame:
    """Return COLUMNS but the group: each claim of one group by source, cut, ladder and metric.

    Args:
        bd_rates: of all sources; percent.
        floats: how much worse each metric is than the anchor's on float features (positive: worse), see ``worse``.
        limits: the group's rules.
        metrics: by name.
    """
    rows = [bits_row(cell, limits) for cell in bd_rates]
    rows += [no_loss_row(cell, limits, metrics[cell.metric]) for cell in floats if cell.metric in limits.float_loss]
    rows += several_tasks_rows(bd_rates, limits)
    return pd.DataFrame(rows, columns=list(COLUMNS[1:]))


def _row(claim: str, text: str, cell: Cell, statistic: str, unit: str, rule: str, found: str) -> dict[str, Any]:
    keys = {"source": cell.source, "cut": cell.cut, "method": cell.method}
    keys |= {"against": cell.against, "seed": cell.seed, "ladder": cell.ladder}
    keys |= {"against_ladder": cell.against_ladder or cell.ladder}
    numbers = {"metric": cell.metric, "value": cell.value, "low": cell.low, "high": cell.high}
    outcome = {"statistic": statistic, "unit": unit, "rule": rule, "verdict": found, "reason": cell.reason}
    return {"claim": claim, "text": text, **keys, **numbers, **outcome}


def bits_row(cell: Cell, limits: ClaimsConfig) -> dict[str, Any]:
    """Return the row of the claim on bits for one BD-rate."""
    limit = limits.bd_rate_percent
    rule = f"supported where the interval of the BD-rate lies at or below {limit:g} %"
    found = verdict(cell.low, cell.high, limit)
    return _row(FEWER_BITS, limits.text, cell, "BD-rate", "%", rule, found)


def no_loss_row(cell: Cell, limits: ClaimsConfig, metric: Metric) -> dict[str, Any]:
    """Return the row of "no loss on the tasks" for one metric on float features."""
    limit, unit = limits.float_loss[cell.metric], loss_unit(metric)
    rule = f"supported where the interval of the loss lies at or below {limit:g} {unit}"
    found = verdict(cell.low, cell.high, limit)
    return _row(NO_LOSS, "no loss of task performance", cell, "loss on float features", unit, rule, found)


def several_tasks_rows(cells: Iterable[Cell], limits: ClaimsConfig) -> list[dict[str, Any]]:
    """Return the rows of "for several tasks": one a source, cut, method, seed and ladder."""
    groups: dict[tuple[str, ...], list[Cell]] = {}
    for cell in cells:
        where = (cell.source, cell.cut, cell.method, cell.against, cell.seed, cell.ladder, cell.against_ladder)
        groups.setdefault(where, []).append(cell)
    rows = []
    rule = f"supported where at least {limits.least_tasks} tasks have an interval of the BD-rate below 0"
    for (source, cut, method, against, seed, ladder, against_ladder), tasks in groups.items():
        sure = sum(cell.high < 0 for cell in tasks)
        possible = sum(not cell.low >= 0 for cell in tasks)
        found = (
            SUPPORTED if sure >= limits.least_tasks else NOT_SUPPORTED if possible < limits.least_tasks else UNDECIDED
        )
        reason = "; ".join(sorted({cell.reason for cell in tasks} - {""}))
        cell = Cell(source, cut, ladder, "", sure, sure, possible, method, against, seed, reason, against_ladder)
        rows.append(_row(SEVERAL_TASKS, "for several tasks", cell, "tasks with fewer bits", "tasks", rule, found))
    return rows


def published_cells(intervals: pd.DataFrame) -> list[Cell]:
    """Return the published BD-rates as cells."""
    return [
        Cell(PUBLISHED, r["cut"], LADDER, r["metric"], r["bd_rate_percent"], r["low_percent"], r["high_percent"],
             reason=PUBLISHED_NOTE if r["verdict"] == "ok" else str(r["verdict"]))
        for r in intervals.to_dict("records")
    ]  # fmt: skip


def published_losses(points: pd.DataFrame) -> list[Cell]:
    """Return how much worse the published metrics are at the lossless codec, where the features are the network's own."""
    cells = []
    for cut, own in points[points["codec"] == "png"].groupby("cut", sort=True):
        a, b = (own[own["method"] == method].iloc[0] for method in (ANCHOR, TEST))
        for metric in METRICS:
            loss = worse(metric, float(b[metric.name]) - float(a[metric.name]), float(a[metric.name]))
            cells.append(Cell(PUBLISHED, str(cut), "", metric.name, loss, loss, loss, reason=NO_INTERVAL_NOTE))
    return cells


def run_cells(intervals: pd.DataFrame, about: Sequence[Comparison]) -> list[Cell]:
    """Return this run's BD-rates (``intervals.csv``) that the claims are about as cells; what has no interval says why."""
    return [
        Cell(THIS_RUN, r["cut"], r["ladder"], r["metric"], r["bd_rate_percent"], r["low_percent"], r["high_percent"],
             r["method"], r["against"], str(r["seed"]), "" if r["verdict"] == "ok" else str(r["verdict"]),
             r["against_ladder"])
        for r in intervals.to_dict("records")
        if Comparison(r["method"], r["against"], r["ladder"], r["against_ladder"]) in about
    ]  # fmt: skip


def claimed(table: pd.DataFrame, limits: ClaimsConfig) -> pd.DataFrame:
    """Return the rows of a table that are about the claims' two methods."""
    return table[(table["method"] == limits.method) & (table["against"] == limits.against)]


def run_losses(
    floats: pd.DataFrame, points: pd.DataFrame, limits: ClaimsConfig, metrics: Mapping[str, Metric]
) -> list[Cell]:
    """Return how much worse this run's float metrics are (``float_intervals.csv``) as cells; what has no interval says why."""
    cells = []
    for r in claimed(floats, limits).to_dict("records"):
        metric, seed = metrics[str(r["metric"])], str(r["seed"])
        at = (points["codec"] == UNCODED) & (points["quality"] == FLOAT) & (points["method"] == limits.against)
        at &= points["cut"] == r["cut"]
        if seed.isdigit():
            at &= points["seed"].astype(str) == seed
        anchor = float(points.loc[at, metric.name].mean())
        low, high = sorted((worse(metric, float(r["low"]), anchor), worse(metric, float(r["high"]), anchor)))
        value = worse(metric, float(r["difference"]), anchor)
        reason = TOO_FEW if np.isnan(low) else ""
        cells.append(
            Cell(
                THIS_RUN, str(r["cut"]), "", metric.name, value, low, high, limits.method, limits.against, seed, reason
            )
        )
    return cells


def recorded_cells(claims: pd.DataFrame, claim: str, group: str, limits: ClaimsConfig) -> list[Cell]:
    """Return what a recorded run of several seeds found for a claim, over all of its seeds (rows of its ``claims.csv``)."""
    own = claimed(claims, limits)
    own = own[(own["group"] == group) & (own["claim"] == claim) & (own["source"] == THIS_RUN)]
    own = own[own["seed"].astype(str) == ALL_SEEDS]
    return [
        Cell(RECORDED, r["cut"], _text(r["ladder"]), r["metric"], r["value"], r["low"], r["high"],
             r["method"], r["against"], ALL_SEEDS, _text(r["reason"]), _text(r["against_ladder"]))
        for r in own.to_dict("records")
    ]  # fmt: skip


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def loss_unit(metric: Metric) -> str:
    """Return the unit of ``worse``: the metric's own, or % of it where lower is better."""
    return (metric.unit or metric.label) if metric.higher_is_better else f"% of {metric.label}"


def worse(metric: Metric, difference: float, anchor: float) -> float:
    """Return how much worse a metric got, in the unit of ``loss_unit``, from its difference and the anchor's value."""
    return -difference if metric.higher_is_better else 100.0 * difference / anchor
