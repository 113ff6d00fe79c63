"""What a small loss of the tasks costs (``operating_points.csv``): docs/explanation/statistics.md, "Operating points"."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from compfeat.results.losses import operating_values
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import POINTS, on, uncoded
from compfeat.results.resampled import Curves, not_reached, rates_at
from compfeat.results.tables.base import RESULTS, Inputs, table
from compfeat.tasks.base import Metric

COLUMNS = (
    *("cut", "method", "seed", "ladder", "metric", "uncoded", "loss", "loss_unit"),
    *("bytes_per_image", "rate_bpe", "verdict"),
)


@table(
    "operating_points.csv",
    tables=("points.csv",),
    uses=("tasks", "ladders"),
    title="Operating points",
    caption="Bytes per image and bits per feature element at which a metric is a little worse than that of the same network without "
    "coding (uncoded), log-linear between efficient points; empty if the curve does not get there.",
    category=RESULTS,
)
def make_operating_points(inputs: Inputs) -> pd.DataFrame:
    """Return a row per run, ladder, metric and loss (COLUMNS). Raises DataError if a run lacks its float features.

    ``loss`` is in ``loss_unit``; ``rate_bpe`` is empty where the image is sent.
    """
    e, points = inputs.experiment, inputs.table("points.csv", *POINTS, "bytes_per_image", "rate_bpe")
    rows: list[tuple[object, ...]] = []
    for run, of_run in points.groupby(["cut", "method", "seed"], sort=False):
        ladders = ((name, on(entry.codecs, of_run)) for name, entry in e.ladders.items())
        for (ladder, coded), metric in product(ladders, compared_metrics(e.tasks)):
            if len(coded):
                start = uncoded(of_run, metric)
                rows += [(*run, ladder, metric.name, start, *row) for row in rates_at_losses(coded, metric, start)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def rates_at_losses(points: pd.DataFrame, metric: Metric, start: float) -> Iterator[tuple[object, ...]]:
    """Yield loss, unit, bytes per image, bits per element and verdict of every operating loss of one run on one ladder."""
    sizes = points["bytes_per_image"].to_numpy(float)
    bits_per_byte = float(points["rate_bpe"].iloc[0]) / sizes[0]
    curve = Curves.of(sizes[None], metric.curve_values(points[metric.name].to_numpy(float))[None])
    for loss, unit, value in operating_values(metric, start):
        target = metric.curve_values(np.array([value]))
        size = float(rates_at(curve, target)[0])
        yield loss, unit, size, size * bits_per_byte, not_reached(curve, target) or "ok"
