"""The abstract's claims, checked against the published numbers, against this run, and against a recorded run of several seeds.

What must hold for a claim to be supported is written in the config (``claims``), before any number is known. An interval that
lies wholly on the claim's side of the limit supports it, one wholly on the other side does not, anything else is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from compfeat.analysis.bd_rate import Rules, compare
from compfeat.analysis.bd_table import BD_METRICS
from compfeat.analysis.bootstrap import ALL_SEEDS, INTERVAL_COLUMNS, Plan, image_counts, interval_cells
from compfeat.analysis.curves import Curve, FloatArray
from compfeat.analysis.headline import FLOAT_METRICS
from compfeat.analysis.published import ANCHOR, AUTHORS_METHOD, FEATURE_ELEMENTS, POINT_KEYS, TEST, authors_fit

SUPPORTED, NOT_SUPPORTED, UNDECIDED = "supported", "not supported", "undecided"
FEWER_BITS, NO_LOSS, SEVERAL_TASKS = "fewer_bits", "no_loss", "several_tasks"
PUBLISHED, THIS_RUN, RECORDED = "published", "this run", "recorded seeds"
PUBLISHED_LADDER = "published"
UNITS = {"miou": "mIoU", "psnr_db": "dB", "rmse": "% of RMSE"}
COLUMNS = (
    *("claim", "text", "source", "cut", "loss", "seed", "ladder", "metric", "statistic"),
    *("value", "low", "high", "unit", "rule", "verdict", "reason"),
)
PUBLISHED_INTERVAL_COLUMNS = ("cut", "metric", "method", *INTERVAL_COLUMNS)
PUBLISHED_NOTE = "the interval is of the images' sizes alone: no errors of single images were published"
NO_INTERVAL_NOTE = "no errors of single images were published, so there is no interval"


@dataclass(frozen=True)
class Limits:
    """What the config says of the claims (see config/README.md).

    Attributes:
        bd_rate_percent: "about 20 % fewer bits" is supported where the BD-rate is at or below this.
        float_loss: "no loss" is supported where the metric on float features is at most this much worse: mIoU, dB, and
            for ``rmse`` % of the baseline's.
        least_tasks: "for several tasks" is supported where so many tasks have a BD-rate below 0.
    """

    bd_rate_percent: float
    float_loss: Mapping[str, float]
    least_tasks: int


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
    loss: str = TEST
    seed: str = ""
    reason: str = ""


def verdict(low: float, high: float, limit: float) -> str:
    """Return whether the interval lies at or below ``limit`` (supported), above it (not supported), or on both sides."""
    if np.isnan(low) or np.isnan(high):
        return UNDECIDED
    return SUPPORTED if high <= limit else NOT_SUPPORTED if low > limit else UNDECIDED


def claims_table(bd_rates: Sequence[Cell], floats: Sequence[Cell], limits: Limits) -> pd.DataFrame:
    """Return COLUMNS: each claim by source, cut, ladder and metric.

    Args:
        bd_rates: of all sources; percent.
        floats: how much worse each metric is than the baseline's on float features (positive: worse), in the unit of UNITS.
        limits: the rules.
    """
    rows = [bits_row(cell, limits) for cell in bd_rates]
    rows += [no_loss_row(cell, limits) for cell in floats]
    rows += several_tasks_rows(bd_rates, limits)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(claim: str, text: str, cell: Cell, statistic: str, unit: str, rule: str, found: str) -> dict[str, Any]:
    keys = {"source": cell.source, "cut": cell.cut, "loss": cell.loss, "seed": cell.seed, "ladder": cell.ladder}
    numbers = {"metric": cell.metric, "value": cell.value, "low": cell.low, "high": cell.high}
    told = {"statistic": statistic, "unit": unit, "rule": rule, "verdict": found, "reason": cell.reason}
    return {"claim": claim, "text": text, **keys, **numbers, **told}


def bits_row(cell: Cell, limits: Limits) -> dict[str, Any]:
    """Return the row of "about 20 % fewer bits" for one BD-rate."""
    limit = limits.bd_rate_percent
    rule = f"supported where the interval of the BD-rate lies at or below {limit:g} %"
    found = verdict(cell.low, cell.high, limit)
    return _row(FEWER_BITS, "about 20 % fewer bits", cell, "BD-rate", "%", rule, found)


def no_loss_row(cell: Cell, limits: Limits) -> dict[str, Any]:
    """Return the row of "no loss on the tasks" for one metric on float features."""
    limit, unit = limits.float_loss[cell.metric], UNITS[cell.metric]
    rule = f"supported where the interval of the loss lies at or below {limit:g} {unit}"
    found = verdict(cell.low, cell.high, limit)
    return _row(NO_LOSS, "no loss of task performance", cell, "loss on float features", unit, rule, found)


def several_tasks_rows(cells: Iterable[Cell], limits: Limits) -> list[dict[str, Any]]:
    """Return the rows of "for several tasks": one a source, cut, loss, seed and ladder."""
    groups: dict[tuple[str, str, str, str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.source, cell.cut, cell.loss, cell.seed, cell.ladder), []).append(cell)
    rows = []
    rule = f"supported where at least {limits.least_tasks} tasks have an interval of the BD-rate below 0"
    for (source, cut, loss, seed, ladder), tasks in groups.items():
        sure = sum(cell.high < 0 for cell in tasks)
        possible = sum(not cell.low >= 0 for cell in tasks)
        found = (
            SUPPORTED if sure >= limits.least_tasks else NOT_SUPPORTED if possible < limits.least_tasks else UNDECIDED
        )
        reason = "; ".join(sorted({cell.reason for cell in tasks} - {""}))
        cell = Cell(source, cut, ladder, "", sure, sure, possible, loss, seed, reason)
        rows.append(_row(SEVERAL_TASKS, "for several tasks", cell, "tasks with fewer bits", "tasks", rule, found))
    return rows


def published_intervals(points: pd.DataFrame, sizes: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return the authors' BD-rates with intervals over their images (PUBLISHED_INTERVAL_COLUMNS).

    Only sizes were published by image, so the rates are resampled and the metrics are not.

    Args:
        points, sizes: the tables of ``analysis.published.read_published``.
    """
    rules = Rules(check_fit=False)
    rows: list[dict[str, Any]] = []
    for cut, own in points.groupby("cut", sort=True):
        counts = image_counts(int(own["n_images"].iloc[0]), plan)
        pair = [own[own["loss"] == loss] for loss in (ANCHOR, TEST)]
        rates = [_published_rates(table, sizes, counts) for table in pair]
        for metric in BD_METRICS:
            # Curve.of sorts by rate, so the metric is taken in the order of the points' table.
            values = [(1 / t["rmse"] if metric == "inv_rmse" else t[metric]).to_numpy(float) for t in pair]
            fitted = [
                compare(Curve.of(a, values[0]), Curve.of(b, values[1]), authors_fit(), rules).bd_rate_percent
                for a, b in zip(rates[0], rates[1], strict=True)
            ]
            cells = interval_cells(np.array([np.nan if v is None else v for v in fitted]), plan)
            rows.append({"cut": cut, "metric": metric, "method": AUTHORS_METHOD} | cells)
    return pd.DataFrame(rows, columns=list(PUBLISHED_INTERVAL_COLUMNS))


def _published_rates(points: pd.DataFrame, sizes: pd.DataFrame, counts: FloatArray) -> FloatArray:
    """Return the rate of every point (bits per element) under every row of counts, (1 + R, points)."""
    rates = []
    for row in points.to_dict("records"):
        chosen = (sizes[POINT_KEYS] == [row[key] for key in POINT_KEYS]).all(axis=1)
        own = sizes[chosen].sort_values("image_index")["bytes"].to_numpy(float)
        rates.append(8.0 * (counts @ own) / counts.sum(axis=1) / FEATURE_ELEMENTS[str(row["cut"])])
    return np.stack(rates, axis=1)


def published_cells(intervals: pd.DataFrame) -> list[Cell]:
    """Return the published BD-rates as cells."""
    return [
        Cell(PUBLISHED, r["cut"], PUBLISHED_LADDER, r["metric"], r["bd_rate_percent"], r["low_percent"], r["high_percent"],
             reason=PUBLISHED_NOTE)
        for r in intervals.to_dict("records")
    ]  # fmt: skip


def published_losses(points: pd.DataFrame) -> list[Cell]:
    """Return how much worse the published metrics are at the lossless codec, where the features are the network's own."""
    cells = []
    for cut, own in points[points["codec"] == "png"].groupby("cut", sort=True):
        a, b = (own[own["loss"] == loss].iloc[0] for loss in (ANCHOR, TEST))
        for name in FLOAT_METRICS.values():
            loss = worse(name, float(b[name]) - float(a[name]), float(a[name]))
            cells.append(Cell(PUBLISHED, str(cut), "", name, loss, loss, loss, reason=NO_INTERVAL_NOTE))
    return cells


def run_cells(intervals: pd.DataFrame) -> list[Cell]:
    """Return this run's BD-rates (``intervals.csv``) as cells; what has no interval says why."""
    return [
        Cell(THIS_RUN, r["cut"], r["ladder"], r["metric"], r["bd_rate_percent"], r["low_percent"], r["high_percent"],
             r["loss"], str(r["seed"]), "" if r["verdict"] == "ok" else str(r["verdict"]))
        for r in intervals.to_dict("records")
    ]  # fmt: skip


def run_losses(floats: pd.DataFrame, points: pd.DataFrame) -> list[Cell]:
    """Return how much worse this run's float metrics are (``float_intervals.csv``) as cells."""
    cells = []
    for r in floats.to_dict("records"):
        name, seed = str(r["metric"]), str(r["seed"])
        at = (points["codec"] == "none") & (points["quality"] == "float") & (points["loss"] == ANCHOR)
        at &= points["cut"] == r["cut"]
        if seed.isdigit():
            at &= points["seed"].astype(str) == seed
        anchor = float(points.loc[at, name].mean())
        low, high = sorted((worse(name, float(r["low"]), anchor), worse(name, float(r["high"]), anchor)))
        value = worse(name, float(r["difference"]), anchor)
        cells.append(Cell(THIS_RUN, str(r["cut"]), "", name, value, low, high, str(r["loss"]), seed))
    return cells


def recorded_cells(claims: pd.DataFrame, claim: str) -> list[Cell]:
    """Return what a recorded run of several seeds found for a claim, over all of its seeds (rows of its ``claims.csv``)."""
    own = (claims["claim"] == claim) & (claims["source"] == THIS_RUN) & (claims["seed"].astype(str) == ALL_SEEDS)
    return [
        Cell(RECORDED, r["cut"], _text(r["ladder"]), r["metric"], r["value"], r["low"], r["high"],
             r["loss"], ALL_SEEDS, _text(r["reason"]))
        for r in claims[own].to_dict("records")
    ]  # fmt: skip


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def worse(metric: str, difference: float, anchor: float) -> float:
    """Return how much worse a metric got, in the unit of UNITS, from its difference and the baseline's value."""
    return 100.0 * difference / anchor if metric == "rmse" else -difference
