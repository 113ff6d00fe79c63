"""Compare two curves of rate and metric."""

from __future__ import annotations

import csv
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from compfeat.errors import DataError, ToolError
from compfeat.results.curves import Curve, FloatArray
from compfeat.results.delta_rate import FITS, HEADLINE_FIT, Rules, compare, library_fit
from compfeat.results.resampled import Curves, bd_rates, drawn_counts, interval

RULES = Rules(frontier=True)
MIN_IMAGES = 10


def bd_rate(
    anchor: Path,
    test: Path,
    *,
    rate: str = "bytes",
    metric: str,
    lower_is_better: bool = False,
    images: Path | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> None:
    """Print the BD-rate of the test against the anchor by each fit, or why there is none; negative values are savings.

    Args:
        anchor: CSV file of the reference curve, a row per point.
        test: CSV file of the curve to compare with it.
        rate: column of the rate, in any unit that both share.
        metric: column of the metric; higher is better.
        lower_is_better: a lower metric is better; its inverse is compared.
        images: CSV file with the columns curve (anchor or test), point, image, rate and metric, for an interval; a point is the mean
            over its images.
        resamples: number of resamples of the images.
        confidence: of the interval.
        seed: of the resamples.
    """
    if find_spec("bjontegaard") is None:
        raise ToolError("package bjontegaard not found; expected it for BD-rates; pip install 'compfeat[bd-rate]'")
    curves = []
    for path in (anchor, test):
        rows = read_rows(path, (rate, metric))
        curves.append(Curve.of(numbers(path, rows, rate), values(numbers(path, rows, metric), lower_is_better)))
    for name in FITS:
        outcome = compare(curves[0], curves[1], library_fit(name), RULES)
        percent = "" if outcome.bd_rate_percent is None else f"{outcome.bd_rate_percent:+.2f} %, "
        print(f"{name + (' (headline)' if name == HEADLINE_FIT else ''):17} {percent}{outcome.verdict}")
    if images is not None:
        print(interval_line(images, rate, metric, lower_is_better, resamples, confidence, seed))


def interval_line(
    path: Path, rate: str, metric: str, lower_is_better: bool, resamples: int, confidence: float, seed: int
) -> str:
    """Return in one line the interval of the headline fit. Raises DataError if images are not those of all points."""
    rows = read_rows(path, ("curve", "point", "image", rate, metric))
    ids = sorted({row["image"] for row in rows})
    if len(ids) < MIN_IMAGES:
        raise DataError(f"{path}: {len(ids)} images; expected at least {MIN_IMAGES} for an interval; give more")
    counts = drawn_counts(len(ids), resamples, seed)
    curves = []
    for name in ("anchor", "test"):
        curve_rows = [row for row in rows if row["curve"] == name]
        points = sorted({row["point"] for row in curve_rows})
        sides: list[FloatArray] = []
        for column in (rate, metric):
            table = np.full((len(ids), len(points)), np.nan)
            for row, value in zip(curve_rows, numbers(path, curve_rows, column), strict=True):
                table[ids.index(row["image"]), points.index(row["point"])] = value
            if np.isnan(table).any() or not points or len(curve_rows) != table.size:
                raise DataError(f"{path}: the {name} has {len(curve_rows)} rows; expected one of each image and point")
            sides.append(counts @ table / len(ids))
        curves.append(Curves.of(sides[0], values(sides[1], lower_is_better)))
    replicates = bd_rates(curves[0], curves[1])
    low, high = interval(replicates[1:], confidence)
    if not np.isfinite([replicates[0], low]).all():
        refused = int(np.isnan(replicates[1:]).sum())
        return f"no interval: {refused} of {resamples} resamples of the images have no BD-rate"
    ends = f"{100 * confidence:g} % interval {low:+.2f} to {high:+.2f} %"
    return f"{HEADLINE_FIT} of the means over {len(ids)} images {replicates[0]:+.2f} %, {ends}"


def values(metrics: FloatArray, lower_is_better: bool) -> FloatArray:
    """Return what curves are drawn over: higher is better."""
    with np.errstate(divide="ignore"):
        return 1 / metrics if lower_is_better else metrics


def read_rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Return a CSV file's rows. Raises DataError if it is missing, or lacks a column."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read ({error}); expected a CSV file") from None
    for column in columns:
        if not rows or column not in rows[0]:
            found = ", ".join(rows[0]) if rows else "no rows"
            raise DataError(f"{path}: lacks column {column!r}; found {found}; give its name")
    return rows


def numbers(path: Path, rows: list[dict[str, str]], column: str) -> FloatArray:
    """Return a column's numbers; nan for an empty cell. Raises DataError if a cell is none."""
    try:
        return np.array([float(row[column] or "nan") for row in rows])
    except (TypeError, ValueError):
        raise DataError(f"{path}: column {column!r} has a cell that is no number; correct it") from None
