from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compfeat.results.curves import Curve, overlap, overlap_of_smaller
from compfeat.results.delta_rate import DECIMALS, Rules, compare, library_fit
from compfeat.results.delta_rate import FITS as NAMES
from compfeat.results.published import authors_fit
from compfeat.results.resampled import Curves, bd_rates, not_reached, rates_at

FITS = {name: library_fit(name) for name in NAMES} | {"authors_cubic": authors_fit()}
RATE = np.array([0.5, 1.0, 1.8, 3.0, 5.0])
METRIC = np.array([0.30, 0.40, 0.46, 0.50, 0.525])


def _curve(steps: list[float], gains: list[float], start: float) -> Curve:
    n = min(len(steps), len(gains))
    return Curve.of(0.1 * np.cumprod(steps[:n]), start + np.cumsum(gains[:n]))


curves = st.builds(
    _curve,
    st.lists(st.floats(1.2, 2.5), min_size=5, max_size=7),
    st.lists(st.floats(0.02, 0.05), min_size=5, max_size=7),
    st.floats(0.2, 0.25),
)


@pytest.mark.parametrize("name", FITS)
@settings(max_examples=15, deadline=None)
@given(curve=curves, factor=st.floats(0.3, 3.0))
def test_scaling_the_rate(name: str, curve: Curve, factor: float) -> None:
    rules = Rules(check_fit=False)
    assert compare(curve, curve, FITS[name], rules).bd_rate_percent == pytest.approx(0.0, abs=1e-6)
    found = compare(curve, Curve.of(curve.rate * factor, curve.metric), FITS[name], rules)
    assert found.bd_rate_percent == pytest.approx(100.0 * (factor - 1.0), abs=10**-DECIMALS)
    assert found.overlap == 1.0
    assert found.verdict.startswith("ok")
    order = np.random.default_rng(0).permutation(len(curve))
    shuffled = Curve.of(curve.rate[order] * factor, curve.metric[order])
    assert compare(curve, shuffled, FITS[name], rules) == found


@pytest.mark.parametrize("name", FITS)
@settings(max_examples=15, deadline=None)
@given(one=curves, other=curves, frontier=st.booleans())
def test_exchanging_the_methods_inverts_the_ratio(name: str, one: Curve, other: Curve, frontier: bool) -> None:
    rules = Rules(frontier=frontier, check_fit=False)
    there, back = compare(one, other, FITS[name], rules), compare(other, one, FITS[name], rules)
    assert (there.bd_rate_percent is None) == (back.bd_rate_percent is None)
    if there.bd_rate_percent is not None and back.bd_rate_percent is not None:
        ratios = [1 + outcome / 100 for outcome in (there.bd_rate_percent, back.bd_rate_percent)]
        rounding = sum(ratios) * 10**-DECIMALS / 100
        assert ratios[0] * ratios[1] == pytest.approx(1.0, abs=1e-6 + rounding)


BENT = np.array([0.30, 0.40, 0.46, 0.50, 0.4997])


@pytest.mark.parametrize(
    ("rate", "metric", "rules", "reason"),
    [
        (RATE, METRIC + 1.0, Rules(), "share 0 %"),
        (RATE, METRIC + 0.13, Rules(), "share 42 % of the smaller of their metric ranges, at least 50 % is needed"),
        (RATE, BENT, Rules(), "does not rise strictly"),
        (RATE[:3], METRIC[:3], Rules(), "has 3 points, at least 4"),
        (RATE, METRIC[[0, 1, 2, 2, 2]], Rules(frontier=True), "has 3 points of 5 on its frontier"),
        (RATE[:0], METRIC[:0], Rules(), "no points"),
        (RATE[:0], METRIC[:0], Rules(frontier=True), "no points"),
        (RATE, np.append(METRIC[:4], np.nan), Rules(), "lacks this metric"),
        (RATE, np.append(METRIC[:4], np.inf), Rules(frontier=True), "lacks this metric"),
        (RATE, np.full(5, 0.4), Rules(), "does not rise strictly"),
    ],
)
@pytest.mark.parametrize("role", ["anchor", "test"])
def test_refuses_the_meaningless(rate: np.ndarray, metric: np.ndarray, rules: Rules, reason: str, role: str) -> None:
    good, bad = Curve.of(RATE, METRIC), Curve.of(rate, metric)
    pair = (bad, good) if role == "anchor" else (good, bad)
    for fit in FITS.values():
        found = compare(*pair, fit, rules)
        assert found.bd_rate_percent is None
        assert found.verdict.startswith("refused: ") and reason in found.verdict
        assert role in found.verdict or "share" in found.verdict


def test_refuses_a_bent_cubic_but_not_pchip() -> None:
    # A plateau of the rate between two steep ends: the least-squares cubic falls there, though the points rise.
    curve = Curve.of(np.exp([0.0, 2.4, 2.45, 2.55, 2.6, 5.0]), [0.0, 0.2, 0.35, 0.65, 0.8, 1.0])
    refused = compare(curve, curve, FITS["cubic"], Rules())
    assert refused.bd_rate_percent is None and "not monotone" in refused.verdict
    assert compare(curve, curve, FITS["pchip"], Rules()).verdict == "ok"
    warned = compare(curve, curve, FITS["cubic"], Rules(check_fit=False))
    assert warned.bd_rate_percent == pytest.approx(0.0, abs=1e-6) and "warning" in warned.verdict


def test_warnings_become_the_verdict_and_errors_a_refusal() -> None:
    def warns(anchor: Curve, test: Curve) -> tuple[float, np.poly1d, np.poly1d]:
        warnings.warn("mind the gap", stacklevel=1)
        return 1.0, np.poly1d([1, 0]), np.poly1d([1, 0])

    def fails(anchor: Curve, test: Curve) -> tuple[float, np.poly1d, np.poly1d]:
        raise ValueError("no such fit")

    def infinite(anchor: Curve, test: Curve) -> tuple[float, np.poly1d, np.poly1d]:
        return float("inf"), np.poly1d([1, 0]), np.poly1d([1, 0])

    curve = Curve.of(RATE, METRIC)
    assert compare(curve, curve, warns, Rules()).verdict == "ok; warning: mind the gap"
    assert compare(curve, curve, fails, Rules()).verdict == "refused: the fit failed (no such fit)"
    assert compare(curve, curve, infinite, Rules()).bd_rate_percent is None


def test_frontier_keeps_what_a_sender_would_choose() -> None:
    raw = Curve.of([1, 2, 2, 3, 4, 5], [0.3, 0.35, 0.4, 0.4, 0.39, 0.5])
    kept = raw.frontier()
    assert kept.rate.tolist() == [1, 2, 5] and kept.metric.tolist() == [0.3, 0.4, 0.5]
    assert kept.monotone and not raw.monotone
    found = compare(Curve.of(RATE, METRIC), Curve.of(RATE, BENT), FITS["pchip"], Rules(frontier=True))
    assert found.bd_rate_percent == pytest.approx(0.0, abs=1.5)
    assert (found.n_anchor, found.n_test, found.dropped, found.monotone) == (5, 4, 1, False)


def test_frontier_has_no_bias_between_equal_methods_and_little_from_saturation() -> None:
    """Noise at the saturated top of one curve alone moves the mean by far less than the effects that are reported."""
    rng = np.random.default_rng(0)
    rate = np.geomspace(0.3, 6, 9)
    clean = 0.5 - 0.25 * np.exp(-1.2 * rate)
    both, one = [], []
    for _ in range(150):
        a, b = (Curve.of(rate, clean + rng.normal(0, 0.0005, 9)) for _ in range(2))
        both.append(compare(a, b, FITS["pchip"], Rules(frontier=True)).bd_rate_percent)
        one.append(compare(Curve.of(rate, clean), b, FITS["pchip"], Rules(frontier=True)).bd_rate_percent)
    assert all(v is not None for v in both + one)
    assert abs(np.mean(np.array(both, dtype=float))) < 0.2
    assert abs(np.mean(np.array(one, dtype=float))) < 0.5


@pytest.mark.parametrize(
    ("one", "other", "of_union", "of_smaller"),
    [
        ([0, 2], [1, 3], 1 / 3, 1 / 2),
        ([0, 9], [1, 3], 2 / 9, 1),
        ([0, 1], [2, 3], 0, 0),
        ([1], [0, 3], 0, 1),
        ([4], [0, 3], 0, 0),
    ],
)
def test_overlap_is_a_share_of_the_union_and_what_refuses_one_of_the_smaller_range(
    one: list[float], other: list[float], of_union: float, of_smaller: float
) -> None:
    pair = [Curve.of(range(1, len(metric) + 1), metric) for metric in (one, other)]
    for a, b in (pair, pair[::-1]):
        assert overlap(a, b) == pytest.approx(of_union) and overlap_of_smaller(a, b) == pytest.approx(of_smaller)


LONG = Curve.of(
    np.concatenate([[0.01, 0.02, 0.05, 0.1, 0.2], RATE]), np.concatenate([[0.0, 0.05, 0.1, 0.15, 0.2], METRIC])
)
"""The curve of RATE and METRIC with as many low points again: 43 % of the union is shared, all of the smaller range."""


@pytest.mark.parametrize("longer", ["anchor", "test"])
def test_a_longer_ladder_on_one_side_is_a_warning(longer: str) -> None:
    short = Curve.of(RATE, METRIC)
    pair = (LONG, short) if longer == "anchor" else (short, LONG)
    found = compare(*pair, FITS["pchip"], Rules())
    assert found.bd_rate_percent == pytest.approx(0.0, abs=2.0)
    assert found.verdict == "ok; warning: the curves share only 43 % of their metric range"
    assert found.overlap == pytest.approx(0.225 / 0.525)


@settings(max_examples=60, deadline=None)
@given(one=curves, other=curves, frontier=st.booleans(), noise=st.integers(0, 2**31), by=st.floats(-0.05, 0.05))
def test_many_at_once_are_what_each_is_alone(one: Curve, other: Curve, frontier: bool, noise: int, by: float) -> None:
    """Also those that are refused: curves that bend, lack a value or share too little."""
    rng, rules = np.random.default_rng(noise), Rules(frontier=frontier)
    pair = []
    for curve, shift in ((one, 0.0), (other, by)):
        metric = curve.metric + shift + rng.normal(0, [[0.0], [0.001], [0.02], [0.05]], (4, len(curve)))
        metric[3, 0] = rng.choice([np.nan, metric[3, 0]])
        pair.append((np.tile(curve.rate, (4, 1)), metric))
    of_anchor, of_test = (Curves.of(rate, metric, frontier) for rate, metric in pair)
    found = bd_rates(of_anchor, of_test)
    for k, percent in enumerate(found):
        anchor, test = (Curve.of(rate[k], metric[k]) for rate, metric in pair)
        alone = compare(anchor, test, FITS["pchip"], rules).bd_rate_percent
        assert percent == pytest.approx(
            np.nan if alone is None else alone, abs=2 * 10**-DECIMALS, rel=1e-9, nan_ok=True
        )


def test_a_rate_at_a_loss_is_log_linear_between_efficient_points() -> None:
    rate, metric = np.array([[1.0, 4.0, 5.0, 16.0]] * 5), np.array([[0.1, 0.3, 0.2, 0.5]] * 5)
    targets = np.array([0.2, 0.1, 0.5, 0.09, 0.51])
    curves = Curves.of(rate, metric)
    assert rates_at(curves, targets) == pytest.approx([2.0, 1.0, 16.0, np.nan, np.nan], nan_ok=True)
    assert [not_reached(curves, np.roll(targets, -k)) for k in range(5)] == [
        *[""] * 3,
        "not reached: all points lose less",
        "not reached: all points lose more",
    ]
    for empty in (Curves.of(rate[:, :0], metric[:, :0]), Curves.of(rate, metric * np.nan)):
        assert np.isnan(rates_at(empty, targets)).all() and not_reached(empty, targets).startswith("refused: no points")
