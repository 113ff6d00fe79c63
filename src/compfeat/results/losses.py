"""How much worse a metric is than another value of it, and the losses at which rates are given."""

from __future__ import annotations

from compfeat.tasks.base import Metric

ABSOLUTE = {"": (0.001, 0.01, 0.05), "dB": (0.1, 0.5, 1.0)}
"""Losses of metrics where higher is better, in the metric's unit, by that unit."""
PERCENT = (1.0, 5.0)
"""Relative losses of the others, and those at which methods are compared."""


def operating_values(metric: Metric, uncoded: float) -> list[tuple[float, str, float]]:
    """Return the losses at which the rates of a metric are given: loss, its unit, and the metric that is worse by it."""
    if metric.higher_is_better and metric.unit in ABSOLUTE:
        return [(loss, loss_unit(metric), uncoded - loss) for loss in ABSOLUTE[metric.unit]]
    return [(loss, f"% of {metric.label}", uncoded * relative(metric, loss)) for loss in PERCENT]


def loss_unit(metric: Metric) -> str:
    """Return the unit of ``worse``: the metric's own, or % of it where lower is better."""
    return (metric.unit or metric.label) if metric.higher_is_better else f"% of {metric.label}"


def worse(metric: Metric, difference: float, anchor: float) -> float:
    """Return how much worse a metric got, in the unit of ``loss_unit``, from its difference and the anchor's value."""
    return -difference if metric.higher_is_better else 100.0 * difference / anchor


def relative(metric: Metric, percent: float) -> float:
    """Return by what factor a metric changes that gets worse by a relative loss."""
    return 1 - percent / 100 if metric.higher_is_better else 1 + percent / 100
