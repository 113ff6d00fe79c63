"""Claims: the rule decides, not the wish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from compfeat.experiment.entries import ClaimsConfig
from compfeat.results.bootstrap import TOO_FEW
from compfeat.results.published import METRICS
from compfeat.results.tables.plugins import published_intervals
from compfeat.results.tables.plugins.claims import (
    FEWER_BITS,
    NO_LOSS,
    NOT_SUPPORTED,
    RECORDED,
    SUPPORTED,
    THIS_RUN,
    UNDECIDED,
    Number,
    claim_rows,
    published_bits,
    recorded_numbers,
    run_bits,
    run_losses,
    verdict,
)
from compfeat.settings.runs import Comparison
from tiny_results import STATISTICS, TinyRun, published_inputs

LIMITS = ClaimsConfig(
    ladders=None,
    ladder=None,
    against_ladder=None,
    text="about 20 % fewer bits",
    method="new",
    against="old",
    published=True,
    at_loss_percent=None,
    bd_rate_percent=-15,
    float_loss={"miou": 0.005, "psnr_db": 0.1, "rmse": 1},
    least_tasks=2,
)
ABOUT = [Comparison("new", "old", "h", "h")]
BY_NAME = {metric.name: metric for metric in METRICS}
NAN = float("nan")
ENDS = ("value", "low", "high")


def number(value: float, low: float, high: float, metric: str = "miou", **changes: str) -> Number:
    where = {"source": THIS_RUN, "cut": "c256", "method": "new", "against": "old", "seed": ""}
    where |= {"ladder": "hevc", "against_ladder": "hevc", "metric": metric, "reason": ""}
    return where | {"value": value, "low": low, "high": high} | changes


def claims_table(bits: list[Number], losses: list[Number], limits: ClaimsConfig = LIMITS) -> pd.DataFrame:
    return pd.DataFrame(claim_rows(bits, losses, limits, BY_NAME))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-30, -15, SUPPORTED),
        (-30, -14.9, UNDECIDED),
        (-14.9, 3, NOT_SUPPORTED),
        (-15, 3, UNDECIDED),
        (NAN, NAN, UNDECIDED),
    ],
)
def test_the_whole_interval_decides(low: float, high: float, expected: str) -> None:
    assert verdict(low, high, -15) == expected


def test_every_claim_is_there_with_its_rule_and_numbers() -> None:
    rates = [number(-20, -25, -16), number(-5, -9, -1, "psnr_db"), number(2, -3, 6, "inv_rmse")]
    losses = [number(0.001, -0.002, 0.003), number(0.3, 0.2, 0.4, "psnr_db"), number(0.5, -1, 2, "rmse")]
    table = claims_table(rates, losses)
    by_claim = {claim: rows["verdict"].tolist() for claim, rows in table.groupby("claim")}
    assert by_claim == {
        "fewer_bits": [SUPPORTED, NOT_SUPPORTED, NOT_SUPPORTED],
        "no_loss": [SUPPORTED, NOT_SUPPORTED, UNDECIDED],
        "several_tasks": [SUPPORTED],
    }
    assert table["rule"].str.startswith("supported where").all()


@pytest.mark.parametrize(
    ("highs", "lows", "expected"),
    [
        ((-1, -1, 5), (-9, -9, -9), SUPPORTED),
        ((-1, 5, 5), (-9, 1, 1), NOT_SUPPORTED),
        ((-1, 5, 5), (-9, -1, 1), UNDECIDED),
    ],
)
def test_several_tasks_counts_sure_and_possible_ones(
    highs: tuple[float, ...], lows: tuple[float, ...], expected: str
) -> None:
    names = ("miou", "psnr_db", "inv_rmse")
    rates = [number((lo + hi) / 2, lo, hi, name) for lo, hi, name in zip(lows, highs, names, strict=True)]
    table = claims_table(rates, [])
    assert table.loc[table["claim"] == "several_tasks", "verdict"].tolist() == [expected]


def test_losses_of_the_run_take_the_anchors_own_value() -> None:
    floats = pd.DataFrame(
        [
            ["c256", "new", "old", "0", "rmse", 0.02, 0.01, 0.04],
            ["c256", "new", "old", "0", "psnr_db", 0.1, -0.1, 0.2],
            ["c256", "third", "old", "0", "rmse", 9.0, 9.0, 9.0],
        ],
        columns=["cut", "method", "against", "seed", "metric", "difference", "low", "high"],
    )
    points = pd.DataFrame(
        [["c256", "old", 0, "none", "float", 2.0, 20.0], ["c256", "new", 0, "none", "float", 9.0, 9.0]],
        columns=["cut", "method", "seed", "codec", "quality", "rmse", "psnr_db"],
    )
    rmse, psnr = run_losses(floats, points, LIMITS, BY_NAME)
    assert [rmse[name] for name in ENDS] == pytest.approx([1.0, 0.5, 2.0])
    assert [psnr[name] for name in ENDS] == pytest.approx([-0.1, -0.2, 0.1])


def test_without_an_interval_every_claim_is_undecided_and_says_why() -> None:
    published = published_intervals.make_published_intervals(published_inputs(resamples=1))
    keys = {"cut": "c256", "method": "new", "against": "old", "seed": "0", "metric": "rmse"}
    bd_rates = pd.DataFrame([keys | {"ladder": "h", "against_ladder": "h", "bd_rate_percent": -50.0}])
    bd_rates = bd_rates.assign(low_percent=NAN, high_percent=NAN, verdict=TOO_FEW)
    floats = pd.DataFrame([keys | {"difference": -0.5, "low": NAN, "high": NAN}])
    at = pd.DataFrame(
        [["c256", "old", 0, "none", "float", 2.0]], columns=["cut", "method", "seed", "codec", "quality", "rmse"]
    )
    table = claims_table(
        [*published_bits(published), *run_bits(bd_rates, ABOUT)],
        run_losses(floats, at, LIMITS, BY_NAME),
    )
    own = table[table["claim"] != "several_tasks"]
    assert len(own) == 6 + 2 and set(own["verdict"]) == {UNDECIDED} and set(own["reason"]) == {TOO_FEW}
    assert SUPPORTED not in set(table["verdict"])


def test_claims_are_about_the_two_methods_that_the_config_names() -> None:
    columns = ["cut", "method", "against", "seed", "ladder", "against_ladder", "metric"]
    rows = [["c", "new", "old", "0", "h", "h", "miou"], ["c", "third", "old", "0", "h", "h", "miou"]]
    rows += [["c", "new", "third", "0", "h", "h", "miou"], ["c", "new", "old", "0", "h", "j", "miou"]]
    numbers: dict[str, Any] = {"bd_rate_percent": -20.0, "low_percent": -25.0, "high_percent": -16.0, "verdict": "ok"}
    (found,) = run_bits(pd.DataFrame(rows, columns=columns).assign(**numbers), ABOUT)
    assert [found[name] for name in ("method", "against", "ladder", "source")] == ["new", "old", "h", THIS_RUN]


def test_a_claim_at_a_loss_is_judged_by_the_rates_there() -> None:
    keys = {"cut": "c256", "method": "new", "against": "old", "seed": "0", "ladder": "h", "against_ladder": "h"}
    savings = pd.DataFrame(
        [
            {**keys, "metric": "miou", "loss_percent": loss, "rate_change_percent": rate, "low_percent": rate - 1}
            | {"high_percent": rate + 1, "verdict": "ok"}
            for loss, rate in ((1.0, -10.0), (5.0, -40.0))
        ]
    )
    for loss, expected in ((1, NOT_SUPPORTED), (5, SUPPORTED)):
        bits = run_bits(savings[savings["loss_percent"] == loss], ABOUT)
        table = claims_table(bits, [], LIMITS.model_copy(update={"at_loss_percent": loss}))
        (row,) = table[table["claim"] == "fewer_bits"].to_dict("records")
        assert row["verdict"] == expected and row["statistic"] == f"change of rate at a loss of {loss} %"


def test_a_record_of_several_seeds_is_judged_anew_over_all_of_them() -> None:
    """Its own verdicts do not count: the rules may have changed since."""
    own = [number(-20, -25, -16), number(-18, -19, -12, seed="all")]
    own.append(own[1] | {"method": "third"})
    losses = [number(0.001, 0, 0.002, ladder="", against_ladder="", seed=seed) for seed in ("0", "all")]
    record = claims_table(own, losses).assign(group="paper")
    bits, loss = (recorded_numbers(record, claim, "paper", LIMITS) for claim in (FEWER_BITS, NO_LOSS))
    assert [(c["source"], c["seed"], c["ladder"], c["value"]) for c in bits] == [(RECORDED, "all", "hevc", -18)]
    assert [(c["source"], c["metric"], c["ladder"]) for c in loss] == [(RECORDED, "miou", "")]
    looser = LIMITS.model_copy(update={"bd_rate_percent": -10})
    assert claims_table(bits, [], looser)["verdict"].tolist()[0] == SUPPORTED


def test_claims_of_a_run_and_of_the_published_numbers(tiny_run: Callable[..., TinyRun]) -> None:
    run = tiny_run(images=12, statistics=STATISTICS | {"resamples": 40})
    run.gather("claims")
    intervals, claims = run.read("intervals.csv"), run.read("claims.csv")
    width = intervals["high_percent"] - intervals["low_percent"]
    assert (width > 0).all() and (width < 0.5).all() and set(intervals["verdict"]) == {"ok"}
    assert set(claims["method"]) == {"new", "compressible"}
    own = claims[claims["source"] == THIS_RUN].groupby("claim")["verdict"].unique()
    assert {claim: list(verdicts) for claim, verdicts in own.items()} == {
        "fewer_bits": [SUPPORTED],
        "no_loss": [SUPPORTED],
        "several_tasks": [SUPPORTED],
    }
    published = claims[claims["source"] == "published"]
    assert published.groupby(["claim", "cut"]).size().to_dict() == {
        (claim, cut): count
        for claim, count in (("fewer_bits", 3), ("no_loss", 2), ("several_tasks", 1))
        for cut in ("c256", "c512")
    }
