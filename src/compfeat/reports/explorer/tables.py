"""The explorer's numbers: operating points, BD-rates with their intervals, and what the loss does to float features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from compfeat.analysis.bootstrap import ALL_SEEDS
from compfeat.analysis.claims import PUBLISHED, RECORDED, THIS_RUN
from compfeat.figures._metrics import METRICS, Metric, measured
from compfeat.grid import UNCODED

Rows = list[dict[str, Any]]
OURS = THIS_RUN
PUBLISHED_LADDER = "PNG + JPEG"
KEYS = ("cut", "loss", "seed", "codec", "quality")
DIGITS = 7
"""Significant digits that are kept of a number."""


@dataclass(frozen=True)
class Tables:
    """The summary's tables that the explorer reads; ``seeds`` may have no rows."""

    points: pd.DataFrame
    ladders: pd.DataFrame
    bd_rate: pd.DataFrame
    intervals: pd.DataFrame
    floats: pd.DataFrame
    point_intervals: pd.DataFrame
    published: pd.DataFrame
    published_intervals: pd.DataFrame
    seeds: pd.DataFrame


def rounded(value: Any) -> Any:
    """Return a float with DIGITS significant digits, None for what is no number, and anything else as it is."""
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def point_rows(tables: Tables) -> Rows:
    """Return this run's points and the published ones: source, KEYS, ladder, rate, the metrics in shown units, and between.

    ``between`` holds the metrics' intervals, (low, high) by metric, for this run's points.
    ``ladder`` says which points a line joins: the first ladder that has the codec, else the codec alone. Points that are not
    coded have no rate; they are drawn as levels.
    """
    rows: Rows = []
    intervals = between(tables.point_intervals)
    for source, table in ((OURS, tables.points), (PUBLISHED, tables.published.assign(seed=0))):
        for r in table.to_dict("records"):
            row: dict[str, Any] = {"source": source} | {key: r[key] for key in KEYS}
            row["seed"] = str(row["seed"])
            row |= {"ladder": ladder_of(r["codec"], tables.ladders), "rate": rounded(r["rate_bpe"])}
            row |= {m.name: rounded(m.factor * r[m.name]) for m in METRICS}
            key = tuple(row[name] for name in KEYS)
            rows.append(row | {"between": intervals.get(key, {}) if source == OURS else {}})
    return rows


def between(point_intervals: pd.DataFrame) -> dict[tuple[str, ...], dict[str, list[Any]]]:
    """Return (low, high) in shown units by metric, of the point with each KEYS."""
    factors = {m.name: m.factor for m in METRICS}
    found: dict[tuple[str, ...], dict[str, list[Any]]] = {}
    for r in point_intervals[point_intervals["metric"].isin(factors)].to_dict("records"):
        ends = [rounded(factors[r["metric"]] * r[name]) for name in ("low", "high")]
        found.setdefault(tuple(str(r[name]) for name in KEYS), {})[r["metric"]] = ends
    return found


def ladder_of(codec: str, ladders: pd.DataFrame) -> str:
    """Return the first ladder that a codec's points stand on, or the codec's own name."""
    own = sorted(ladders.loc[ladders["codec"] == codec, "ladder"])
    return str(own[0]) if own else codec


def ladder_titles(ladders: pd.DataFrame) -> dict[str, str]:
    """Return how each ladder is called: by its codecs."""
    return {
        str(name): " + ".join(codec.upper() for codec in own["codec"])
        for name, own in ladders.groupby("ladder", sort=True)
    }


def shown_metrics(points: pd.DataFrame) -> list[Metric]:
    """Return the metrics of the tasks that were trained."""
    return measured(points)


def interval_rows(tables: Tables) -> Rows:
    """Return a row a BD-rate: source, cut, loss, seed, ladder, metric, the BD-rate with its interval (%), and the verdict."""
    reasons = {
        (r["cut"], r["loss"], str(r["seed"]), r["ladder"], r["metric"]): r["verdict"]
        for r in tables.bd_rate[tables.bd_rate["method"] == "pchip"].to_dict("records")
    }
    recorded = tables.seeds[tables.seeds["seed"].astype(str) == ALL_SEEDS]
    published = tables.published_intervals.assign(loss="compressible", seed="–", ladder=PUBLISHED_LADDER)
    rows: Rows = []
    for source, table in ((OURS, tables.intervals), (RECORDED, recorded), (PUBLISHED, published)):
        for r in table.to_dict("records"):
            key = (r["cut"], r["loss"], str(r["seed"]), r["ladder"], r["metric"])
            row = {"source": source, **dict(zip(("cut", "loss", "seed", "ladder", "metric"), key, strict=True))}
            row |= {name: rounded(r[f"{name}_percent"]) for name in ("bd_rate", "low", "high")}
            refused = source == OURS and row["bd_rate"] is None
            row["verdict"] = str(reasons.get(key, r["verdict"]) if refused else r.get("verdict", "ok"))
            rows.append(row)
    return rows


def float_rows(floats: pd.DataFrame) -> Rows:
    """Return a row for each cut, loss, seed and metric: the difference on float features and its interval, in shown units."""
    factors = {m.name: m.factor for m in METRICS}
    return [
        {"cut": r["cut"], "loss": r["loss"], "seed": str(r["seed"]), "metric": r["metric"]}
        | {name: rounded(factors[r["metric"]] * r[name]) for name in ("difference", "low", "high")}
        for r in floats.to_dict("records")
    ]


def level_rows(points: Rows) -> Rows:
    """Return the rows of ``points`` that are levels: float features of this run."""
    return [row for row in points if row["codec"] == UNCODED and row["quality"] == "float"]
