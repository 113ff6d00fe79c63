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
from compfeat.experiment.config import part_of
from compfeat.experiment.entries import StatisticsConfig
from compfeat.results.bootstrap import (
    INTERVAL_COLUMNS,
    RATE,
    RESAMPLES,
    TOO_FEW,
    Samples,
    image_counts,
    interval_cells,
    of_different_images,
    over_seeds,
    point_samples,
)
from compfeat.results.measured import Measured, compared_metrics
from compfeat.results.pairs import ALL_SEEDS
from compfeat.results.resampled import interval
from compfeat.results.tables.base import TABLES, Inputs
from compfeat.settings.runs import FLOAT, UNCODED, Point, Run
from compfeat.tasks.base import TASKS

PLAN = StatisticsConfig(resamples=40, confidence=0.9, seed=3)
N = 30
QUALITIES = ("qp10", "qp20", "qp30", "qp40", "qp46")
NAMES = ("segmentation", "reconstruction", "disparity")
METRICS = compared_metrics(NAMES)


def made(
    name: str, points: dict[Point, Samples], folder: Path, *others: str, tasks: Sequence[str] = NAMES
) -> pd.DataFrame:
    """Return a table of the samples of points, where each method of ``others`` is compared with the method old."""
    experiment = part_of(
        {
            "tasks": tasks,
            "methods": {name: {"training": name} for name in ("old", *others)},
            "codecs": {"hevc": {"qualities": QUALITIES}},
            "ladders": {"h": {"codecs": ("hevc",)}},
            "comparisons": [{"method": name, "against": "old"} for name in others],
            "bd_rate": {"frontier": True},
            "statistics": PLAN.model_dump(),
        }
    )
    arrays = {f"{point.id}/{key}": values for point, own in points.items() for key, values in own.items()}
    write_arrays(folder / RESAMPLES, arrays)
    found = TABLES.get(name).make(Inputs(experiment, {"table": {RESAMPLES: folder / RESAMPLES}}))
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


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_all_images_give_the_metrics_of_the_points_table_and_a_resample_those_of_the_drawn_images(seed: int) -> None:
    point = measured(Run("c256", "old", 0), "qp30")
    for name in ("sse", "n"):
        point.scores["disparity"][name][4] = 0  # An image without a scored pixel is skipped.
    counts = image_counts(N, StatisticsConfig(resamples=20, confidence=0.9, seed=seed))
    samples, drawn = point_samples(point, counts), np.repeat(np.arange(N), counts[2].astype(int))
    assert len(drawn) == N and point.ledger is not None
    assert samples[RATE][[0, 2]] == pytest.approx(
        [point.ledger["payload_bytes"].iloc[own].mean() for own in (slice(None), drawn)]
    )
    for name, value in expected(point, drawn).items():
        assert samples[name][0] == expected(point)[name] and len(samples[name]) == 21
        assert samples[name][2] == pytest.approx(value, rel=1e-12)
    others = np.delete(np.arange(N), 4)
    assert samples["rmse"][0] == pytest.approx(expected(point, others)["rmse"])


def test_every_point_has_an_interval_of_its_rate_and_metrics(tmp_path: Path) -> None:
    points = all_samples({"old": 1.0, "new": 0.8})
    table = made("point_intervals", points, tmp_path)
    assert len(table) == 2 * (4 * len(QUALITIES) + 3), "five coded points with four values, the float one with three"
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    row = table.query(f"method == 'new' and quality == 'qp30' and metric == '{RATE}'").iloc[0]
    replicates = points[Point(Run("c256", "new", 0), "hevc", "qp30")][RATE]
    inside = (replicates[1:] >= row["low"]) & (replicates[1:] <= row["high"])
    assert inside.mean() == pytest.approx(PLAN.confidence, abs=1.5 / PLAN.resamples)


def test_a_factor_on_all_bytes_is_the_bd_rate_in_every_resample(tmp_path: Path) -> None:
    """The resample is the same for both methods, so what the images do cancels."""
    factors = {"old": 1.0, "new": 0.8, "third": 0.5, "fourth": 1.2}
    points = all_samples(factors)
    for tasks in (NAMES, NAMES[:2]):
        table = made("intervals", points, tmp_path, *list(factors)[1:], tasks=tasks)
        assert table["metric"].tolist() == [metric.curve_name for metric in compared_metrics(tasks)] * 3
        assert (table[["seed", "verdict", "verdict_equal_loss"]] == ["0", "ok", "ok"]).all(axis=None)
        expected = 100 * (table["method"].map(factors).to_numpy()[:, None] - 1)
        percents = [name for name in INTERVAL_COLUMNS if name.endswith("_percent")]
        assert (abs(table[percents] - expected) < 1e-3).all(axis=None) and len(percents) == 6
        floats = made("float_intervals", points, tmp_path, *list(factors)[1:], tasks=tasks)
        assert floats["difference"].tolist() == [0] * len(table)
        savings = made("operating_savings", points, tmp_path, *list(factors)[1:], tasks=tasks)
        assert len(savings) == 2 * len(table) and set(savings["loss_percent"]) == {1.0, 5.0}
        reached = savings[savings["verdict"] == "ok"]
        changes = reached[["rate_change_percent", "low_percent", "high_percent"]]
        assert len(reached) and (
            abs(changes - 100 * (reached["method"].map(factors).to_numpy()[:, None] - 1)) < 1e-3
        ).all(axis=None)


def test_equal_loss_does_not_see_how_good_a_network_is_without_coding(tmp_path: Path) -> None:
    points = all_samples({"old": 1.0, "new": 0.8})
    for point, samples in points.items():
        if point.run.method == "new":
            samples["psnr_db"] = samples["psnr_db"] + 0.3
    table = made("intervals", points, tmp_path, "new").set_index("metric").loc["psnr_db"]
    assert table["bd_rate_percent"] < -25 and table["equal_loss_percent"] == pytest.approx(-20, abs=1e-3)
    for end in ("low", "high"):
        assert table[f"equal_loss_{end}_percent"] == pytest.approx(-20, abs=1e-3)


def test_a_loss_that_a_curve_does_not_get_to_is_said(tmp_path: Path) -> None:
    points = all_samples({"old": 1.0, "new": 0.8}, seeds=(0, 1))
    for point, samples in points.items():
        if point == Point(Run("c256", "new", 1), UNCODED, FLOAT):
            samples["psnr_db"] = samples["psnr_db"] + 20
    table = made("operating_savings", points, tmp_path, "new")
    own = table[(table["metric"] == "psnr_db") & (table["loss_percent"] == 5)].set_index("seed")
    assert own.loc["0", "verdict"] == "ok" and own["rate_change_percent"].isna().tolist() == [False, True, True]
    assert own.loc["1", "verdict"] == "test: not reached: all points lose more"
    assert own.loc["all", "verdict"] == "seed 1 test: not reached: all points lose more"


def test_several_seeds_get_rows_of_all_together_and_their_spread(tmp_path: Path) -> None:
    points = all_samples({"old": 1.0, "new": 0.8}, seeds=(0, 1))
    for point, samples in points.items():
        if point.run.method == "new" and point.run.seed == 1 and RATE in samples:
            samples[RATE] = samples[RATE] * 0.5
    bd_rates = made("intervals", points, tmp_path, "new")
    own = bd_rates[bd_rates["metric"] == "psnr_db"]
    assert own["seed"].tolist() == ["0", "1", ALL_SEEDS]
    first, second, both = own["bd_rate_percent"].tolist()
    assert both == pytest.approx((first + second) / 2)
    assert own["low_percent"].tolist()[2] < both < own["high_percent"].tolist()[2]


@pytest.mark.parametrize("name", ["intervals", "float_intervals", "operating_savings"])
def test_a_comparison_that_lacks_a_run_is_one_line(name: str, tmp_path: Path) -> None:
    points = all_samples({"old": 1.0, "new": 0.8})
    with pytest.raises(DataError, match="comparison of third with old: cut c256, seed 0 has one of them only"):
        made(name, points, tmp_path, "new", "third")
    with pytest.raises(DataError, match="neither has a run"):
        made(name, {}, tmp_path, "new")
    del points[Point(Run("c256", "old", 0), UNCODED, FLOAT)]
    with pytest.raises(DataError, match="c256/old/seed0: no scores of none/float; rerun the stage evaluate"):
        made(name, points, tmp_path, "new")


def test_refused_resamples_are_counted_and_many_of_them_leave_no_interval() -> None:
    few = np.array([-5.0, *([-4.0] * 39), np.nan])
    many = np.array([-5.0, *([-4.0] * 20), *([np.nan] * 20)])
    found = [
        dict(zip(INTERVAL_COLUMNS, interval_cells(v, PLAN), strict=False)) for v in (few, many, np.full(41, np.nan))
    ]
    assert [cells["n_refused"] for cells in found] == [1, 20, 40] and found[0]["low_percent"] == -4.0
    assert np.isnan(float(str(found[1]["low_percent"])))
    verdicts = ["ok", "no interval: 20 of 40 resamples have no BD-rate", "refused: no BD-rate (see bd_rate.csv)"]
    assert [cells["verdict"] for cells in found] == verdicts


def test_an_interval_holds_its_share_of_what_has_a_value() -> None:
    assert interval(np.arange(101.0), 0.9) == pytest.approx((5.0, 95.0))
    # A resample without any of the images that have a metric has no value: about a third where one image has it.
    drawn = image_counts(N, PLAN)[1:, 0]
    for values in (np.array([np.nan]), np.where(drawn > 0, 0.5, np.nan)):
        assert all(np.isnan(end) for end in interval(values, 0.9))


FEW_RESAMPLES = PLAN.model_copy(update={"resamples": 19})


@pytest.mark.parametrize(("n_images", "plan"), [(1, PLAN), (9, PLAN), (10, FEW_RESAMPLES), (1, FEW_RESAMPLES)])
def test_too_few_images_or_resamples_are_not_resampled(n_images: int, plan: StatisticsConfig) -> None:
    assert image_counts(n_images, plan).tolist() == [[1.0] * n_images]
    assert len(image_counts(10, PLAN)) == 41 and len(image_counts(10, PLAN.model_copy(update={"resamples": 20}))) == 21


def test_what_is_not_resampled_has_no_interval_over_several_seeds_either(tmp_path: Path) -> None:
    whole = all_samples({"old": 1.0, "new": 0.8}, seeds=(0, 1))
    points = {point: {name: values[:1] for name, values in samples.items()} for point, samples in whole.items()}
    for name in ("intervals", "float_intervals", "point_intervals", "operating_savings"):
        table, expected = (made(name, own, tmp_path, "new") for own in (points, whole))
        ends = [column for column in map(str, table) if "low" in column or "high" in column]
        assert ends and table[ends].isna().all(axis=None) and (table["n_resamples"] == 0).all()
        measured_alone = list(table)[: list(table).index(ends[0])]
        pd.testing.assert_frame_equal(table[measured_alone], expected[measured_alone])
        if "verdict" in table:
            assert set(table.loc[table[measured_alone[-1]].notna(), "verdict"]) == {TOO_FEW}


def test_copies_of_one_image_are_one_image() -> None:
    points = all_samples({"old": 1.0, "new": 0.8})
    assert of_different_images(points) == points, "two methods may be equal, images that all are say nothing"
    equal = {
        point: {name: np.full(41, values[0]) for name, values in samples.items()} for point, samples in points.items()
    }
    assert {len(v) for samples in of_different_images(equal).values() for v in samples.values()} == {1}


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
