"""Many curves at once, as a bootstrap needs them: BD-rates by PCHIP, and rates at a loss, of every resample in one go.

The BD-rates are those of ``delta_rate.compare`` with the fit ``pchip``, but for rounding before the last digit, which a test checks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compfeat.results.curves import FloatArray
from compfeat.results.delta_rate import DECIMALS, MIN_OVERLAP, MIN_POINTS

MAX_REFUSED = 0.1
"""Above this share of refused resamples there is no interval: those left are a selection, not a sample."""


def drawn_counts(n_images: int, resamples: int, seed: int) -> FloatArray:
    """Return how often each image is drawn, (1 + R, N); the first row is ones: every image once."""
    drawn = np.random.default_rng(seed).multinomial(n_images, np.full(n_images, 1 / n_images), size=resamples)
    return np.concatenate([np.ones((1, n_images)), drawn.astype(np.float64)])


def interval(replicates: FloatArray, confidence: float) -> tuple[float, float]:
    """Return the percentile interval of the replicates that are numbers; nan where more than MAX_REFUSED are none."""
    kept = replicates[np.isfinite(replicates)]
    if not kept.size or replicates.size - kept.size > MAX_REFUSED * replicates.size:
        return float("nan"), float("nan")
    low, high = np.quantile(kept, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Curves:
    """One curve per row, by rising rate; cells after the last point are nan.

    Attributes:
        log_rate: (R, P).
        metric: (R, P), higher is better.
        size: (R,), how many points the curve has; 0 where a point was not measured.
    """

    log_rate: FloatArray
    metric: FloatArray
    size: NDArray[np.intp]

    @classmethod
    def of(cls, rate: FloatArray, metric: FloatArray, frontier: bool = True) -> Curves:
        """Make curves of points in any order, (R, P): of all, or of the Pareto-efficient ones."""
        order = np.lexsort((-metric, rate), axis=-1)
        rate, metric = np.take_along_axis(rate, order, axis=1), np.take_along_axis(metric, order, axis=1)
        measured = (np.isfinite(metric) & np.isfinite(rate) & (rate > 0)).all(axis=1, keepdims=True)
        kept = np.broadcast_to(measured, rate.shape).copy()
        if frontier:
            kept[:, 1:] &= metric[:, 1:] > np.maximum.accumulate(metric, axis=1)[:, :-1]
            order = np.argsort(~kept, axis=1, kind="stable")
            rate, metric = np.take_along_axis(rate, order, axis=1), np.take_along_axis(metric, order, axis=1)
            kept = np.take_along_axis(kept, order, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return cls(np.where(kept, np.log(rate), np.nan), np.where(kept, metric, np.nan), kept.sum(axis=1))

    def last(self, values: FloatArray, back: int = 0) -> FloatArray:
        """Return each row's value at the last point, or ``back`` points before it."""
        ends: FloatArray = np.take_along_axis(values, np.maximum(self.size - 1 - back, 0)[:, None], axis=1)[:, 0]
        return ends

    def segment(self, at: FloatArray) -> NDArray[np.intp]:
        """Return the first point (R, 1) of the two that the metric ``at`` (R,) lies between."""
        before = (self.metric <= at[:, None]).sum(axis=1) - 1
        starts: NDArray[np.intp] = np.clip(before, 0, np.maximum(self.size - 2, 0))[:, None]
        return starts

    @property
    def rising(self) -> NDArray[np.bool_]:
        """Whether both rate and metric rise from point to point, (R,)."""
        steps = [np.diff(values, axis=1) for values in (self.log_rate, self.metric)]
        both: NDArray[np.bool_] = np.logical_and.reduce([(np.isnan(step) | (step > 0)).all(axis=1) for step in steps])
        return both


def bd_rates(anchor: Curves, test: Curves) -> FloatArray:
    """Return the BD-rate (%) of each row, (R,); nan where ``delta_rate.compare`` would refuse it."""
    both = (anchor, test)
    fitted = np.logical_and.reduce([(curves.size >= MIN_POINTS) & curves.rising for curves in both])
    rates: FloatArray = np.full(len(fitted), np.nan)
    if not fitted.any():
        return rates
    lows, highs = [curves.metric[:, 0] for curves in both], [curves.last(curves.metric) for curves in both]
    low, high = np.maximum(*lows), np.minimum(*highs)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        shared = np.maximum(high - low, 0) / np.minimum(
            *(top - bottom for top, bottom in zip(highs, lows, strict=True))
        )
        of_anchor, of_test = (_area(curves, high) - _area(curves, low) for curves in both)
        percent = np.round(100 * np.expm1((of_test - of_anchor) / (high - low)), DECIMALS)
        accepted = fitted & (shared >= MIN_OVERLAP) & np.isfinite(percent)
    rates[accepted] = percent[accepted]
    return rates


def rates_at(curves: Curves, metric: FloatArray) -> FloatArray:
    """Return the rate at which each curve has ``metric`` (R,), log-linear between points; nan if it does not get there."""
    if not curves.metric.shape[1]:
        return np.full(len(metric), np.nan)
    start = curves.segment(metric)
    end = np.minimum(start + 1, np.maximum(curves.size - 1, 0)[:, None])
    (x, y), (x_end, y_end) = (
        [np.take_along_axis(values, at, axis=1)[:, 0] for values in (curves.metric, curves.log_rate)]
        for at in (start, end)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = (curves.metric[:, 0] <= metric) & (metric <= curves.last(curves.metric))
        share = np.where(x_end > x, (metric - x) / (x_end - x), 0.0)
        return np.where(inside, np.exp(y + share * (y_end - y)), np.nan)


def not_reached(curves: Curves, metric: FloatArray) -> str:
    """Return why the first curve has no rate at ``metric`` (R,); empty if it has one."""
    if not curves.size[0]:
        return "refused: no points on this ladder, or one of them lacks this metric"
    if metric[0] > curves.last(curves.metric)[0]:
        return "not reached: all points lose more"
    return "not reached: all points lose less" if metric[0] < curves.metric[0, 0] else ""


def _area(curves: Curves, until: FloatArray) -> FloatArray:
    """Return the integral of each row's PCHIP from its first point to the metric ``until``: Fritsch and Butland's slopes."""
    x, y = curves.metric, curves.log_rate
    step = np.diff(x, axis=1)
    secant = np.diff(y, axis=1) / step
    slope = np.empty_like(x)
    before, after = step[:, :-1] + 2 * step[:, 1:], 2 * step[:, :-1] + step[:, 1:]
    slope[:, 1:-1] = (before + after) / (before / secant[:, :-1] + after / secant[:, 1:])
    slope[:, 0] = _end_slope(step[:, 0], step[:, 1], secant[:, 0], secant[:, 1])
    ends = [curves.last(values, back) for values in (step, secant) for back in (1, 2)]
    np.put_along_axis(slope, np.maximum(curves.size - 1, 0)[:, None], _end_slope(*ends)[:, None], axis=1)
    square = (3 * secant - 2 * slope[:, :-1] - slope[:, 1:]) / step
    cube = (slope[:, :-1] + slope[:, 1:] - 2 * secant) / step**2
    coefficients = (y[:, :-1], slope[:, :-1] / 2, square / 3, cube / 4)
    whole = sum(own * step ** (k + 1) for k, own in enumerate(coefficients))
    until_segment = np.concatenate([np.zeros((len(x), 1)), np.cumsum(whole, axis=1)], axis=1)
    start = curves.segment(until)
    rest = until - np.take_along_axis(x, start, axis=1)[:, 0]
    own = [np.take_along_axis(values, start, axis=1)[:, 0] for values in (until_segment, *coefficients)]
    area: FloatArray = own[0] + sum(values * rest ** (k + 1) for k, values in enumerate(own[1:]))
    return area


def _end_slope(step: FloatArray, next_step: FloatArray, secant: FloatArray, next_secant: FloatArray) -> FloatArray:
    """Return the slope at an end of curves that rise: of the parabola through three points, but not below 0."""
    return np.maximum(((2 * step + next_step) * secant - step * next_secant) / (step + next_step), 0.0)
