"""The explorer's numbers: operating points, BD-rates with their intervals, and what methods do to the tasks without coding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from compfeat.experiment.entries import LadderConfig
from compfeat.experiment.runs import FLOAT, UNCODED, Comparison
from compfeat.reports import summary
from compfeat.reports.labels import comparison_label, ladder_label
from compfeat.reports.looks import Look, looks
from compfeat.reports.summary import ALL_SEEDS, POINT
from compfeat.reports.words import listed
from compfeat.tasks.base import Metric

Rows = list[dict[str, Any]]
OURS, RECORDED, PUBLISHED = "this run", "recorded seeds", "published"
DIGITS = 7
"""Significant digits that are kept of a number."""
CELL = ["cut", "method", "against", "seed", "ladder", "against_ladder", "metric"]
ENDS = ["bd_rate_percent", "low_percent", "high_percent"]
NEEDS = (
    *(
        "points.csv",
        "bd_rate.csv",
        "intervals.csv",
        "float_intervals.csv",
        "point_intervals.csv",
        "seeds_intervals.csv",
    ),
    *("published_points.csv", "published_intervals.csv"),
    "experiment.json",
)
"""Files of the summary that the curves and BD-rates are made from."""


@dataclass(frozen=True)
class Tables:
    """The summary's tables that the explorer reads; ``seeds`` may have no rows. ``tasks`` has the metrics by task."""

    points: pd.DataFrame
    bd_rate: pd.DataFrame
    intervals: pd.DataFrame
    floats: pd.DataFrame
    point_intervals: pd.DataFrame
    published: pd.DataFrame
    published_intervals: pd.DataFrame
    seeds: pd.DataFrame
    tasks: dict[str, list[Metric]]
    methods: dict[str, str]
    ladders: dict[str, LadderConfig]
    comparisons: list[Comparison]
    qualities: dict[tuple[str, str], bool]

    @classmethod
    def read(cls, files: summary.Tables) -> Tables:
        """Read all of NEEDS. Raises DataError where a file or a column is missing."""
        points = files.csv("points.csv", *POINT, "dataset", "n_images", "rate_bpe", "bytes_per_image")
        return cls(
            points=points,
            bd_rate=files.csv("bd_rate.csv", *CELL, "fit", "rate", "verdict"),
            intervals=files.csv("intervals.csv", *CELL, *ENDS, "fit", "rate", "verdict", "confidence", "n_resamples"),
            floats=files.csv(
                "float_intervals.csv", "cut", "method", "against", "seed", "metric", "difference", "low", "high"
            ),
            point_intervals=files.csv("point_intervals.csv", *POINT, "metric", "low", "high"),
            published=files.csv(
                "published_points.csv", "cut", "method", "codec", "quality", "rate_bpe", "total_bytes", "n_images"
            ),
            published_intervals=files.csv("published_intervals.csv", "cut", "metric", *ENDS),
            seeds=files.csv("seeds_intervals.csv", *CELL, *ENDS),
            tasks={t: summary.measured(own, points) for t, own in summary.metrics_by_task(files).items()},
            methods=summary.methods(files),
            ladders=summary.ladders(files),
            comparisons=summary.comparisons(files),
            qualities=summary.qualities(files),
        )

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that have a value somewhere."""
        return [metric for own in self.tasks.values() for metric in own]

    def published_methods(self) -> list[str]:
        """Return the published methods in the order of their table: first the anchor."""
        return [str(name) for name in dict.fromkeys(self.published["method"])]

    def labels(self) -> dict[str, str]:
        """Return what every method is called, those of this run first, then published ones that it does not have."""
        return self.methods | {name: name for name in self.published_methods() if name not in self.methods}

    def looks(self) -> dict[str, Look]:
        """Return what every method is drawn with: as in the figures."""
        return looks(self.labels())

    def codecs(self) -> list[str]:
        """Return this run's codecs, in the order of display."""
        used = set(self.points["codec"])
        return [codec for codec in dict.fromkeys(codec for codec, _ in self.qualities) if codec in used]

    def ladder_of(self, codec: str) -> str:
        """Return the first ladder that a codec's points stand on, or the codec's own name."""
        return next((name for name, ladder in self.ladders.items() if codec in ladder.codecs), codec)

    def ladder_labels(self) -> dict[str, str]:
        """Return what every ladder is called."""
        return {name: ladder.label for name, ladder in self.ladders.items()}


def rounded(value: Any) -> Any:
    """Return a float with DIGITS significant digits, None for what is no number, and anything else as it is."""
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def point_rows(tables: Tables) -> Rows:
    """Return this run's points and the published ones: source, POINT, ladder, bpe, bytes, the metrics, and between.

    ``between``: the metrics' intervals, (low, high) by metric, for this run's points. ``ladder`` says which points a line
    joins: the first ladder that has the codec, else the codec alone. Points that are not coded have no rate: they are levels.
    """
    rows: Rows = []
    intervals = between(tables.point_intervals, {m.name for m in tables.metrics})
    published = tables.published.assign(
        seed=0, bytes_per_image=tables.published["total_bytes"] / tables.published["n_images"]
    )
    for source, table in ((OURS, tables.points), (PUBLISHED, published)):
        for r in table.to_dict("records"):
            row: dict[str, Any] = {"source": source} | {key: str(r[key]) for key in POINT}
            row |= {"ladder": tables.ladder_of(row["codec"]), "bpe": rounded(r["rate_bpe"])}
            row["bytes"] = rounded(r["bytes_per_image"])
            row |= {m.name: rounded(r.get(m.name)) for m in tables.metrics}
            key = tuple(row[name] for name in POINT)
            rows.append(row | {"between": intervals.get(key, {}) if source == OURS else {}})
    return rows


def between(point_intervals: pd.DataFrame, names: set[str]) -> dict[tuple[str, ...], dict[str, list[Any]]]:
    """Return (low, high) by metric, of the point with each POINT."""
    found: dict[tuple[str, ...], dict[str, list[Any]]] = {}
    for r in point_intervals[point_intervals["metric"].isin(names)].to_dict("records"):
        ends = [rounded(r[name]) for name in ("low", "high")]
        found.setdefault(tuple(str(r[name]) for name in POINT), {})[r["metric"]] = ends
    return found


def interval_rows(tables: Tables) -> Rows:
    """Return a row a BD-rate: source, CELL, title of the ladder and of the comparison, the BD-rate with its interval (%), verdict."""
    keys = ["fit", "rate"]
    ours = tables.bd_rate.merge(tables.intervals[keys].drop_duplicates(), on=keys)
    reasons = {tuple(str(r[name]) for name in CELL): str(r["verdict"]) for r in ours.to_dict("records")}
    recorded = tables.seeds[tables.seeds["seed"].astype(str) == ALL_SEEDS]
    names = tables.published_methods()
    codecs = listed([str(codec).upper() for codec in dict.fromkeys(tables.published["codec"])])
    published = tables.published_intervals.assign(
        method=names[-1], against=names[0], seed="–", ladder=codecs, against_ladder=codecs
    )
    labels, ladders = tables.labels(), tables.ladder_labels()
    curves = {m.curve_name: m.curve_label for m in tables.metrics}
    rows: Rows = []
    for source, table in ((OURS, tables.intervals), (RECORDED, recorded), (PUBLISHED, published)):
        for r in table[table["metric"].isin(list(curves))].to_dict("records"):
            row: dict[str, Any] = {"source": source} | {name: str(r[name]) for name in CELL}
            comparison = Comparison(*(row[name] for name in ("method", "against", "ladder", "against_ladder")))
            row |= {"ladder_title": ladder_label(comparison, ladders), "at": curves[row["metric"]]}
            row["who"] = comparison_label(comparison, labels, ladders)
            row |= {name: rounded(r[column]) for name, column in zip(("bd_rate", "low", "high"), ENDS, strict=True)}
            refused = source == OURS and row["bd_rate"] is None
            key = tuple(row[name] for name in CELL)
            row["verdict"] = str(reasons.get(key, r.get("verdict", "ok")) if refused else r.get("verdict", "ok"))
            rows.append(row)
    return rows


def float_rows(tables: Tables) -> Rows:
    """Return a row for each cut, comparison, seed and metric: the difference where nothing is coded, with its interval.

    A method that is compared with itself, on another ladder, has no such difference.
    """
    labels, known = tables.labels(), {m.name: m for m in tables.metrics}
    return [
        {"cut": r["cut"], "who": comparison_label(Comparison(r["method"], r["against"], "", ""), labels, {})}
        | {"seed": str(r["seed"]), "metric": r["metric"], "label": known[r["metric"]].label}
        | {"unit": known[r["metric"]].unit, "digits": known[r["metric"]].digits + 1}
        | {name: rounded(r[name]) for name in ("difference", "low", "high")}
        for r in tables.floats.to_dict("records")
        if r["metric"] in known and r["method"] != r["against"]
    ]


def level_rows(points: Rows) -> Rows:
    """Return the rows of ``points`` that are levels: what the networks compute before anything is coded."""
    return [row for row in points if row["source"] == OURS and (row["codec"], row["quality"]) == (UNCODED, FLOAT)]
