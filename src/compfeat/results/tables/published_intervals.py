"""The authors' BD-rates with intervals over their images (``published_intervals.csv``)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from compfeat.results.bootstrap import INTERVAL_COLUMNS, image_counts, interval_cells
from compfeat.results.curves import Curve, FloatArray
from compfeat.results.delta_rate import Rules, compare
from compfeat.results.published import (
    ANCHOR,
    AUTHORS_FIT,
    FEATURE_ELEMENTS,
    METRICS,
    POINT_KEYS,
    TEST,
    authors_fit,
    read_published,
)
from compfeat.results.tables import Inputs, table


@table("published_intervals.csv", needs=("published",), uses=("statistics",))
def make(inputs: Inputs) -> pd.DataFrame:
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
            fitted = [
                compare(Curve.of(a, values[0]), Curve.of(b, values[1]), authors_fit(), rules).bd_rate_percent
                for a, b in zip(rates[0], rates[1], strict=True)
            ]
            cells = interval_cells(np.array([np.nan if v is None else v for v in fitted]), bootstrap)
            rows.append({"cut": cut, "metric": metric.curve_name, "fit": AUTHORS_FIT} | cells)
    return pd.DataFrame(rows, columns=["cut", "metric", "fit", *INTERVAL_COLUMNS])


def _published_rates(points: pd.DataFrame, sizes: pd.DataFrame, counts: FloatArray) -> FloatArray:
    """Return the rate of every point (bits per element) under every row of counts, (1 + R, points)."""
    rates = []
    for row in points.to_dict("records"):
        chosen = (sizes[POINT_KEYS] == [row[key] for key in POINT_KEYS]).all(axis=1)
        own = sizes[chosen].sort_values("image_index")["bytes"].to_numpy(float)
        rates.append(8.0 * (counts @ own) / counts.sum(axis=1) / FEATURE_ELEMENTS[str(row["cut"])])
    return np.stack(rates, axis=1)
