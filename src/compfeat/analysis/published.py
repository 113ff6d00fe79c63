"""The authors' released numbers, and the paper's BD-rates computed from them anew.

Source: METHOD.md, "BD-rate" and "Network"; ``data/published/README.md`` for the origin of the numbers.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from compfeat.analysis.bd_rate import Fit, Interpolator, Rules, compare
from compfeat.analysis.bd_table import BD_METRICS, curve, method_rows
from compfeat.analysis.curves import Curve, shared_range
from compfeat.analysis.paired import paired_sizes
from compfeat.errors import DataError
from compfeat.io import read_csv

FEATURE_ELEMENTS = {"c512": 512 * 8 * 16, "c256": 256 * 16 * 32}
"""Feature elements an image, C * H * W, of the paper's two cuts."""
POINT_KEYS = ["cut", "loss", "codec", "quality"]
POINT_COLUMNS = [*POINT_KEYS, "n_images", "total_bytes", "miou", "psnr_db", "rmse"]
SIZE_COLUMNS = [*POINT_KEYS, "image_index", "bytes"]
ANCHOR, TEST = "baseline", "compressible"
AUTHORS_METHOD = "authors_cubic"
BD_COLUMNS = ["cut", "metric", "method", "bd_rate_percent", "overlap", "monotone", "n_anchor", "n_test", "dropped"]


def read_published(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the released operating points and file sizes, check them against each other, and add the rate.

    Returns:
        The points (POINT_COLUMNS and ``rate_bpe``, bits per feature element of the stream files, the authors did not
        count any side information) and the sizes (SIZE_COLUMNS), both in the files' order.

    Raises:
        DataError: a file or column is missing, a cut is unknown, or the two files contradict each other.
    """
    points = read_csv(folder / "published_points.csv", POINT_COLUMNS)
    sizes = read_csv(folder / "published_bytes_per_image.csv", SIZE_COLUMNS)
    unknown = sorted(set(points["cut"]) - set(FEATURE_ELEMENTS))
    if unknown:
        raise DataError(f"{folder}/published_points.csv: cut {unknown[0]!r}; expected {', '.join(FEATURE_ELEMENTS)}")
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
        primitive = (of_test - _same_domain(of_anchor, of_test)).integ()
        difference = float(primitive(high) - primitive(low)) / (high - low)
        return (float(np.exp(difference)) - 1.0) * 100.0, of_anchor, of_test

    return fit


def _same_domain(polynomial: np.polynomial.Polynomial, like: np.polynomial.Polynomial) -> np.polynomial.Polynomial:
    """Return the same function of the metric, written on the domain that ``like`` is scaled by."""
    return polynomial.convert(domain=like.domain, window=like.window)


def published_bd_rate(points: pd.DataFrame) -> pd.DataFrame:
    """Return the BD-rates of the released points by the authors' fit and the library's three.

    The authors' method is there to reproduce their numbers, so a bent cubic is a warning there; for the library's
    methods it is a refusal, as everywhere else.

    Args:
        points: the table of ``read_published``.

    Returns:
        BD_COLUMNS, n_images and verdict, one row a cut, metric and method; sorted by cut, the authors' method first.
    """
    rules, as_published = Rules(), Rules(check_fit=False)
    rows: list[dict[str, Any]] = []
    for cut, own in points.groupby("cut", sort=True):
        anchor, test = (own[own["loss"] == loss] for loss in (ANCHOR, TEST))
        cells = method_rows(anchor, test, rules)
        for metric in BD_METRICS:
            authors = compare(curve(anchor, metric), curve(test, metric), authors_fit(), as_published)
            cells.append({"metric": metric, "method": AUTHORS_METHOD, **asdict(authors)})
        cells.sort(key=lambda row: (BD_METRICS.index(str(row["metric"])), row["method"] != AUTHORS_METHOD))
        rows += [{"cut": cut, "n_images": int(own["n_images"].iloc[0]), **cell} for cell in cells]
    return pd.DataFrame(rows, columns=[*BD_COLUMNS, "n_images", "verdict"])


def published_paired(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return how many of the released images got smaller, by cut, codec and quality (``analysis.paired``)."""
    return paired_sizes(sizes, by=["cut", "codec", "quality"], image="image_index", anchor=ANCHOR, test=TEST)


def published_images(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return the released sizes of each image under both losses, in the order of the authors' files.

    Returns:
        One row an image at a codec and quality, sorted: cut, codec, quality, image_index, baseline_bytes,
        compressible_bytes and ratio (compressible / baseline).
    """
    keys = ["cut", "codec", "quality", "image_index"]
    wide = sizes.pivot_table(index=keys, columns="loss", values="bytes", aggfunc="sum")[[ANCHOR, TEST]]
    table = wide.rename(columns="{}_bytes".format).rename_axis(columns=None).reset_index()
    return table.assign(ratio=table[f"{TEST}_bytes"] / table[f"{ANCHOR}_bytes"])
