"""The bootstrap: what it says of cases whose answer is known, and that it repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from compfeat.grid import Point, Run
from compfeat.metrics.images import aggregate
from compfeat.results.bootstrap import (
    ALL_SEEDS,
    Plan,
    Samples,
    bd_replicates,
    image_counts,
    interval,
    interval_cells,
    interval_tables,
    over_seeds,
    point_intervals,
    point_samples,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from compfeat.results._bd_rate import Rules
from compfeat.results.points import Measured

PLAN = Plan(resamples=40, confidence=0.9, seed=3)
N = 30
QUALITIES = ("qp10", "qp20", "qp30", "qp40", "qp46")
NETWORK: dict[str, Any] = {}


def measured(run: Run, quality: str, factor: float = 1.0, codec: str = "hevc") -> Measured:
    """Return a point whose metrics get worse and whose bytes get fewer from one quality to the next."""
    rng = np.random.default_rng(5)  # the same images for every point
    level = QUALITIES.index(quality) if quality in QUALITIES else 0
    pixels = 400
    images = pd.DataFrame(
        {
            "image_id": [f"{i:03d}" for i in range(N)],
            "sse_reconstruction": rng.uniform(1, 2, N) * 1.5**level,
            "n_reconstruction": pixels,
            "sse_disparity": rng.uniform(10, 20, N) * 1.4**level,
            "n_disparity": pixels,
        }
    )
    wrong = rng.integers(5, 20, (N, 3)) + 4 * level
    confusion = np.array([np.diag(100 - w) + np.roll(np.diag(w), 1, axis=1) for w in wrong])
    ledger = None
    if codec != "none":
        payload = np.round(rng.uniform(900, 1100, N) * 0.6**level * factor * 1000)
        columns = {"image_id": images["image_id"], "payload_bytes": payload, "header_bytes": 0, "side_info_bytes": 0}
        ledger = pd.DataFrame(columns)
    return Measured(Point(run, codec, quality), NETWORK, images, confusion, ledger)


def all_samples(factors: dict[str, float], seeds: tuple[int, ...] = (0,), plan: Plan = PLAN) -> dict[Point, Samples]:
    counts = image_counts(N, plan)
    points: dict[Point, Samples] = {}
    for loss, factor in factors.items():
        for seed in seeds:
            run = Run("c256", loss, seed)
            made = [
                measured(run, "float", codec="none"),
                *(measured(run, q, factor * (1 + 0.1 * seed)) for q in QUALITIES),
            ]
            points |= {m.point: point_samples(m, counts) for m in made}
    return points


def test_all_images_as_they_are_give_the_metrics_of_the_points_table() -> None:
    point = measured(Run("c256", "baseline", 0), "qp20")
    samples = point_samples(point, image_counts(N, PLAN))
    expected = aggregate(point.images, point.confusion)
    for name in ("miou", "psnr_db", "rmse"):
        assert samples[name][0] == pytest.approx(expected[name], rel=1e-12)
        assert len(samples[name]) == PLAN.resamples + 1
    assert point.ledger is not None
    assert samples["rate"][0] == pytest.approx(point.ledger["payload_bytes"].mean())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_a_resample_is_what_the_drawn_images_give(seed: int) -> None:
    point = measured(Run("c256", "baseline", 0), "qp30")
    counts = image_counts(N, Plan(3, 0.9, seed))
    samples = point_samples(point, counts)
    drawn = np.repeat(np.arange(N), counts[2].astype(int))
    assert len(drawn) == N and point.confusion is not None
    expected = aggregate(point.images.iloc[drawn], point.confusion[drawn])
    for name in ("miou", "psnr_db", "rmse"):
        assert samples[name][2] == pytest.approx(expected[name], rel=1e-12)


def test_every_point_has_an_interval_of_its_rate_and_metrics() -> None:
    points = all_samples({"baseline": 1.0, "compressible": 0.8})
    table = point_intervals(points, PLAN)
    assert len(table) == 2 * (4 * len(QUALITIES) + 3), "five coded points with four values, the float one with three"
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    key = {"loss": "compressible", "quality": "qp30", "metric": "bytes_per_image"}
    row = table[(table[list(key)] == pd.Series(key)).all(axis=1)].iloc[0]
    replicates = points[Point(Run("c256", "compressible", 0), "hevc", "qp30")]["rate"]
    inside = (replicates[1:] >= row["low"]) & (replicates[1:] <= row["high"])
    assert inside.mean() == pytest.approx(PLAN.confidence, abs=1.5 / PLAN.resamples)


def test_images_without_a_scored_pixel_are_skipped() -> None:
    point = measured(Run("c256", "baseline", 0), "qp20")
    point.images.loc[4, ["sse_disparity", "n_disparity"]] = 0
    samples = point_samples(point, image_counts(N, PLAN))
    assert np.isfinite(samples["rmse"]).all()
    assert samples["rmse"][0] == pytest.approx(aggregate(point.images, point.confusion)["rmse"])


@pytest.mark.parametrize("metric", ["miou", "psnr_db", "inv_rmse"])
@pytest.mark.parametrize("factor", [1.0, 0.75, 1.2])
def test_a_factor_on_all_bytes_is_the_bd_rate_in_every_resample(metric: str, factor: float) -> None:
    """The resample is the same for both losses, so what the images do cancels."""
    points = all_samples({"baseline": 1.0, "compressible": factor})
    sides = [
        [s for p, s in points.items() if p.run.loss == loss and p.codec == "hevc"]
        for loss in ("baseline", "compressible")
    ]
    replicates = bd_replicates(sides[0], sides[1], metric, Rules(frontier=True))
    assert replicates == pytest.approx(np.full(PLAN.resamples + 1, 100 * (factor - 1)), abs=1e-3)


def test_tables_name_every_cell_and_repeat() -> None:
    points = all_samples({"baseline": 1.0, "compressible": 0.8})
    bd_rates, floats = interval_tables(points, {"hevc": ["hevc"]}, Rules(frontier=True), PLAN)
    assert bd_rates["metric"].tolist() == ["miou", "psnr_db", "inv_rmse"]
    assert (bd_rates["seed"] == "0").all() and (bd_rates["verdict"] == "ok").all()
    assert floats["difference"].tolist() == [0, 0, 0]
    again, _ = interval_tables(
        all_samples({"baseline": 1.0, "compressible": 0.8}), {"hevc": ["hevc"]}, Rules(frontier=True), PLAN
    )
    pd.testing.assert_frame_equal(bd_rates, again)


def test_several_seeds_get_rows_of_all_together_and_their_spread() -> None:
    points = all_samples({"baseline": 1.0, "compressible": 0.8}, seeds=(0, 1))
    for point in list(points):
        if point.run.loss == "compressible" and point.run.seed == 1 and "rate" in points[point]:
            points[point]["rate"] = points[point]["rate"] * 0.5
    bd_rates, _ = interval_tables(points, {"hevc": ["hevc"]}, Rules(frontier=True), PLAN)
    own = bd_rates[bd_rates["metric"] == "psnr_db"]
    assert own["seed"].tolist() == ["0", "1", ALL_SEEDS]
    first, second, both = own["bd_rate_percent"].tolist()
    assert both == pytest.approx((first + second) / 2)
    assert own["low_percent"].tolist()[2] < both < own["high_percent"].tolist()[2]


def test_untrained_tasks_have_no_rows() -> None:
    points = all_samples({"baseline": 1.0, "compressible": 0.8})
    for samples in points.values():
        del samples["rmse"]
    bd_rates, floats = interval_tables(points, {"hevc": ["hevc"]}, Rules(frontier=True), PLAN)
    assert set(bd_rates["metric"]) == {"miou", "psnr_db"} and set(floats["metric"]) == {"miou", "psnr_db"}


def test_refused_resamples_are_counted_and_many_of_them_leave_no_interval() -> None:
    few = np.array([-5.0, *([-4.0] * 39), np.nan])
    many = np.array([-5.0, *([-4.0] * 20), *([np.nan] * 20)])
    refused = np.array([np.nan] * 41)
    told = [interval_cells(values, PLAN) for values in (few, many, refused)]
    assert [cells["n_refused"] for cells in told] == [1, 20, 40]
    assert told[0]["low_percent"] == -4.0 and told[0]["verdict"] == "ok"
    assert np.isnan(float(str(told[1]["low_percent"]))) and "20 of 40 resamples" in str(told[1]["verdict"])
    assert "refused" in str(told[2]["verdict"])


def test_an_interval_holds_its_share() -> None:
    assert interval(np.arange(101.0), 0.9) == pytest.approx((5.0, 95.0))
    assert all(np.isnan(end) for end in interval(np.array([np.nan]), 0.9))


def test_a_refused_seed_refuses_the_mean_over_seeds() -> None:
    replicates = over_seeds([np.full(41, -3.0), np.array([np.nan])], PLAN)
    assert np.isnan(replicates[0]) and len(replicates) == 41


def test_the_interval_of_a_mean_covers_the_truth_about_as_often_as_it_says() -> None:
    plan, rng, hits = Plan(200, 0.9, 0), np.random.default_rng(1), 0
    counts = image_counts(40, plan)
    for _ in range(200):
        values = rng.normal(7.0, 2.0, 40)
        low, high = interval(counts[1:] @ values / 40, plan.confidence)
        hits += low <= 7.0 <= high
    assert 0.82 <= hits / 200 <= 0.96
