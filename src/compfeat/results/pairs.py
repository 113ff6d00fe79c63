"""The points of two methods that are compared, and the curves through them.

Rates are bytes per image, so that a method that sends the image compares.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from compfeat.errors import DataError
from compfeat.results.curves import Curve
from compfeat.results.delta_rate import Fit, Rules, compare
from compfeat.results.inputs import Inputs
from compfeat.results.measured import counterparts
from compfeat.settings.runs import FLOAT, UNCODED, Comparison, Run
from compfeat.tasks.base import Metric

ALL_SEEDS = "all"
"""Stands in a seed's place where a row is about all seeds together."""
PAIR = ("cut", "method", "against", "seed", "ladder", "against_ladder", "metric")
POINTS = ("cut", "method", "seed", "codec", "quality")


@dataclass(frozen=True)
class Pair:
    """The points of one comparison at one cut and seed.

    Attributes:
        whole: all points of the anchor's run and of the tested method's.
        sides: those of them on the ladders that are compared.
    """

    comparison: Comparison
    cut: str
    seed: int
    whole: tuple[pd.DataFrame, pd.DataFrame]
    sides: tuple[pd.DataFrame, pd.DataFrame]

    def keys(self, metric: Metric) -> dict[str, Any]:
        """Return the columns PAIR."""
        return pair_keys(self.comparison, self.cut, self.seed, metric)

    def curves(self, metric: Metric, rate: str = "total_bytes") -> tuple[Curve, Curve]:
        """Return the curves of anchor and test (see ``curve``)."""
        return curve(self.sides[0], metric, rate), curve(self.sides[1], metric, rate)

    def uncoded(self, metric: Metric) -> tuple[float, float]:
        """Return the metric of anchor and test on float features. Raises DataError if they were not evaluated."""
        return uncoded(self.whole[0], metric), uncoded(self.whole[1], metric)


def overall(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell: of several seeds the row of all of them."""
    several = table["seed"].astype(str) == ALL_SEEDS
    return table[several] if several.any() else table


def pair_keys(c: Comparison, cut: str, seed: int | str, metric: Metric) -> dict[str, Any]:
    """Return the columns PAIR of a comparison at a cut and seed."""
    values = (cut, c.method, c.against, seed, c.ladder, c.against_ladder, metric.curve_name)
    return dict(zip(PAIR, values, strict=True))


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield every comparison at every cut and seed, in the configuration's order, from ``points.csv``.

    Raises:
        DataError: a run of one of the methods has no counterpart of the other.
    """
    e, points = inputs.experiment, inputs.table("points.csv", *POINTS)
    by_run = {
        Run(str(cut), str(method), int(str(seed))): of_run
        for (cut, method, seed), of_run in points.groupby(["cut", "method", "seed"])
    }
    for c in e.resolved_comparisons():
        for test, anchor in counterparts(by_run, c):
            whole = (by_run[anchor], by_run[test])
            sides = (on(e.ladders[c.against_ladder].codecs, whole[0]), on(e.ladders[c.ladder].codecs, whole[1]))
            yield Pair(c, test.cut, int(test.seed), whole, sides)


def about(table: pd.DataFrame, comparisons: Iterable[Comparison]) -> pd.DataFrame:
    """Return the rows of a table that are about one of ``comparisons``."""
    compared = table[["method", "against", "ladder", "against_ladder"]].itertuples(index=False, name=None)
    known = {tuple(vars(comparison).values()) for comparison in comparisons}
    return table[np.array([pair in known for pair in compared], dtype=bool)]


def on(codecs: Collection[str], points: pd.DataFrame) -> pd.DataFrame:
    """Return the points by one of ``codecs``."""
    return points[points["codec"].isin(list(codecs))]


def without(side: pd.DataFrame, lossless: Collection[tuple[str, str]]) -> pd.DataFrame:
    """Return the points of one side that are not lossless."""
    named = zip(side["codec"], side["quality"], strict=True)
    return side[np.array([point not in lossless for point in named], dtype=bool)]


def uncoded(run: pd.DataFrame, metric: Metric) -> float:
    """Return the metric of a run's float features. Raises DataError if they were not evaluated."""
    values = run.loc[(run["codec"] == UNCODED) & (run["quality"] == FLOAT), metric.name]
    if len(values) != 1:
        raise DataError(
            f"points.csv: {len(values)} points {UNCODED}/{FLOAT} of a run; expected one; rerun the stage evaluate"
        )
    return float(values.iloc[0])


def outcome_cells(
    curves: tuple[Curve, Curve], uncoded: tuple[float, float], metric: Metric, fit: Fit, rules: Rules
) -> dict[str, Any]:
    """Return the BD-rate of anchor and test and what is said of it, and that at equal loss: of metric minus ``uncoded`` each."""
    anchor, test = (
        side.minus(start) for side, start in zip(curves, metric.curve_values(np.array(uncoded)), strict=True)
    )
    equal_loss = compare(anchor, test, fit, rules)
    cells = {"equal_loss_percent": equal_loss.bd_rate_percent, "verdict_equal_loss": equal_loss.verdict}
    return asdict(compare(*curves, fit, rules)) | cells


def curve(points: pd.DataFrame, metric: Metric, rate: str = "total_bytes") -> Curve:
    """Return the curve of one run's points over a column of bytes, as bytes per image, or of another rate unchanged."""
    rates = points[rate].to_numpy(dtype=float, na_value=np.nan)
    if rate.endswith("_bytes"):
        rates = rates / points["n_images"].to_numpy(dtype=float)
    return Curve.of(rates, metric.curve_values(points[metric.name].to_numpy(dtype=float)))
