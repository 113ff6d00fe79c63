"""How sure the numbers are of the images: a paired bootstrap of rates, metrics and BD-rates.

A resample draws as many validation images as there are, with replacement, and is the same for all methods and points, so
that what makes an image hard or large cancels in a comparison (Efron and Tibshirani, An Introduction to the Bootstrap, 1993).
Every metric is computed from the resample by its task's ``measure``, as from all images. Percentile intervals. Matrix products are
of whole numbers alone, which add up exactly; means are added up in numpy's own order. So the numbers are those of any processor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import MIN_IMAGES_FOR_INTERVALS, MIN_RESAMPLES_FOR_INTERVALS, StatisticsConfig
from compfeat.results.curves import FloatArray
from compfeat.results.delta_rate import Rules
from compfeat.results.inputs import Inputs
from compfeat.results.measured import Measured, counterparts
from compfeat.results.pairs import ALL_SEEDS, PAIR
from compfeat.results.resampled import MAX_REFUSED, Curves, bd_rates, drawn_counts, interval
from compfeat.settings.runs import FLOAT, UNCODED, Comparison, Point, Run, parse_point
from compfeat.tasks.base import Metric

TOO_FEW = (
    f"no interval: fewer than {MIN_IMAGES_FOR_INTERVALS} different images with a value, "
    f"or fewer than {MIN_RESAMPLES_FOR_INTERVALS} resamples"
)
NO_BD_RATE = "refused: no BD-rate (see bd_rate.csv)"
OUTCOME = ("confidence", "n_resamples", "n_refused", "verdict")
INTERVAL_COLUMNS = (
    *("bd_rate_percent", "low_percent", "high_percent", *OUTCOME),
    *("equal_loss_percent", "equal_loss_low_percent", "equal_loss_high_percent", "verdict_equal_loss"),
)
FLOAT_COLUMNS = ("cut", "method", "against", "seed", "metric", "difference", "low", "high", "confidence", "n_resamples")
RESAMPLES = "resamples.npz"
"""The table of all samples, each under ``POINT/METRIC``."""
CELL = (*PAIR, "fit", "rate")
RATE = "bytes_per_image"

Samples = dict[str, FloatArray]
"""Of one point: RATE (absent where nothing is coded) and every metric by name, each (1 + R,).

Element 0 is of all images, each once, the others of the resamples.
"""
RunSamples = Mapping[tuple[str, str], Samples]
"""The samples of a run's points, by codec and quality."""


def image_counts(n_images: int, bootstrap: StatisticsConfig) -> NDArray[np.float64]:
    """Return how often each image is drawn, (1 + R, N); the first row is ones: every image once.

    R is 0 where images or resamples are too few for an interval: how much they differ would say little of other images.
    """
    enough = n_images >= MIN_IMAGES_FOR_INTERVALS and bootstrap.resamples >= MIN_RESAMPLES_FOR_INTERVALS
    size = bootstrap.resamples if enough else 0
    return drawn_counts(n_images, size, bootstrap.seed)


def point_samples(measured: Measured, counts: NDArray[np.float64]) -> Samples:
    """Return a point's rate and metrics under every row of ``counts``, (1 + R, N)."""
    samples: Samples = {}
    sizes = measured.total_bytes()
    if sizes is not None:
        # Whole numbers of bytes add up exactly, in any order.
        samples[RATE] = counts @ sizes / counts.sum(axis=1)
    return samples | measured.metrics(counts)


def with_interval(replicates: FloatArray, bootstrap: StatisticsConfig) -> tuple[float, float, float, int]:
    """Return low, high, confidence and n_resamples of a number from its replicates, the measured one first."""
    return *interval(replicates[1:], bootstrap.confidence), bootstrap.confidence, len(replicates) - 1


def of_different_images(points: Mapping[Point, Samples]) -> dict[Point, Samples]:
    """Return the samples; without resamples where none differs from the original images: copies of one image are one image."""
    varies = any(len(np.unique(values)) > 1 for samples in points.values() for values in samples.values())
    return {p: samples if varies else {name: v[:1] for name, v in samples.items()} for p, samples in points.items()}


def bd_replicates(sides: tuple[Side, Side], rules: Rules, *, equal_loss: bool = False) -> FloatArray:
    """Return the BD-rate (%) of anchor and test under every resample, (1 + R,); nan where refused."""
    if any(side.rates.shape[1] == 0 for side in sides):
        return np.array([np.nan])
    anchor, test = (
        Curves.of(side.rates, side.values - side.uncoded[:, None] * equal_loss, rules.frontier) for side in sides
    )
    return bd_rates(anchor, test)


def interval_cells(
    replicates: FloatArray, bootstrap: StatisticsConfig, refused: str = NO_BD_RATE, what: str = "BD-rate"
) -> tuple[float, float, float, float, int, int, str]:
    """Return a number of one cell, low, high and OUTCOME from its replicates (%), the measured one first.

    ``refused`` is the verdict if there is no measured one; ``what`` is what a refused resample lacks.
    """
    n, n_refused = len(replicates) - 1, int(np.isnan(replicates[1:]).sum())
    low = high = float("nan")
    if np.isnan(replicates[0]):
        verdict = refused
    elif not n:
        verdict = TOO_FEW
    elif n_refused > MAX_REFUSED * n:
        verdict = f"no interval: {n_refused} of {n} resamples have no {what}"
    else:
        (low, high), verdict = interval(replicates[1:], bootstrap.confidence), "ok"
    return float(replicates[0]), low, high, bootstrap.confidence, n, n_refused, verdict


def bd_rate_cells(plain: FloatArray, equal_loss: FloatArray, bootstrap: StatisticsConfig) -> dict[str, object]:
    """Return the INTERVAL_COLUMNS of one cell from its BD-rates and those at equal loss, the measured ones first."""
    value, low, high, *_, verdict = interval_cells(equal_loss, bootstrap)
    cells = (*interval_cells(plain, bootstrap), value, low, high, verdict)
    return dict(zip(INTERVAL_COLUMNS, cells, strict=True))


def over_seeds(by_seed: Sequence[FloatArray], bootstrap: StatisticsConfig) -> FloatArray:
    """Return the mean BD-rate over resampled seeds, (1 + R,): every resample draws its seeds with replacement.

    Element 0 is the mean over the original seeds. nan where a drawn seed was refused, or is refused as measured.
    """
    size = max(r.size for r in by_seed)
    table = np.stack([np.broadcast_to(r, size) for r in by_seed])
    drawn = np.random.default_rng([bootstrap.seed, 1]).integers(0, len(table), (size - 1, len(table)))
    resampled = table[drawn.T, np.arange(1, size)].mean(axis=0)
    return np.concatenate([[table[:, 0].mean()], resampled])


def read_samples(inputs: Inputs) -> dict[Run, RunSamples]:
    """Return the samples of all runs from RESAMPLES, sorted. Raises DataError if the file is missing or damaged."""
    points: dict[Point, Samples] = {}
    for name, values in inputs.arrays("table", RESAMPLES).items():
        point, _, metric = name.rpartition("/")
        points.setdefault(parse_point(point), {})[metric] = values
    by_run = groupby(sorted(points), key=lambda point: point.run)
    return {run: {(point.codec, point.quality): points[point] for point in own} for run, own in by_run}


def by_seed(runs: Collection[Run], comparison: Comparison) -> dict[str, dict[int, tuple[Run, Run]]]:
    """Return anchor and test of a comparison by seed, by cut. Raises DataError if one of the two lacks a run."""
    by_cut: dict[str, dict[int, tuple[Run, Run]]] = {}
    for test, anchor in counterparts(runs, comparison):
        by_cut.setdefault(test.cut, {})[int(test.seed)] = (anchor, test)
    return by_cut


@dataclass(frozen=True)
class Side:
    """One run on one ladder under every resample.

    Attributes:
        rates: bytes per image, (1 + R, P).
        values: what curves of the metric are drawn over, (1 + R, P).
        uncoded: the same of the float features, (1 + R,).
    """

    rates: FloatArray
    values: FloatArray
    uncoded: FloatArray

    @classmethod
    def of(cls, run: Run, samples: RunSamples, codecs: Collection[str], metric: Metric) -> Side:
        """Return the points of a run by one of ``codecs``. Raises DataError if its float features were not evaluated."""
        uncoded = metric.curve_values(float_samples(run, samples)[metric.name])
        points = [point for (codec, _), point in samples.items() if codec in codecs]
        rates, values = (
            np.stack([point[name] for point in points], axis=1) if points else np.empty((len(uncoded), 0))
            for name in (RATE, metric.name)
        )
        return cls(rates, metric.curve_values(values), uncoded)


def compared_sides(
    by_run: Mapping[Run, RunSamples], experiment: Experiment, metrics: Sequence[Metric]
) -> Iterator[tuple[Comparison, str, Metric, dict[int, tuple[Side, Side]]]]:
    """Yield every comparison at each cut and metric, with anchor and test by seed. Raises DataError if one lacks a run."""
    for c in experiment.resolved_comparisons():
        ladders = (experiment.ladders[c.against_ladder].codecs, experiment.ladders[c.ladder].codecs)
        for (cut, runs), metric in product(by_seed(by_run, c).items(), metrics):
            sides = {
                seed: (
                    Side.of(anchor, by_run[anchor], ladders[0], metric),
                    Side.of(test, by_run[test], ladders[1], metric),
                )
                for seed, (anchor, test) in runs.items()
            }
            yield c, cut, metric, sides


def float_intervals(
    by_run: Mapping[Run, RunSamples], experiment: Experiment, metrics: Sequence[Metric]
) -> pd.DataFrame:
    """Return by how much the metrics of every two compared methods differ on float features, with intervals (FLOAT_COLUMNS).

    Where there are several seeds, rows for all of them together, too. Raises DataError if a comparison lacks a run, or a run its
    float features.
    """
    rows: list[tuple[object, ...]] = []
    for method, against in dict.fromkeys((c.method, c.against) for c in experiment.resolved_comparisons()):
        cuts = by_seed(by_run, Comparison(method, against, "", ""))
        for (cut, runs), metric in product(cuts.items(), metrics):
            floats = {
                seed: [float_samples(run, by_run[run])[metric.name] for run in pair] for seed, pair in runs.items()
            }
            differences = {seed: test - anchor for seed, (anchor, test) in floats.items()}
            for seed, values in with_all(differences, experiment.statistics).items():
                ends = with_interval(values, experiment.statistics)
                rows.append((cut, method, against, seed, metric.name, values[0], *ends))
    return pd.DataFrame(rows, columns=list(FLOAT_COLUMNS))


def with_all(of_seeds: Mapping[int, FloatArray], bootstrap: StatisticsConfig) -> dict[str, FloatArray]:
    """Return every seed's replicates under its name and, of several seeds, those of all under ALL_SEEDS."""
    named = {str(seed): of_seeds[seed] for seed in sorted(of_seeds)}
    return named | ({ALL_SEEDS: over_seeds(list(of_seeds.values()), bootstrap)} if len(of_seeds) > 1 else {})


def float_samples(run: Run, samples: RunSamples) -> Samples:
    """Return the samples of a run's float features. Raises DataError if they were not evaluated."""
    if (UNCODED, FLOAT) not in samples:
        raise DataError(f"{run.id}: no scores of {UNCODED}/{FLOAT}; rerun the stage evaluate")
    return samples[UNCODED, FLOAT]
