"""Bjontegaard-delta rates: what a method costs in bits at equal task performance (%), or why that has no answer.

Source: docs/explanation/method.md, "BD-rate". The fits are those of the library ``bjontegaard``; this module
decides which of them mean anything. A refused number is never given out: its cell is empty and the verdict says why.
Cubics are fitted by LAPACK, in the order of additions that compfeat.determinism chooses; the piecewise fits use no matrix product.
The library's cubic is ill-conditioned (a metric's powers, not centred): processors were found to differ by 2e-8 percentage points, so
BD-rates are rounded to DECIMALS.

Why only efficient points are fitted (``Rules.frontier``), and how little that favours a curve:
docs/explanation/statistics.md, "The frontier".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from compfeat.results.curves import Curve, FloatArray, overlap, overlap_of_smaller, shared_range

FITS = ("cubic", "pchip", "akima")
HEADLINE_FIT = "pchip"
"""The fit of the headline: it passes through every point and never overshoots them."""
MIN_OVERLAP = 0.5
"""Below this share of the smaller of both metric ranges a comparison is refused."""
MIN_POINTS = 4
"""Of either curve that is fitted: a cubic has 4 coefficients."""
WARN_OVERLAP = 0.75
"""Below this share of the union of both metric ranges (the library's own threshold) the verdict carries a warning."""
FIT_STEPS = 1000
"""Steps over the shared metric range at which a fitted function is checked to rise."""
DECIMALS = 4
"""Of a BD-rate in percent."""
NAN = float("nan")

Interpolator = Callable[[FloatArray], FloatArray]
Fit = Callable[[Curve, Curve], tuple[float, Interpolator, Interpolator]]
"""From anchor and test to BD-rate (%) and the two fitted functions from metric to log rate."""


@dataclass(frozen=True)
class Rules:
    """What a comparison must fulfil.

    Attributes:
        frontier: fit the Pareto-efficient points only, rather than refuse a curve that is not monotone.
        check_fit: refuse a fitted function that is not monotone where it is integrated, rather than warn of it.
    """

    frontier: bool = False
    check_fit: bool = True


@dataclass(frozen=True)
class Outcome:
    """One comparison.

    Attributes:
        bd_rate_percent: change of rate at equal metric, negative is a saving; None where refused.
        overlap: shared metric range of the fitted points, as a share of their union; nan if not measurable.
        monotone: whether both raw curves rise strictly.
        n_anchor: points of the anchor that enter the fit.
        n_test: points of the test that enter the fit.
        dropped: points left out, on both curves together.
        verdict: "ok", "ok; warning: ..." or "refused: ...".
    """

    bd_rate_percent: float | None
    overlap: float
    monotone: bool
    n_anchor: int
    n_test: int
    dropped: int
    verdict: str


def library_fit(name: str) -> Fit:
    """Return the library's fit: ``cubic`` (least squares, one polynomial), ``pchip`` or ``akima`` (piecewise)."""
    import bjontegaard  # which imports matplotlib

    def fit(anchor: Curve, test: Curve) -> tuple[float, Interpolator, Interpolator]:
        percent, of_anchor, of_test = bjontegaard.bd_rate(
            anchor.rate,
            anchor.metric,
            test.rate,
            test.metric,
            method=name,
            require_matching_points=False,
            interpolators=True,
            min_overlap=0,  # this module refuses or warns in its own words
        )
        return float(percent), of_anchor, of_test

    return fit


def compare(anchor: Curve, test: Curve, fit: Fit, rules: Rules) -> Outcome:
    """Return the BD-rate of ``test`` against ``anchor``, or the reason why it is refused."""
    fitted = (anchor.frontier(), test.frontier()) if rules.frontier else (anchor, test)
    reason = _refusal(anchor, test, fitted, rules)
    percent, verdict = (None, f"refused: {reason}") if reason else _fitted(*fitted, fit, rules)
    return Outcome(
        bd_rate_percent=percent,
        overlap=overlap(*fitted) if anchor.measured and test.measured and all(len(c) for c in fitted) else NAN,
        monotone=anchor.measured and test.measured and anchor.monotone and test.monotone,
        n_anchor=len(fitted[0]),
        n_test=len(fitted[1]),
        dropped=len(anchor) + len(test) - len(fitted[0]) - len(fitted[1]),
        verdict=verdict,
    )


def _refusal(anchor: Curve, test: Curve, fitted: tuple[Curve, Curve], rules: Rules) -> str | None:
    """Return why these curves must not be fitted, or None."""
    for who, raw, used in (("anchor", anchor, fitted[0]), ("test", test, fitted[1])):
        if not len(raw):
            return f"the {who} has no points on this ladder"
        if not raw.measured:
            return f"the {who} lacks this metric at some point (task not trained, or no finite value)"
        if len(used) < MIN_POINTS:
            left = f" of {len(raw)} on its frontier" if rules.frontier else ""
            return f"the {who} has {len(used)} points{left}, at least {MIN_POINTS} are needed"
        if not used.monotone:
            return f"the metric of the {who} does not rise strictly with the rate"
    shared = overlap_of_smaller(*fitted)
    if shared < MIN_OVERLAP:
        least = f"at least {100 * MIN_OVERLAP:.0f} % is needed"
        return f"the curves share {100 * shared:.0f} % of the smaller of their metric ranges, {least}"
    return None


def _fitted(anchor: Curve, test: Curve, fit: Fit, rules: Rules) -> tuple[float | None, str]:
    """Return the BD-rate and its verdict; refuse a fit that fails or is not monotone where it is integrated."""
    notes = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            percent, *functions = fit(anchor, test)
        except (ValueError, AssertionError, ArithmeticError, np.linalg.LinAlgError) as error:
            return None, f"refused: the fit failed ({error or type(error).__name__})"
    low, high = shared_range(anchor, test)
    for who, function in zip(("anchor", "test"), functions, strict=True):
        if not _rises(function, low, high):
            notes.append(f"the fit of the {who} is not monotone on the shared metric range")
    if notes and rules.check_fit:
        return None, f"refused: {notes[0]}"
    if not np.isfinite(percent):
        return None, "refused: the fit gives no finite number"
    shared = overlap(anchor, test)
    if shared < WARN_OVERLAP:
        notes.append(f"the curves share only {100 * shared:.0f} % of their metric range")
    notes += sorted({" ".join(str(warning.message).split()) for warning in caught})
    return round(percent, DECIMALS), "; ".join(["ok", *(f"warning: {note}" for note in notes)])


def _rises(function: Interpolator, low: float, high: float) -> bool:
    """Return whether the fitted log rate never falls from metric ``low`` to ``high``, but for rounding."""
    steps = np.diff(np.asarray(function(np.linspace(low, high, FIT_STEPS + 1)), dtype=np.float64))
    return bool((steps >= -1e-9).all())
