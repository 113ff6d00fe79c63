"""Rate-metric curves: their order, their Pareto frontier, and how much of their metric ranges they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """The operating points of one run on one ladder, by rising rate (the better first where rates are equal).

    Attributes:
        rate: (P,), in any unit that both curves of a comparison share; > 0.
        metric: (P,), higher is better.
    """

    rate: FloatArray
    metric: FloatArray

    @classmethod
    def of(cls, rate: ArrayLike, metric: ArrayLike) -> Curve:
        """Make a curve of points in any order."""
        rates, metrics = np.asarray(rate, dtype=np.float64), np.asarray(metric, dtype=np.float64)
        order = np.lexsort((-metrics, rates))
        return cls(rates[order], metrics[order])

    def __len__(self) -> int:
        return len(self.rate)

    @property
    def measured(self) -> bool:
        """Whether every point has a finite metric and a positive rate."""
        return bool(np.isfinite(self.metric).all() and np.isfinite(self.rate).all() and (self.rate > 0).all())

    @property
    def monotone(self) -> bool:
        """Whether every point that costs more than another is also better than it."""
        return bool((np.diff(self.rate) > 0).all() and (np.diff(self.metric) > 0).all())

    def minus(self, uncoded: float) -> Curve:
        """Return the curve of the metric minus that without coding: what coding costs."""
        return Curve(self.rate, self.metric - uncoded)

    def frontier(self) -> Curve:
        """Return the Pareto-efficient points: those better than every point that costs no more."""
        if not len(self):
            return self
        best_before = np.concatenate(([-np.inf], np.maximum.accumulate(self.metric)[:-1]))
        kept = self.metric > best_before
        return Curve(self.rate[kept], self.metric[kept])


def shared_range(anchor: Curve, test: Curve) -> tuple[float, float]:
    """Return the lowest and highest metric that both curves reach; low > high where they share none."""
    low = max(anchor.metric.min(), test.metric.min())
    high = min(anchor.metric.max(), test.metric.max())
    return float(low), float(high)


def overlap(anchor: Curve, test: Curve) -> float:
    """Return the metric range that both curves reach, as a share (0..1) of the range that either reaches.

    This is the definition of the library ``bjontegaard``. Two curves that are the same single value share all (1).
    """
    low, high = shared_range(anchor, test)
    union = max(anchor.metric.max(), test.metric.max()) - min(anchor.metric.min(), test.metric.min())
    return float(max(high - low, 0.0) / union) if union > 0 else 1.0


def overlap_of_smaller(anchor: Curve, test: Curve) -> float:
    """Return the metric range that both curves reach, as a share (0..1) of the smaller of their two ranges.

    A longer ladder on one side, which reaches lower metrics as well, does not change it: what the other curve covers is still
    compared. It is the same when the curves change places.
    """
    low, high = shared_range(anchor, test)
    smaller = min(float(np.ptp(anchor.metric)), float(np.ptp(test.metric)))
    if smaller > 0:
        return max(high - low, 0.0) / smaller
    return 1.0 if high >= low else 0.0
