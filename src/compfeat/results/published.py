"""The authors' released numbers, and the paper's BD-rates computed from them anew.

Source: docs/method.md, "BD-rate"; ``data/published/README.md`` for the origin of the numbers.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from compfeat.errors import DataError
from compfeat.io import read_csv
from compfeat.results import Inputs, Made, table
from compfeat.results._bd_rate import FITS, Fit, Interpolator, Rules, compare, library_fit
from compfeat.results._bootstrap import INTERVAL_COLUMNS, image_counts, interval_cells
from compfeat.results._curves import Curve, FloatArray, shared_range
from compfeat.results.plan import BootstrapPlan, compared_metrics
from compfeat.tasks import Metric

FEATURE_ELEMENTS = {"c512": 512 * 8 * 16, "c256": 256 * 16 * 32}
"""Feature elements an image, C * H * W, of the paper's two cuts."""
POINT_KEYS = ["cut", "method", "codec", "quality"]
POINT_COLUMNS = [*POINT_KEYS, "n_images", "total_bytes", "miou", "psnr_db", "rmse"]
SIZE_COLUMNS = [*POINT_KEYS, "image_index", "bytes"]
ANCHOR, TEST = "baseline", "compressible"
LADDER = "published"
"""What claims call the curve of the released points: PNG and JPEG."""
METRICS: list[Metric] = compared_metrics(("segmentation", "reconstruction", "disparity"))
"""The metrics of the three tasks that the paper reports."""
AUTHORS_FIT = "authors_cubic"
PAIRED_COLUMNS = ("n_images", "smaller_share", "saving_percent", "median_saving_percent")
BD_COLUMNS = ["cut", "metric", "fit", "bd_rate_percent", "overlap", "monotone", "n_anchor", "n_test", "dropped"]


@table(
    "published",
    makes=(
        *("published_points.csv", "published_bd_rate.csv", "published_intervals.csv"),
        *("published_paired.csv", "published_images.csv"),
    ),
    needs=("published",),
    uses=("bootstrap",),
)
def make(inputs: Inputs) -> dict[str, Made]:
    """Return the released numbers and what follows from them. Raises DataError where the files contradict each other."""
    points, sizes = read_published(
        inputs.file("published", "published_points"), inputs.file("published", "published_bytes_per_image")
    )
    assert inputs.plan.bootstrap is not None
    return {
        "published_points.csv": points,
        "published_bd_rate.csv": published_bd_rate(points),
        "published_intervals.csv": published_intervals(points, sizes, inputs.plan.bootstrap),
        "published_paired.csv": published_paired(sizes),
        "published_images.csv": published_images(sizes),
    }


def read_published(points_path: Path, sizes_path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the released operating points and file sizes, check them against each other, and add the rate.

    Returns:
        The points (POINT_COLUMNS and ``rate_bpe``, bits per feature element of the stream files, the authors did not
        count any side information) and the sizes (SIZE_COLUMNS), both in the files' order.

    Raises:
        DataError: a file or column is missing, a cut is unknown, or the two files contradict each other.
    """
    points, sizes = read_csv(points_path, POINT_COLUMNS), read_csv(sizes_path, SIZE_COLUMNS)
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
        found, expected = tuple(sums.loc[key]), tuple(stated.loc[key])
        if found != expected:
            raise DataError(
                f"published {'/'.join(key)}: files add up to {found[0]} bytes of {found[1]} images, the point says "
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


def curve(points: pd.DataFrame, metric: Metric) -> Curve:
    """Return the curve of one method's released points."""
    return Curve.of(points["rate_bpe"].to_numpy(float), metric.curve_values(points[metric.name].to_numpy(float)))


def published_bd_rate(points: pd.DataFrame) -> pd.DataFrame:
    """Return the BD-rates of the released points by the authors' fit and the library's three.

    The authors' fit is there to reproduce their numbers, so a bent cubic is a warning there; for the library's fits it is a refusal,
    as everywhere else.

    Args:
        points: the table of ``read_published``.

    Returns:
        BD_COLUMNS, n_images and verdict, one row a cut, metric and fit; sorted by cut, the authors' fit first.
    """
    rules, as_published = Rules(), Rules(check_fit=False)
    rows: list[dict[str, Any]] = []
    for cut, own in points.groupby("cut", sort=True):
        for metric in METRICS:
            anchor, test = (curve(own[own["method"] == method], metric) for method in (ANCHOR, TEST))
            outcomes = {AUTHORS_FIT: compare(anchor, test, authors_fit(), as_published)}
            outcomes |= {fit: compare(anchor, test, library_fit(fit), rules) for fit in FITS}
            n_images = int(own["n_images"].iloc[0])
            rows += [
                {"cut": cut, "n_images": n_images, "metric": metric.curve_name, "fit": fit, **asdict(outcome)}
                for fit, outcome in outcomes.items()
            ]
    return pd.DataFrame(rows, columns=[*BD_COLUMNS, "n_images", "verdict"])


def published_intervals(points: pd.DataFrame, sizes: pd.DataFrame, bootstrap: BootstrapPlan) -> pd.DataFrame:
    """Return the authors' BD-rates with intervals over their images: cut, metric, fit and INTERVAL_COLUMNS.

    Only sizes were published by image, so the rates are resampled and the metrics are not.

    Args:
        points, sizes: the tables of ``read_published``.
        bootstrap: how much is resampled.
    """
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


def published_paired(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return whether a saving is spread over all of the released images or over some.

    Returns:
        One row a cut, codec and quality, sorted: n_images (that both have), smaller_share (0..1, share of images with fewer
        bytes), saving_percent (of all bytes) and median_saving_percent (of the single images).
    """
    by = ["cut", "codec", "quality"]
    wide = sizes.pivot_table(index=[*by, "image_index"], columns="method", values="bytes")[[ANCHOR, TEST]].dropna()
    wide["smaller"] = wide[TEST] < wide[ANCHOR]
    wide["saving"] = 100.0 * (1.0 - wide[TEST] / wide[ANCHOR])
    groups = wide.groupby(level=by, sort=True)
    totals = groups[[ANCHOR, TEST]].sum()
    result = pd.DataFrame(
        {
            "n_images": groups.size(),
            "smaller_share": groups["smaller"].mean(),
            "saving_percent": 100.0 * (1.0 - totals[TEST] / totals[ANCHOR]),
            "median_saving_percent": groups["saving"].median(),
        }
    )
    return result.reset_index()


def published_images(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return the released sizes of each image by both methods, in the order of the authors' files.

    Returns:
        One row an image at a codec and quality, sorted: cut, codec, quality, image_index, a column of bytes a method, and ratio.
    """
    keys = ["cut", "codec", "quality", "image_index"]
    wide = sizes.pivot_table(index=keys, columns="method", values="bytes", aggfunc="sum")[[ANCHOR, TEST]]
    images = wide.rename(columns="{}_bytes".format).rename_axis(columns=None).reset_index()
    return images.assign(ratio=images[f"{TEST}_bytes"] / images[f"{ANCHOR}_bytes"])
