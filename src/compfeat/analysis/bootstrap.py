"""How sure the numbers are of the images: a paired bootstrap of rates, metrics and BD-rates.

A resample draws as many validation images as there are, with replacement, and is the same for both losses and all points, so
that what makes an image hard or large cancels in a comparison (Efron and Tibshirani, An Introduction to the Bootstrap, 1993).
Every metric is computed from the resample as ``metrics.images.aggregate`` does from all images. Percentile intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.analysis.bd_rate import Rules, compare, library_fit
from compfeat.analysis.bd_table import ANCHOR_LOSS, BD_METRICS
from compfeat.analysis.curves import Curve, FloatArray
from compfeat.analysis.headline import FLOAT_METRICS, HEADLINE_METHOD
from compfeat.analysis.points import LEDGER_BYTES, Measured
from compfeat.grid import UNCODED, Point, Run, with_loss
from compfeat.metrics.regression import PSNR_CAP_DB

ALL_SEEDS = "all"
"""Stands in a seed's place where a row is about all seeds together."""
MAX_REFUSED = 0.1
"""Above this share of refused resamples there is no interval: those left are a selection, not a sample."""
INTERVAL_COLUMNS = (
    "bd_rate_percent",
    "low_percent",
    "high_percent",
    "confidence",
    "n_resamples",
    "n_refused",
    "verdict",
)
FLOAT_COLUMNS = ("cut", "loss", "seed", "metric", "difference", "low", "high", "confidence", "n_resamples")
POINT = ("cut", "loss", "seed", "codec", "quality")
POINT_COLUMNS = (*POINT, "metric", "value", "low", "high", "confidence", "n_resamples")
CELL = ("cut", "loss", "seed", "ladder", "metric", "method")

Samples = dict[str, FloatArray]
"""Of one point: ``rate`` (bytes an image; absent where nothing is coded), ``miou``, ``psnr_db``, ``rmse``, each (1 + R,).

Element 0 is of all images as they are, the others of the resamples. Tasks that were not trained are absent.
"""


@dataclass(frozen=True)
class Plan:
    """How much is resampled, and what interval is told.

    Attributes:
        resamples: R, how many.
        confidence: share of the resamples inside an interval, 0..1.
        seed: of the generator.
    """

    resamples: int
    confidence: float
    seed: int


def image_counts(n_images: int, plan: Plan) -> NDArray[np.float64]:
    """Return how often each image is drawn, (1 + R, N); the first row is ones: all images as they are."""
    drawn = np.random.default_rng(plan.seed).multinomial(n_images, np.full(n_images, 1 / n_images), size=plan.resamples)
    return np.concatenate([np.ones((1, n_images)), drawn.astype(np.float64)])


def point_samples(measured: Measured, counts: NDArray[np.float64]) -> Samples:
    """Return a point's rate and metrics under every row of ``counts``, (1 + R, N)."""
    samples: Samples = {}
    if measured.ledger is not None:
        samples["rate"] = counts @ measured.ledger[list(LEDGER_BYTES)].sum(axis=1).to_numpy(float) / counts.sum(axis=1)
    if measured.confusion is not None:
        samples["miou"] = _mious(np.asarray(measured.confusion, dtype=np.float64), counts)
    for metric, error in (("psnr_db", "reconstruction"), ("rmse", "disparity")):
        if f"sse_{error}" in measured.images.columns:
            sse, n = (measured.images[f"{kind}_{error}"].to_numpy(float) for kind in ("sse", "n"))
            mse = sse / np.where(n > 0, n, np.nan)
            floor = 10.0 ** (-PSNR_CAP_DB / 10.0)
            values = -10.0 * np.log10(np.maximum(mse, floor)) if metric == "psnr_db" else np.sqrt(mse)
            samples[metric] = _means(values, counts)
    return samples


def _means(values: FloatArray, counts: NDArray[np.float64]) -> FloatArray:
    """Return the mean of the scored images under every row of counts; an image without a scored pixel is nan."""
    scored = np.isfinite(values)
    result: FloatArray = counts[:, scored] @ values[scored] / counts[:, scored].sum(axis=1)
    return result


def _mious(matrices: FloatArray, counts: NDArray[np.float64]) -> FloatArray:
    """Return the mIoU of the summed confusion matrices (N, n, n) under every row of counts."""
    n = matrices.shape[1]
    sums = (counts @ matrices.reshape(len(matrices), -1)).reshape(-1, n, n)
    hits = np.diagonal(sums, axis1=1, axis2=2)
    union = sums.sum(axis=1) + sums.sum(axis=2) - hits
    with np.errstate(invalid="ignore", divide="ignore"):
        result: FloatArray = np.nanmean(np.where(union > 0, hits / union, np.nan), axis=1)
    return result


def interval(replicates: FloatArray, confidence: float) -> tuple[float, float]:
    """Return the percentile interval of the replicates that are numbers; nan where there are none."""
    kept = replicates[np.isfinite(replicates)]
    if not kept.size:
        return float("nan"), float("nan")
    low, high = np.quantile(kept, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def bd_replicates(anchor: Sequence[Samples], test: Sequence[Samples], metric: str, rules: Rules) -> FloatArray:
    """Return the BD-rate (%) of one ladder under every resample, (1 + R,); nan where refused."""
    name = FLOAT_METRICS[metric]
    if not anchor or not test or any(name not in samples for samples in (*anchor, *test)):
        return np.array([np.nan])
    rates, values = ([np.stack([s[key] for s in side], axis=1) for side in (anchor, test)] for key in ("rate", name))
    if metric == "inv_rmse":
        values = [1.0 / v for v in values]
    fit = library_fit(HEADLINE_METHOD)
    outcomes = (
        compare(Curve.of(ra, va), Curve.of(rt, vt), fit, rules).bd_rate_percent
        for ra, va, rt, vt in zip(rates[0], values[0], rates[1], values[1], strict=True)
    )
    return np.array([np.nan if percent is None else percent for percent in outcomes])


def interval_cells(replicates: FloatArray, plan: Plan) -> dict[str, object]:
    """Return the INTERVAL_COLUMNS of one cell from its BD-rates, the measured one first."""
    refused = int(np.isnan(replicates[1:]).sum())
    cells: dict[str, object] = {"bd_rate_percent": float(replicates[0]), "confidence": plan.confidence}
    cells |= {"n_resamples": len(replicates) - 1, "n_refused": refused}
    low = high = float("nan")
    if np.isnan(replicates[0]):
        verdict = "refused: no BD-rate (see bd_rate.csv)"
    elif refused > MAX_REFUSED * max(len(replicates) - 1, 1):
        verdict = f"no interval: {refused} of {len(replicates) - 1} resamples have no BD-rate"
    else:
        (low, high), verdict = interval(replicates[1:], plan.confidence), "ok"
    return cells | {"low_percent": low, "high_percent": high, "verdict": verdict}


def over_seeds(by_seed: Sequence[FloatArray], plan: Plan) -> FloatArray:
    """Return the mean BD-rate over resampled seeds, (1 + R,): every resample draws its seeds with replacement.

    Element 0 is the mean over the seeds as they are. nan where a drawn seed was refused, or is refused as measured.
    """
    table = np.stack([np.broadcast_to(r, (plan.resamples + 1,)) if r.size == 1 else r for r in by_seed])
    drawn = np.random.default_rng([plan.seed, 1]).integers(0, len(table), (plan.resamples, len(table)))
    resampled = table[drawn.T, np.arange(1, plan.resamples + 1)].mean(axis=0)
    return np.concatenate([[table[:, 0].mean()], resampled])


def interval_tables(
    points: Mapping[Point, Samples], ladders: Mapping[str, Sequence[str]], rules: Rules, plan: Plan
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the intervals of the BD-rates (CELL and INTERVAL_COLUMNS) and of the float metrics' differences (FLOAT_COLUMNS).

    Of each loss against the baseline of its cut and seed; where there are several seeds, rows for all of them together too.
    Cells of tasks that were not trained are left out.
    """
    cells: dict[tuple[str, str, str, str], dict[int, FloatArray]] = {}
    floats: dict[tuple[str, str, str], dict[int, FloatArray]] = {}
    for run in sorted({point.run for point in points if point.run.loss != ANCHOR_LOSS}):
        for metric in BD_METRICS:
            pair = [points[Point(r, UNCODED, "float")] for r in (with_loss(run, ANCHOR_LOSS), run)]
            name = FLOAT_METRICS[metric]
            if any(name not in samples for samples in pair):
                continue
            floats.setdefault((run.cut, run.loss, name), {})[int(run.seed)] = pair[1][name] - pair[0][name]
            for ladder in sorted(ladders):
                anchor, test = (_ladder(points, r, ladders[ladder]) for r in (with_loss(run, ANCHOR_LOSS), run))
                replicates = bd_replicates(anchor, test, metric, rules)
                cells.setdefault((run.cut, run.loss, ladder, metric), {})[int(run.seed)] = replicates
    rows = [
        dict(zip(CELL, (cut, loss, seed, ladder, metric, HEADLINE_METHOD), strict=True)) | interval_cells(values, plan)
        for (cut, loss, ladder, metric), by_seed in cells.items()
        for seed, values in with_all(by_seed, plan)
    ]
    float_rows = [
        [cut, loss, seed, name, values[0], *interval(values[1:], plan.confidence), plan.confidence, plan.resamples]
        for (cut, loss, name), by_seed in floats.items()
        for seed, values in with_all(by_seed, plan)
    ]
    return pd.DataFrame(rows, columns=[*CELL, *INTERVAL_COLUMNS]), pd.DataFrame(float_rows, columns=list(FLOAT_COLUMNS))


def point_intervals(points: Mapping[Point, Samples], plan: Plan) -> pd.DataFrame:
    """Return the intervals of every point's metrics and of its ``bytes_per_image`` (POINT_COLUMNS).

    They are of each point alone. What makes an image hard does not cancel in them as it does in a comparison, so two curves
    whose intervals overlap may well differ: that is for the intervals of the BD-rates to say.
    """
    rows = []
    for point in sorted(points):
        key = (point.run.cut, point.run.loss, point.run.seed, point.codec, point.quality)
        for name, values in points[point].items():
            metric = "bytes_per_image" if name == "rate" else name
            low_high = interval(values[1:], plan.confidence)
            rows.append([*key, metric, float(values[0]), *low_high, plan.confidence, plan.resamples])
    return pd.DataFrame(rows, columns=list(POINT_COLUMNS))


def with_all(by_seed: Mapping[int, FloatArray], plan: Plan) -> list[tuple[str, FloatArray]]:
    """Return every seed's replicates under its name and, of several seeds, those of all under ALL_SEEDS."""
    named = [(str(seed), by_seed[seed]) for seed in sorted(by_seed)]
    return named + ([(ALL_SEEDS, over_seeds(list(by_seed.values()), plan))] if len(by_seed) > 1 else [])


def _ladder(points: Mapping[Point, Samples], run: Run, codecs: Sequence[str]) -> list[Samples]:
    """Return the samples of a run's points with one of ``codecs``."""
    return [samples for point, samples in points.items() if point.run == run and point.codec in codecs]
