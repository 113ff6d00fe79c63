"""The bootstrap: what it says of cases whose answer is known, and that it repeats."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compfeat.arrays import write_arrays
from compfeat.errors import DataError
from compfeat.experiment.config import Experiment, part_of
from compfeat.experiment.entries import StatisticsConfig
from compfeat.experiment.runs import FLOAT, UNCODED, Point, Run
from compfeat.results.bootstrap import (
    ALL_SEEDS,
    RATE,
    RESAMPLES,
    TOO_FEW,
    Samples,
    bd_rate_intervals,
    bd_replicates,
    float_intervals,
    image_counts,
    interval,
    interval_cells,
    of_different_images,
    over_seeds,
    point_samples,
)
from compfeat.results.delta_rate import Rules
from compfeat.results.measured import Measured, compared_metrics
from compfeat.results.tables import TABLES, Inputs
from compfeat.tasks.base import TASKS, Metric

PLAN = StatisticsConfig(resamples=40, confidence=0.9, seed=3)
N = 30
QUALITIES = ("qp10", "qp20", "qp30", "qp40", "qp46")
NAMES = ("segmentation", "reconstruction", "disparity")


METRICS = compared_metrics(NAMES)


def experiment(*others: str) -> Experiment:
    """Return the experiment of a comparison of each of ``others`` with the method old."""
    return part_of(
        {
            "methods": {name: {"training": name} for name in ("old", *others)},
            "codecs": {"hevc": {"qualities": QUALITIES}},
            "ladders": {"h": {"codecs": ("hevc",)}},
            "comparisons": [{"method": name, "against": "old"} for name in others],
            "bd_rate": {"frontier": True},
            "statistics": PLAN.model_dump(),
        }
    )


def interval_tables(
    points: dict[Point, Samples], *others: str, metrics: Sequence[Metric] = METRICS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the intervals of BD-rates and of differences on float features."""
    e = experiment(*others)
    return bd_rate_intervals(points, e, metrics), float_intervals(points, e, metrics)


def of_points(points: dict[Point, Samples], folder: Path) -> pd.DataFrame:
    """Return the intervals of points."""
    arrays = {f"{point.id}/{name}": values for point, own in points.items() for name, values in own.items()}
    write_arrays(folder / RESAMPLES, arrays)
    part = part_of({"tasks": NAMES, "statistics": PLAN.model_dump()})
    found = TABLES.get("point_intervals").make(Inputs(part, {"table": {RESAMPLES: folder / RESAMPLES}}))
    assert isinstance(found, pd.DataFrame)
    return found


def measured(run: Run, quality: str, factor: float = 1.0, codec: str = "hevc") -> Measured:
    """Return a point whose metrics get worse and whose bytes get fewer from one quality to the next."""
    rng = np.random.default_rng(5)  # the same images for every point
    level = QUALITIES.index(quality) if quality in QUALITIES else 0
    n = np.full(N, 400)
    scores: dict[str, dict[str, Any]] = {"reconstruction": {"sse": rng.uniform(1, 2, N) * 1.5**level, "n": n}}
    sse = rng.uniform(10, 20, N) * 1.4**level
    scores["disparity"] = {"sse": sse, "n": n.copy(), "sse_authors": sse, "n_authors": n}
    wrong = rng.integers(5, 20, (N, 3)) + 4 * level
    confusion = np.array([np.diag(100 - w) + np.roll(np.diag(w), 1, axis=1) for w in wrong])
    scores["segmentation"] = {"confusion": confusion}
    ids = [f"{i:03d}" for i in range(N)]
    ledger = None
    if codec != UNCODED:
        payload = np.round(rng.uniform(900, 1100, N) * 0.6**level * factor * 1000)
        ledger = pd.DataFrame({"image_id": ids, "payload_bytes": payload, "header_bytes": 0, "side_info_bytes": 0})
    return Measured(Point(run, codec, quality), ids, {}, {name: scores[name] for name in NAMES}, ledger, "features")


def expected(point: Measured, drawn: Any = slice(None)) -> dict[str, float]:
    """Return the metrics of chosen images, as of images that count once."""
    found: dict[str, float] = {}
    for task, scores in point.scores.items():
        own = {name: values[drawn] for name, values in scores.items()}
        values = TASKS.get(task)(()).measure(own, np.ones((1, len(next(iter(own.values()))))))
        found |= {name: float(value[0]) for name, value in values.items()}
    return found


def all_samples(
    factors: dict[str, float], seeds: tuple[int, ...] = (0,), plan: StatisticsConfig = PLAN
) -> dict[Point, Samples]:
    counts = image_counts(N, plan)
    points: dict[Point, Samples] = {}
    for method, factor in factors.items():
        for seed in seeds:
            run = Run("c256", method, seed)
            made = [
                measured(run, FLOAT, codec=UNCODED),
                *(measured(run, q, factor * (1 + 0.1 * seed)) for q in QUALITIES),
            ]
            points |= {m.point: point_samples(m, counts) for m in made}
    return points


def test_all_images_as_they_are_give_the_metrics_of_the_points_table() -> None:
    point = measured(Run("c256", "old", 0), "qp20")
    samples = point_samples(point, image_counts(N, PLAN))
    for name, value in expected(point).items():
        assert samples[name][0] == value
        assert len(samples[name]) == PLAN.resamples + 1
    assert point.ledger is not None
    assert samples[RATE][0] == pytest.approx(point.ledger["payload_bytes"].mean())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_a_resample_is_what_the_drawn_images_give(seed: int) -> None:
    point = measured(Run("c256", "old", 0), "qp30")
    counts = image_counts(N, StatisticsConfig(resamples=20, confidence=0.9, seed=seed))
    samples = point_samples(point, counts)
    drawn = np.repeat(np.arange(N), counts[2].astype(int))
    assert len(drawn) == N
    for name, value in expected(point, drawn).items():
        assert samples[name][2] == pytest.approx(value, rel=1e-12)


def test_every_point_has_an_interval_of_its_rate_and_metrics(tmp_path: Path) -> None:
    points = all_samples({"old": 1.0, "new": 0.8})
    table = of_points(points, tmp_path)
    assert len(table) == 2 * (4 * len(QUALITIES) + 3), "five coded points with four values, the float one with three"
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    key = {"method": "new", "quality": "qp30", "metric": "bytes_per_image"}
    row = table[(table[list(key)] == pd.Series(key)).all(axis=1)].iloc[0]
    replicates = points[Point(Run("c256", "new", 0), "hevc", "qp30")][RATE]
    inside = (replicates[1:] >= row["low"]) & (replicates[1:] <= row["high"])
    assert inside.mean() == pytest.approx(PLAN.confidence, abs=1.5 / PLAN.resamples)


def test_images_without_a_scored_pixel_are_skipped() -> None:
    point = measured(Run("c256", "old", 0), "qp20")
    for name in ("sse", "n"):
        point.scores["disparity"][name][4] = 0
    samples = point_samples(point, image_counts(N, PLAN))
    assert np.isfinite(samples["rmse"]).all()
    others = np.delete(np.arange(N), 4)
    assert samples["rmse"][0] == pytest.approx(expected(point, others)["rmse"])


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("factor", [1.0, 0.75, 1.2])
def test_a_factor_on_all_bytes_is_the_bd_rate_in_every_resample(metric: Metric, factor: float) -> None:
    """The resample is the same for both methods, so what the images do cancels."""
    points = all_samples({"old": 1.0, "new": factor})
    sides = [
        [s for p, s in points.items() if p.run.method == method and p.codec == "hevc"] for method in ("old", "new")
    ]
    replicates = bd_replicates(sides[0], sides[1], metric, Rules(frontier=True))
    assert replicates == pytest.approx(np.full(PLAN.resamples + 1, 100 * (factor - 1)), abs=1e-3)


def test_tables_name_every_cell_and_repeat() -> None:
    bd_rates, floats = interval_tables(all_samples({"old": 1.0, "new": 0.8}), "new")
    assert bd_rates["metric"].tolist() == ["miou", "psnr_db", "inv_rmse"]
    assert (bd_rates["seed"] == "0").all() and (bd_rates["verdict"] == "ok").all()
    assert floats["difference"].tolist() == [0, 0, 0]
    again, _ = interval_tables(all_samples({"old": 1.0, "new": 0.8}), "new")
    pd.testing.assert_frame_equal(bd_rates, again)


def test_every_comparison_has_its_own_rows() -> None:
    points = all_samples({"old": 1.0, "new": 0.8, "third": 0.5})
    bd_rates, floats = interval_tables(points, "new", "third")
    means = bd_rates.groupby(["method", "against"])["bd_rate_percent"].mean()
    assert means.to_dict() == pytest.approx({("new", "old"): -20.0, ("third", "old"): -50.0}, abs=1e-3)
    assert len(floats) == 2 * 3


def test_several_seeds_get_rows_of_all_together_and_their_spread() -> None:
    points = all_samples({"old": 1.0, "new": 0.8}, seeds=(0, 1))
    for point in list(points):
        if point.run.method == "new" and point.run.seed == 1 and RATE in points[point]:
            points[point][RATE] = points[point][RATE] * 0.5
    bd_rates, _ = interval_tables(points, "new")
    own = bd_rates[bd_rates["metric"] == "psnr_db"]
    assert own["seed"].tolist() == ["0", "1", ALL_SEEDS]
    first, second, both = own["bd_rate_percent"].tolist()
    assert both == pytest.approx((first + second) / 2)
    assert own["low_percent"].tolist()[2] < both < own["high_percent"].tolist()[2]


def test_tasks_that_the_run_does_not_have_have_no_rows() -> None:
    bd_rates, floats = interval_tables(
        all_samples({"old": 1.0, "new": 0.8}), "new", metrics=compared_metrics(NAMES[:2])
    )
    assert set(bd_rates["metric"]) == {"miou", "psnr_db"} and set(floats["metric"]) == {"miou", "psnr_db"}


def test_a_comparison_that_lacks_a_run_is_one_line() -> None:
    with pytest.raises(DataError, match="comparison of third with old: cut c256, seed 0 has one of them only"):
        interval_tables(all_samples({"old": 1.0, "new": 0.8}), "new", "third")
    with pytest.raises(DataError, match="neither has a run"):
        interval_tables({}, "new")


def test_refused_resamples_are_counted_and_many_of_them_leave_no_interval() -> None:
    few = np.array([-5.0, *([-4.0] * 39), np.nan])
    many = np.array([-5.0, *([-4.0] * 20), *([np.nan] * 20)])
    refused = np.array([np.nan] * 41)
    cells_of = [interval_cells(values, PLAN) for values in (few, many, refused)]
    assert [cells["n_refused"] for cells in cells_of] == [1, 20, 40]
    assert cells_of[0]["low_percent"] == -4.0 and cells_of[0]["verdict"] == "ok"
    assert np.isnan(float(str(cells_of[1]["low_percent"]))) and "20 of 40 resamples" in str(cells_of[1]["verdict"])
    assert "refused" in str(cells_of[2]["verdict"])


def test_an_interval_holds_its_share() -> None:
    assert interval(np.arange(101.0), 0.9) == pytest.approx((5.0, 95.0))
    assert all(np.isnan(end) for end in interval(np.array([np.nan]), 0.9))


FEW_RESAMPLES = PLAN.model_copy(update={"resamples": 19})


@pytest.mark.parametrize(("n_images", "plan"), [(1, PLAN), (9, PLAN), (10, FEW_RESAMPLES), (1, FEW_RESAMPLES)])
def test_too_few_images_or_resamples_are_not_resampled(n_images: int, plan: StatisticsConfig) -> None:
    assert image_counts(n_images, plan).tolist() == [[1.0] * n_images]
    assert len(image_counts(10, PLAN)) == 41 and len(image_counts(10, PLAN.model_copy(update={"resamples": 20}))) == 21


def test_what_is_not_resampled_has_no_interval_over_several_seeds_either(tmp_path: Path) -> None:
    whole = all_samples({"old": 1.0, "new": 0.8}, seeds=(0, 1))
    points = {point: {name: values[:1] for name, values in samples.items()} for point, samples in whole.items()}
    bd_rates, floats = interval_tables(points, "new")
    expected, _ = interval_tables(whole, "new")
    assert bd_rates["bd_rate_percent"].tolist() == expected["bd_rate_percent"].tolist()
    assert bd_rates["seed"].tolist() == ["0", "1", ALL_SEEDS] * 3 and set(bd_rates["verdict"]) == {TOO_FEW}
    for table, ends in (
        (bd_rates, ["low_percent", "high_percent"]),
        (floats, ["low", "high"]),
        (of_points(points, tmp_path), ["low", "high"]),
    ):
        assert table[ends].isna().all(axis=None) and (table["n_resamples"] == 0).all()


def test_copies_of_one_image_are_one_image() -> None:
    points = all_samples({"old": 1.0, "new": 0.8})
    assert of_different_images(points) == points, "two methods may be equal, images that all are say nothing"
    equal = {
        point: {name: np.full(41, values[0]) for name, values in samples.items()} for point, samples in points.items()
    }
    assert {len(v) for samples in of_different_images(equal).values() for v in samples.values()} == {1}


def test_a_metric_that_few_images_have_gets_no_interval() -> None:
    """A resample without any of them has no value: about a third where one image has it."""
    drawn = image_counts(N, PLAN)[1:, 0]
    assert all(np.isnan(end) for end in interval(np.where(drawn > 0, 0.5, np.nan), 0.9))


def test_a_refused_seed_refuses_the_mean_over_seeds() -> None:
    replicates = over_seeds([np.full(41, -3.0), np.array([np.nan])], PLAN)
    assert np.isnan(replicates[0]) and len(replicates) == 41


def test_the_interval_of_a_mean_covers_the_truth_about_as_often_as_it_says() -> None:
    plan, rng, hits = StatisticsConfig(resamples=200, confidence=0.9, seed=0), np.random.default_rng(1), 0
    counts = image_counts(40, plan)
    for _ in range(200):
        values = rng.normal(7.0, 2.0, 40)
        low, high = interval(counts[1:] @ values / 40, plan.confidence)
        hits += low <= 7.0 <= high
    assert 0.82 <= hits / 200 <= 0.96


def test_means_do_not_depend_on_how_the_processor_multiplies_matrices() -> None:
    code = (
        "import numpy as np; from compfeat.tasks.base import weighted_means as f; r = np.random.default_rng(0); "
        "print(f(r.normal(size=123), r.integers(0, 4, (50, 123)).astype(float)).tobytes().hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"OPENBLAS_CORETYPE": core}, capture_output=True, check=True
        ).stdout
        for core in ("Haswell", "Nehalem")
    }
    assert len(found) == 1
