"""The authors' released numbers, and the fit that they computed BD-rates by.

Source: docs/explanation/method.md, "BD-rate"; ``data/published/README.md`` for the origin of the numbers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from compfeat.errors import DataError
from compfeat.io import read_csv
from compfeat.results.curves import Curve, shared_range
from compfeat.results.delta_rate import Fit, Interpolator
from compfeat.results.inputs import Inputs
from compfeat.results.measured import compared_metrics
from compfeat.tasks.base import Metric

FEATURE_ELEMENTS = {"c512": 512 * 8 * 16, "c256": 256 * 16 * 32}
"""Feature elements per image, C * H * W, of the paper's two cuts."""
POINT_KEYS = ["cut", "method", "codec", "quality"]
POINT_COLUMNS = [*POINT_KEYS, "n_images", "total_bytes", "miou", "psnr_db", "rmse"]
SIZE_COLUMNS = [*POINT_KEYS, "image_index", "bytes"]
ANCHOR, TEST = "baseline", "compressible"
LADDER = "published"
"""What claims call the curve of the released points: PNG and JPEG."""
METRICS: list[Metric] = compared_metrics(("segmentation", "reconstruction", "disparity"))
"""The metrics of the three tasks that the paper reports."""
AUTHORS_FIT = "authors_cubic"


def read_published(inputs: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the released operating points and file sizes, check them against each other, and add the rate.

    Args:
        inputs: with the files ``published``.

    Returns:
        The points (POINT_COLUMNS and ``rate_bpe``, bits per feature element of the stream files, the authors did not
        count any side information) and the sizes (SIZE_COLUMNS), both in the files' order.

    Raises:
        DataError: a file or column is missing, a cut is unknown, or the two files contradict each other.
    """
    points_path = inputs.file("published", "published_points")
    points = read_csv(points_path, POINT_COLUMNS)
    sizes = read_csv(inputs.file("published", "published_bytes_per_image"), SIZE_COLUMNS)
    unknown = sorted(set(points["cut"]) - set(FEATURE_ELEMENTS))
    if unknown:
        raise DataError(f"{points_path}: cut {unknown[0]!r}; expected {', '.join(FEATURE_ELEMENTS)}")
    check_totals(points, sizes)
    elements = points["cut"].map(FEATURE_ELEMENTS) * points["n_images"]
    return points.assign(rate_bpe=8.0 * points["total_bytes"] / elements), sizes


def check_totals(points: pd.DataFrame, sizes: pd.DataFrame) -> None:
    """Check that the file sizes of every point add up to its ``total_bytes`` and are as many as its ``n_images``.

    Raises:
        DataError: they do not, or a point is in one table only.
    """
    sums = sizes.groupby(POINT_KEYS)["bytes"].agg(["sum", "size"])
    stated = points.set_index(POINT_KEYS)[["total_bytes", "n_images"]]
    for key in sorted(set(sums.index) ^ set(stated.index)):
        raise DataError(f"published {'/'.join(key)}: in one of the two tables only; restore data/published/ from git")
    for key in sorted(stated.index):
        summed, expected = tuple(sums.loc[key]), tuple(stated.loc[key])
        if summed != expected:
            raise DataError(
                f"published {'/'.join(key)}: files add up to {summed[0]} bytes of {summed[1]} images, the point says "
                f"{expected[0]} of {expected[1]}; restore data/published/ from git"
            )


def authors_fit(degree: int = 3) -> Fit:
    """Return the authors' fit: ln(rate) as a least-squares polynomial of the metric, integrated over the overlap."""

    def fit(anchor: Curve, test: Curve) -> tuple[float, Interpolator, Interpolator]:
        low, high = shared_range(anchor, test)
        of_anchor, of_test = (np.polynomial.Polynomial.fit(c.metric, np.log(c.rate), degree) for c in (anchor, test))
        primitives = (of_test.integ(), of_anchor.integ())
        test_area, anchor_area = (float(primitive(high) - primitive(low)) for primitive in primitives)
        difference = (test_area - anchor_area) / (high - low)
        return (float(np.exp(difference)) - 1.0) * 100.0, of_anchor, of_test

    return fit


def lossless(points: pd.DataFrame, metric: Metric) -> float:
    """Return the metric of one method's released points by PNG, where the features are the network's own but for 8 bits."""
    return float(points.loc[points["codec"] == "png", metric.name].iloc[0])
