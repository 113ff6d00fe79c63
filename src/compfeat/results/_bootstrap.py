"""How sure the numbers are of the images: a paired bootstrap of rates, metrics and BD-rates.

A resample draws as many validation images as there are, with replacement, and is the same for all methods and points, so
that what makes an image hard or large cancels in a comparison (Efron and Tibshirani, An Introduction to the Bootstrap, 1993).
Every metric is computed from the resample by its task's ``measure``, as from all images. Percentile intervals. Matrix products are
of whole numbers alone, which add up exactly; means are added up in numpy's own order. So the numbers are those of any processor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.experiment.entries import MIN_IMAGES_FOR_INTERVALS, MIN_RESAMPLES_FOR_INTERVALS
from compfeat.experiment.runs import FLOAT, UNCODED, Comparison, Point, Run
from compfeat.results._bd_rate import HEADLINE_FIT, Rules, compare, library_fit
from compfeat.results._curves import Curve, FloatArray
from compfeat.results._measured import POINT_KEYS, Measured, counterparts
from compfeat.results.plan import BootstrapPlan, Plan
from compfeat.tasks import Metric

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
POINT_COLUMNS = (*POINT_KEYS, "metric", "value", "low", "high", "confidence", "n_resamples")
CELL = ("cut", "method", "against", "seed", "ladder", "against_ladder", "metric", "fit", "rate")
RATE = "bytes_per_image"

Samples = dict[str, FloatArray]
"""Of one point: RATE (absent where nothing is coded) and every metric by name, each (1 + R,).

Element 0 is of all images as they are, the others of the resamples.
"""


def image_counts(n_images: int, plan: BootstrapPlan) -> NDArray[np.float64]:
    """Return how often each image is drawn, (1 + R, N); the first row is ones: all images as they are.

    R is 0 where images or resamples are too few for an interval: how much they differ would say little of other images.
    """
    enough = n_images >= MIN_IMAGES_FOR_INTERVALS and plan.resamples >= MIN_RESAMPLES_FOR_INTERVALS
    size = plan.resamples if enough else 0
    drawn = np.random.default_rng(plan.seed).multinomial(n_images, np.full(n_images, 1 / n_images), size=size)
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


def with_interval(replicates: FloatArray, plan: BootstrapPlan) -> tuple[float, float, float, int]:
    """Return low, high, confidence and n_resamples of a number from its replicates, the measured one first."""
    return *interval(replicates[1:], plan.confidence), plan.confidence, len(replicates) - 1


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


def interval_cells(replicates: FloatArray, plan: BootstrapPlan) -> dict[str, object]:
    """Return the INTERVAL_COLUMNS of one cell from its BD-rates, the measured one first."""
    refused = int(np.isnan(replicates[1:]).sum())
    cells: dict[str, object] = {"bd_rate_percent": float(replicates[0]), "confidence": plan.confidence}
    cells |= {"n_resamples": len(replicates) - 1, "n_refused": refused}
    low = high = float("nan")
    if np.isnan(replicates[0]):
        verdict = "refused: no BD-rate (see bd_rate.csv)"
    elif len(replicates) == 1:
        verdict = TOO_FEW
    elif refused > MAX_REFUSED * (len(replicates) - 1):
        verdict = f"no interval: {refused} of {len(replicates) - 1} resamples have no BD-rate"
    else:
        (low, high), verdict = interval(replicates[1:], plan.confidence), "ok"
    return cells | {"low_percent": low, "high_percent": high, "verdict": verdict}


def over_seeds(by_seed: Sequence[FloatArray], plan: BootstrapPlan) -> FloatArray:
    """Return the mean BD-rate over resampled seeds, (1 + R,): every resample draws its seeds with replacement.

    Element 0 is the mean over the seeds as they are. nan where a drawn seed was refused, or is refused as measured.
    """
    size = max(r.size for r in by_seed)
    table = np.stack([np.broadcast_to(r, size) for r in by_seed])
    drawn = np.random.default_rng([plan.seed, 1]).integers(0, len(table), (size - 1, len(table)))
    resampled = table[drawn.T, np.arange(1, size)].mean(axis=0)
    return np.concatenate([[table[:, 0].mean()], resampled])


def interval_tables(
    points: Mapping[Point, Samples], plan: Plan, bootstrap: BootstrapPlan
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the intervals of the BD-rates (CELL and INTERVAL_COLUMNS) and of the float metrics' differences (FLOAT_COLUMNS).

    Of every comparison at each cut and seed; where there are several seeds, rows for all of them together, too.

    Raises:
        DataError: a comparison lacks a run, or a run its float features.
    """
    rules, ladders = Rules(frontier=plan.frontier), plan.ladder_codecs()
    by_run: dict[Run, list[Point]] = {}
    for point in points:
        by_run.setdefault(point.run, []).append(point)

    def ladder(run: Run, name: str) -> list[Samples]:
        return [points[point] for point in by_run[run] if point.codec in ladders[name]]

    rows: list[dict[str, object]] = []
    floats: dict[tuple[str, str, str, str], list[list[object]]] = {}
    for comparison in plan.pairs():
        by_cut: dict[str, list[tuple[Run, Run]]] = {}
        for pair in counterparts(by_run.keys(), comparison):
            by_cut.setdefault(pair[0].cut, []).append(pair)
        for (cut, own), metric in product(by_cut.items(), plan.compared()):
            cells, differences = {}, {}
            for run, other in own:
                anchor, test = ladder(other, comparison.against_ladder), ladder(run, comparison.ladder)
                cells[int(run.seed)] = bd_replicates(anchor, test, metric, rules)
                uncoded = [_float_samples(points, r)[metric.name] for r in (other, run)]
                differences[int(run.seed)] = uncoded[1] - uncoded[0]
            rows += [
                dict(zip(CELL, _cell(cut, comparison, seed, metric), strict=True)) | interval_cells(values, bootstrap)
                for seed, values in with_all(cells, bootstrap)
            ]
            key = (cut, comparison.method, comparison.against, metric.name)
            floats[key] = [
                [*key[:3], seed, key[3], values[0], *with_interval(values, bootstrap)]
                for seed, values in with_all(differences, bootstrap)
            ]
    float_rows = [row for cell in floats.values() for row in cell]
    return pd.DataFrame(rows, columns=[*CELL, *INTERVAL_COLUMNS]), pd.DataFrame(float_rows, columns=list(FLOAT_COLUMNS))


def _cell(cut: str, comparison: Comparison, seed: str, metric: Metric) -> tuple[str, ...]:
    c = comparison
    return (cut, c.method, c.against, seed, c.ladder, c.against_ladder, metric.curve_name, HEADLINE_FIT, "total")


def point_intervals(
    points: Mapping[Point, Samples], metrics: Sequence[Metric], bootstrap: BootstrapPlan
) -> pd.DataFrame:
    """Return the intervals of every point's ``metrics`` and of its bytes an image (POINT_COLUMNS).

    They are of each point alone. What makes an image hard does not cancel in them as it does in a comparison, so two curves
    whose intervals overlap may well differ: that is for the intervals of the BD-rates to say.
    """
    rows = []
    for point in sorted(points):
        key = (point.run.cut, point.run.method, point.run.seed, point.codec, point.quality)
        for name in (RATE, *(metric.name for metric in metrics)):
            values = points[point].get(name)
            if values is None:
                continue
            rows.append([*key, name, float(values[0]), *with_interval(values, bootstrap)])
    return pd.DataFrame(rows, columns=list(POINT_COLUMNS))


def with_all(by_seed: Mapping[int, FloatArray], plan: BootstrapPlan) -> list[tuple[str, FloatArray]]:
    """Return every seed's replicates under its name and, of several seeds, those of all under ALL_SEEDS."""
    named = [(str(seed), by_seed[seed]) for seed in sorted(by_seed)]
    return named + ([(ALL_SEEDS, over_seeds(list(by_seed.values()), plan))] if len(by_seed) > 1 else [])


def _float_samples(points: Mapping[Point, Samples], run: Run) -> Samples:
    """Return the samples of a run's float features. Raises DataError where they were not evaluated."""
    found = points.get(Point(run, UNCODED, FLOAT))
    if found is None:
        raise DataError(f"{run.id}: no scores of {UNCODED}/{FLOAT}; rerun the stage evaluate")
    return found
