"""The points of two methods that are compared, and the curves through them.

Rates are bytes an image, so that a method that sends the image compares.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from compfeat.experiment.runs import Comparison, Run
from compfeat.results.curves import Curve
from compfeat.results.inputs import Inputs
from compfeat.results.measured import counterparts
from compfeat.tasks.base import Metric

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
        c = self.comparison
        values = (self.cut, c.method, c.against, self.seed, c.ladder, c.against_ladder, metric.curve_name)
        return dict(zip(PAIR, values, strict=True))


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield every comparison at every cut and seed, in the configuration's order, from ``points.csv``.

    Raises:
        DataError: a run of one of the methods has no counterpart of the other.
    """
    e, points = inputs.experiment, inputs.table("points.csv", *POINTS)
    run_keys = ["cut", "method", "seed"]
    by_run = {Run(str(cut), str(m), int(str(seed))): own for (cut, m, seed), own in points.groupby(run_keys)}
    for comparison in e.resolved_comparisons():
        ladders = [e.ladders[name].codecs for name in (comparison.against_ladder, comparison.ladder)]
        for test, anchor in counterparts(by_run, comparison):
            whole = [by_run[run] for run in (anchor, test)]
            sides = [run[run["codec"].isin(codecs)] for run, codecs in zip(whole, ladders, strict=True)]
            yield Pair(comparison, test.cut, int(test.seed), (whole[0], whole[1]), (sides[0], sides[1]))


def without(side: pd.DataFrame, lossless: Container[tuple[str, str]]) -> pd.DataFrame:
    """Return the points of one side that are not lossless."""
    named = zip(side["codec"], side["quality"], strict=True)
    return side[np.array([point not in lossless for point in named], dtype=bool)]


def curve(points: pd.DataFrame, metric: Metric, rate: str = "total_bytes") -> Curve:
    """Return the curve of one run's points over a column of bytes, as bytes an image, or of another rate as it is."""
    rates = points[rate].to_numpy(dtype=float, na_value=np.nan)
    if rate.endswith("_bytes"):
        rates = rates / points["n_images"].to_numpy(dtype=float)
    return Curve.of(rates, metric.curve_values(points[metric.name].to_numpy(dtype=float)))
