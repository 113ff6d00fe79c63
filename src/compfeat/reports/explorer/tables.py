"""The explorer's numbers: operating points, BD-rates with their intervals, and what methods do to the tasks without coding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from compfeat.reports.labels import comparison_label, listed
from compfeat.reports.summary import (
    POINT,
    Tables,
    codec_labels,
    ladder_labels,
    measured,
    methods,
    metrics_by_task,
)
from compfeat.results.pairs import ALL_SEEDS
from compfeat.settings.runs import Comparison
from compfeat.tasks.base import Metric

Rows = list[dict[str, Any]]
OURS, RECORDED, PUBLISHED = "this run", "recorded seeds", "published"
MEAN = "mean"
"""Stands in a seed's place in points that are the mean over the seeds."""
DIGITS = 7
"""Significant digits that are kept of a number."""
CELL = ["cut", "method", "against", "seed", "ladder", "against_ladder", "metric"]
ENDS = ["bd_rate_percent", "low_percent", "high_percent"]
NEEDS = (
    *("points.csv", "bd_rate.csv", "intervals.csv", "point_intervals.csv"),
    *("seeds_intervals.csv", "published_points.csv", "published_intervals.csv", "experiment.json"),
)
"""Files of the summary that the curves and BD-rates are made from."""


def our_points(tables: Tables) -> pd.DataFrame:
    """Return this run's points. Raises DataError if the file or a column is missing."""
    return tables.csv("points.csv", *POINT, "dataset", "n_images", "rate_bpe", "bytes_per_image")


def published_points(tables: Tables) -> pd.DataFrame:
    """Return the authors' points. Raises DataError as ``our_points`` does."""
    keys = ("cut", "method", "codec", "quality", "rate_bpe", "total_bytes", "n_images")
    points = tables.csv("published_points.csv", *keys)
    return points.assign(seed="", bytes_per_image=points["total_bytes"] / points["n_images"])


def measured_by_task(tables: Tables) -> dict[str, list[Metric]]:
    """Return the metrics that have a value somewhere, by task."""
    return {task: measured(own, our_points(tables)) for task, own in metrics_by_task(tables).items()}


def labels_of(tables: Tables) -> dict[str, str]:
    """Return what every method is called, those of this run first, then published ones that it does not have."""
    known, published = methods(tables), dict.fromkeys(map(str, published_points(tables)["method"]))
    return known | {name: name for name in published if name not in known}


def rounded(value: Any) -> float | None:
    """Return a number with DIGITS significant digits; None for none."""
    return None if value is None or pd.isna(value) or not np.isfinite(value) else float(f"{value:.{DIGITS}g}")


def point_rows(tables: Tables) -> Rows:
    """Return a row for each point: source, POINT, ladder, both rates, every metric, and ``between``: intervals by metric.

    Of several seeds there are rows of their means, too. Points that are not coded have no rate: they are levels.
    """
    names = [metric.name for own in measured_by_task(tables).values() for metric in own]
    ladders = tables.resolved.experiment.ladders
    on = {codec: name for name, ladder in reversed(ladders.items()) for codec in ladder.codecs}
    ours, published = our_points(tables), published_points(tables)
    values = ["rate_bpe", "bytes_per_image", *names]
    means = ours.groupby([key for key in POINT if key != "seed"], as_index=False, sort=False)[values].mean()
    intervals = tables.csv("point_intervals.csv", *POINT, "metric", "low", "high").astype({"seed": str})
    between: dict[tuple[str, ...], dict[str, list[Any]]] = {}
    for r in intervals[intervals["metric"].isin(names)].to_dict("records"):
        between.setdefault(tuple(str(r[key]) for key in POINT), {})[r["metric"]] = [
            *map(rounded, (r["low"], r["high"]))
        ]
    sources = [(OURS, ours), (PUBLISHED, published)]
    if len(ours["seed"].unique()) > 1:
        sources.insert(1, (OURS, means.assign(seed=MEAN)))
    rows: Rows = []
    for source, table in sources:
        for r in table.to_dict("records"):
            row: dict[str, Any] = {"source": source} | {key: str(r[key]) for key in POINT}
            row |= {"ladder": on.get(row["codec"], row["codec"])}
            row |= {"bpe": rounded(r["rate_bpe"]), "bytes": rounded(r["bytes_per_image"])}
            row |= {name: rounded(r.get(name)) for name in names}
            key = tuple(row[name] for name in POINT)
            rows.append(row | {"between": between.get(key, {}) if source == OURS else {}})
    return rows


def interval_rows(tables: Tables) -> Rows:
    """Return a row for each BD-rate: source, CELL, the comparison's label, the BD-rate with its interval (%), and the verdict."""
    ours = tables.csv("intervals.csv", *CELL, *ENDS, "fit", "rate", "verdict")
    keys = ["fit", "rate"]
    rates = tables.csv("bd_rate.csv", *CELL, *keys, "verdict").merge(ours[keys].drop_duplicates(), on=keys)
    reasons = {tuple(str(r[name]) for name in CELL): str(r["verdict"]) for r in rates.to_dict("records")}
    recorded = tables.csv("seeds_intervals.csv", *CELL, *ENDS)
    points = published_points(tables)
    anchor, *_, test = dict.fromkeys(map(str, points["method"]))
    known = codec_labels(tables, points["codec"])
    codecs = listed([known[codec] for codec in dict.fromkeys(points["codec"])])
    published = tables.csv("published_intervals.csv", "cut", "metric", *ENDS).assign(
        method=test, against=anchor, seed="–", ladder=codecs, against_ladder=codecs
    )
    labels, ladders = labels_of(tables), ladder_labels(tables)
    curves = {metric.curve_name: metric.curve_label for own in measured_by_task(tables).values() for metric in own}
    recorded = recorded[recorded["seed"].astype(str) == ALL_SEEDS]
    rows: Rows = []
    for source, table in ((OURS, ours), (RECORDED, recorded), (PUBLISHED, published)):
        for r in table[table["metric"].isin(list(curves))].to_dict("records"):
            row: dict[str, Any] = {"source": source} | {name: str(r[name]) for name in CELL}
            pair = Comparison(*(row[name] for name in ("method", "against", "ladder", "against_ladder")))
            row |= {"at": curves[row["metric"]], "who": comparison_label(pair, labels, ladders)}
            row |= {name: rounded(r[column]) for name, column in zip(("bd_rate", "low", "high"), ENDS, strict=True)}
            row["verdict"] = str(r.get("verdict", "ok"))
            if source == OURS and row["bd_rate"] is None:
                row["verdict"] = reasons.get(tuple(row[name] for name in CELL), row["verdict"])
            rows.append(row)
    return rows
