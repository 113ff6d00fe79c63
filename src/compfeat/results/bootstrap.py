"""How sure the numbers are of the images: a paired bootstrap of rates, metrics and BD-rates.

A resample draws as many validation images as there are, with replacement, and is the same for all methods and points, so
that what makes an image hard or large cancels in a comparison (Efron and Tibshirani, An Introduction to the Bootstrap, 1993).
Every metric is computed from the resample by its task's ``measure``, as from all images. Percentile intervals. Matrix products are
of whole numbers alone, which add up exactly; means are added up in numpy's own order. So the numbers are those of any processor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import MIN_IMAGES_FOR_INTERVALS, MIN_RESAMPLES_FOR_INTERVALS, StatisticsConfig
from compfeat.experiment.runs import FLOAT, UNCODED, Comparison, Point, Run, parse_point
from compfeat.results.curves import Curve, FloatArray
from compfeat.results.delta_rate import HEADLINE_FIT, Rules, compare, library_fit
from compfeat.results.inputs import Inputs
from compfeat.results.measured import Measured, counterparts
from compfeat.tasks.base import Metric

ALL_SEEDS = "all"
"""Stands in a seed's place where a row is about all seeds together."""
MAX_REFUSED = 0.1
"""Above this share of refused resamples there is no interval: those left are a selection, not a sample."""
TOO_FEW = (
    f"no interval: fewer than {MIN_IMAGES_FOR_INTERVALS} different images with a value, "
    f"or fewer than {MIN_RESAMPLES_FOR_INTERVALS} resamples"
)
INTERVAL_COLUMNS = (
    *("bd_rate_percent", "low_percent", "high_percent"),
    *("confidence", "n_resamples", "n_refused", "verdict"),
)
FLOAT_COLUMNS = ("cut", "method", "against", "seed", "metric", "difference", "low", "high", "confidence", "n_resamples")
RESAMPLES = "resamples.npz"
"""The table of all samples, each under ``POINT/METRIC``."""
CELL = ("cut", "method", "against", "seed", "ladder", "against_ladder", "metric", "fit", "rate")
RATE = "bytes_per_image"

Samples = dict[str, FloatArray]
"""Of one point: RATE (absent where nothing is coded) and every metric by name, each (1 + R,).

Element 0 is of all images as they are, the others of the resamples.
"""


def image_counts(n_images: int, bootstrap: StatisticsConfig) -> NDArray[np.float64]:
    """Return how often each image is drawn, (1 + R, N); the first row is ones: all images as they are.

    R is 0 where images or resamples are too few for an interval: how much they differ would say little of other images.
    """
    enough = n_images >= MIN_IMAGES_FOR_INTERVALS and bootstrap.resamples >= MIN_RESAMPLES_FOR_INTERVALS
    size = bootstrap.resamples if enough else 0
    drawn = np.random.default_rng(bootstrap.seed).multinomial(n_images, np.full(n_images, 1 / n_images), size=size)
    return np.concatenate([np.ones((1, n_images)), drawn.astype(np.float64)])


def point_samples(measured: Measured, counts: NDArray[np.float64]) -> Samples:
    """Return a point's rate and metrics under every row of ``counts``, (1 + R, N)."""
    samples: Samples = {}
    sizes = measured.total_bytes()
    if sizes is not None:
        # Whole numbers of bytes add up exactly, in any order.
        samples[RATE] = counts @ sizes / counts.sum(axis=1)
    return samples | measured.metrics(counts)


def interval(replicates: FloatArray, confidence: float) -> tuple[float, float]:
    """Return the percentile interval of the replicates that are numbers; nan where more than MAX_REFUSED are none."""
    kept = replicates[np.isfinite(replicates)]
    if not kept.size or replicates.size - kept.size > MAX_REFUSED * replicates.size:
        return float("nan"), float("nan")
    low, high = np.quantile(kept, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def with_interval(replicates: FloatArray, bootstrap: StatisticsConfig) -> tuple[float, float, float, int]:
    """Return low, high, confidence and n_resamples of a number from its replicates, the measured one first."""
    return *interval(replicates[1:], bootstrap.confidence), bootstrap.confidence, len(replicates) - 1


def of_different_images(points: Mapping[Point, Samples]) -> dict[Point, Samples]:
    """Return the samples; without resamples where none differs from the images as they are: copies of one image are one image."""
    varies = any(len(np.unique(values)) > 1 for samples in points.values() for values in samples.values())
    return {p: samples if varies else {name: v[:1] for name, v in samples.items()} for p, samples in points.items()}


def bd_replicates(anchor: Sequence[Samples], test: Sequence[Samples], metric: Metric, rules: Rules) -> FloatArray:
    """Return the BD-rate (%) of one comparison under every resample, (1 + R,); nan where refused."""
    if not anchor or not test:
        return np.array([np.nan])
    rates, values = (
        [np.stack([s[key] for s in side], axis=1) for side in (anchor, test)] for key in (RATE, metric.name)
    )
    fit = library_fit(HEADLINE_FIT)
    outcomes = (
        compare(
            Curve.of(ra, metric.curve_values(va)), Curve.of(rt, metric.curve_values(vt)), fit, rules
        ).bd_rate_percent
        for ra, va, rt, vt in zip(rates[0], values[0], rates[1], values[1], strict=True)
    )
    return np.array([np.nan if percent is None else percent for percent in outcomes])


def interval_cells(replicates: FloatArray, bootstrap: StatisticsConfig) -> dict[str, object]:
    """Return the INTERVAL_COLUMNS of one cell from its BD-rates, the measured one first."""
    refused = int(np.isnan(replicates[1:]).sum())
    cells: dict[str, object] = {"bd_rate_percent": float(replicates[0]), "confidence": bootstrap.confidence}
    cells |= {"n_resamples": len(replicates) - 1, "n_refused": refused}
    low = high = float("nan")
    if np.isnan(replicates[0]):
        verdict = "refused: no BD-rate (see bd_rate.csv)"
    elif len(replicates) == 1:
        verdict = TOO_FEW
    elif refused > MAX_REFUSED * (len(replicates) - 1):
        verdict = f"no interval: {refused} of {len(replicates) - 1} resamples have no BD-rate"
    else:
        (low, high), verdict = interval(replicates[1:], bootstrap.confidence), "ok"
    return cells | {"low_percent": low, "high_percent": high, "verdict": verdict}


def over_seeds(by_seed: Sequence[FloatArray], bootstrap: StatisticsConfig) -> FloatArray:
    """Return the mean BD-rate over resampled seeds, (1 + R,): every resample draws its seeds with replacement.

    Element 0 is the mean over the seeds as they are. nan where a drawn seed was refused, or is refused as measured.
    """
    size = max(r.size for r in by_seed)
    table = np.stack([np.broadcast_to(r, size) for r in by_seed])
    drawn = np.random.default_rng([bootstrap.seed, 1]).integers(0, len(table), (size - 1, len(table)))
    resampled = table[drawn.T, np.arange(1, size)].mean(axis=0)
    return np.concatenate([[table[:, 0].mean()], resampled])


def read_samples(inputs: Inputs) -> dict[Point, Samples]:
    """Return the samples of all points from RESAMPLES, sorted by point. Raises DataError where the file is missing or damaged."""
    points: dict[Point, Samples] = {}
    for name, values in inputs.arrays("table", RESAMPLES).items():
        point, _, metric = name.rpartition("/")
        points.setdefault(parse_point(point), {})[metric] = values
    return dict(sorted(points.items()))


def by_cut(pairs: Iterable[tuple[Run, Run]]) -> dict[str, list[tuple[Run, Run]]]:
    """Return pairs of runs of the same cut and seed by their cut."""
    found: dict[str, list[tuple[Run, Run]]] = {}
    for pair in pairs:
        found.setdefault(pair[0].cut, []).append(pair)
    return found


def bd_rate_intervals(
    points: Mapping[Point, Samples], experiment: Experiment, metrics: Sequence[Metric]
) -> pd.DataFrame:
    """Return the intervals of the BD-rates of every comparison at each cut and seed (CELL and INTERVAL_COLUMNS).

    Where there are several seeds, rows for all of them together, too. Raises DataError where a comparison lacks a run.
    """
    e, rules = experiment, Rules(frontier=experiment.bd_rate.frontier)
    by_run: dict[Run, list[tuple[str, Samples]]] = {}
    for point, samples in points.items():
        by_run.setdefault(point.run, []).append((point.codec, samples))

    def ladder(run: Run, name: str) -> list[Samples]:
        return [samples for codec, samples in by_run[run] if codec in e.ladders[name].codecs]

    rows: list[dict[str, object]] = []
    for c in e.resolved_comparisons():
        for cut, pairs in by_cut(counterparts(by_run, c)).items():
            sides = {int(t.seed): (ladder(a, c.against_ladder), ladder(t, c.ladder)) for t, a in pairs}
            for metric in metrics:
                replicates = {seed: bd_replicates(*side, metric, rules) for seed, side in sides.items()}
                for seed, values in with_all(replicates, e.statistics):
                    cell = (cut, c.method, c.against, seed, c.ladder, c.against_ladder, metric.curve_name)
                    cells = dict(zip(CELL, (*cell, HEADLINE_FIT, "total"), strict=True))
                    rows.append(cells | interval_cells(values, e.statistics))
    return pd.DataFrame(rows, columns=[*CELL, *INTERVAL_COLUMNS])


def float_intervals(points: Mapping[Point, Samples], experiment: Experiment, metrics: Sequence[Metric]) -> pd.DataFrame:
    """Return by how much the metrics of every two compared methods differ on float features, with intervals (FLOAT_COLUMNS).

    Rows as in ``bd_rate_intervals``. Raises DataError where a comparison lacks a run, or a run its float features.
    """
    rows: list[tuple[object, ...]] = []
    runs = {point.run for point in points}
    for method, against in dict.fromkeys((c.method, c.against) for c in experiment.resolved_comparisons()):
        pairs = counterparts(runs, Comparison(method, against, "", ""))
        for (cut, own), metric in product(by_cut(pairs).items(), metrics):
            by_seed = {
                int(test.seed): _float_samples(points, test)[metric.name] - _float_samples(points, anchor)[metric.name]
                for test, anchor in own
            }
            for seed, values in with_all(by_seed, experiment.statistics):
                ends = with_interval(values, experiment.statistics)
                rows.append((cut, method, against, seed, metric.name, values[0], *ends))
    return pd.DataFrame(rows, columns=list(FLOAT_COLUMNS))


def with_all(by_seed: Mapping[int, FloatArray], bootstrap: StatisticsConfig) -> list[tuple[str, FloatArray]]:
    """Return every seed's replicates under its name and, of several seeds, those of all under ALL_SEEDS."""
    named = [(str(seed), by_seed[seed]) for seed in sorted(by_seed)]
    return named + ([(ALL_SEEDS, over_seeds(list(by_seed.values()), bootstrap))] if len(by_seed) > 1 else [])


def _float_samples(points: Mapping[Point, Samples], run: Run) -> Samples:
    """Return the samples of a run's float features. Raises DataError where they were not evaluated."""
    found = points.get(Point(run, UNCODED, FLOAT))
    if found is None:
        raise DataError(f"{run.id}: no scores of {UNCODED}/{FLOAT}; rerun the stage evaluate")
    return found
