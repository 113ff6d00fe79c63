"""The authors' BD-rates with intervals over their images (``published_intervals.csv``)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from compfeat.results.bootstrap import INTERVAL_COLUMNS, bd_rate_cells, image_counts
from compfeat.results.curves import Curve, FloatArray
from compfeat.results.delta_rate import Rules
from compfeat.results.pairs import outcome_cells
from compfeat.results.published import (
    ANCHOR,
    AUTHORS_FIT,
    FEATURE_ELEMENTS,
    METRICS,
    POINT_KEYS,
    TEST,
    authors_fit,
    lossless,
    read_published,
)
from compfeat.results.tables.base import Inputs, table


@table("published_intervals.csv", needs=("published",), uses=("statistics",))
def make_published_intervals(inputs: Inputs) -> pd.DataFrame:
    """Return cut, metric, fit and INTERVAL_COLUMNS.

    Only sizes were published by image, so the rates are resampled and the metrics are not.
    """
    (points, sizes), bootstrap = read_published(inputs), inputs.experiment.statistics
    rules = Rules(check_fit=False)
    rows: list[dict[str, Any]] = []
    for cut, own in points.groupby("cut", sort=True):
        counts = image_counts(int(own["n_images"].iloc[0]), bootstrap)
        pair = [own[own["method"] == method] for method in (ANCHOR, TEST)]
        rates = [_published_rates(side, sizes, counts) for side in pair]
        for metric in METRICS:
            # Curve.of sorts by rate, so the metric is taken in the order of the points' table.
            values = [metric.curve_values(side[metric.name].to_numpy(float)) for side in pair]
            curves = [
                [Curve.of(rate, own_values) for rate in own] for own, own_values in zip(rates, values, strict=True)
            ]
            starts = (lossless(pair[0], metric), lossless(pair[1], metric))
            outcomes = pd.DataFrame(
                [outcome_cells(both, starts, metric, authors_fit(), rules) for both in zip(*curves, strict=True)]
            )
            plain, equal = (outcomes[name].to_numpy(float) for name in ("bd_rate_percent", "equal_loss_percent"))
            cells = bd_rate_cells(plain, equal, bootstrap)
            rows.append({"cut": cut, "metric": metric.curve_name, "fit": AUTHORS_FIT} | cells)
    return pd.DataFrame(rows, columns=["cut", "metric", "fit", *INTERVAL_COLUMNS])


def _published_rates(points: pd.DataFrame, sizes: pd.DataFrame, counts: FloatArray) -> FloatArray:
    """Return the rate of every point (bits per element) under every row of counts, (1 + R, points)."""
    by_image = sizes.pivot_table(index=POINT_KEYS, columns="image_index", values="bytes")
    own = by_image.loc[pd.MultiIndex.from_frame(points[POINT_KEYS])].to_numpy(float)
    elements = points["cut"].map(FEATURE_ELEMENTS).to_numpy()
    # Whole numbers of bytes add up exactly, in any order.
    rates: FloatArray = 8.0 * (counts @ own.T) / counts.sum(axis=1, keepdims=True) / elements
    return rates
