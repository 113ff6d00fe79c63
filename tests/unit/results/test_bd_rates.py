"""BD-rates of comparisons, what stands beside them, and the headline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from compfeat.errors import DataError
from compfeat.results import Inputs, bd_rates
from compfeat.results._bd_rate import FITS, Outcome, compare
from compfeat.results._curves import Curve
from compfeat.results.bd_rates import (
    HEADLINE,
    RATES,
    Pair,
    headline_table,
    make,
    metrics_file,
    pairs,
    rate_at_loss,
    readable,
    tracked,
)
from compfeat.results.plan import CodecPlan, ComparisonPlan, LadderPlan, MethodPlan, Plan

KEYS = ("method", "against", "ladder", "against_ladder")
QUALITIES = {"lossless": 6.0, "qp10": 5.0, "qp22": 3.0, "qp28": 2.0, "qp34": 1.2, "qp40": 0.6}


def plan(*comparisons: tuple[str, ...], cuts: tuple[str, ...] = ("c256",)) -> Plan:
    names = dict.fromkeys(name for pair in comparisons for name in pair[:2])
    return Plan(
        tasks=("segmentation", "reconstruction", "disparity"),
        cuts=cuts,
        methods=tuple(MethodPlan(name=name, label=name, training=name) for name in names),
        codecs=tuple(
            CodecPlan(name=c, qualities=tuple(QUALITIES), lossless={"lossless": "u8"}) for c in ("hevc", "jpeg")
        ),
        ladders=(LadderPlan(name="h", label="H", codecs=("hevc",)), LadderPlan(name="j", label="J", codecs=("jpeg",))),
        comparisons=tuple(ComparisonPlan(**dict(zip(KEYS, pair, strict=True))) for pair in comparisons),
        frontier=True,
    )


PLAN = plan(("new", "old", "h", "h"))


def points(factors: dict[str, float], gain_db: float = 0.0, cut: str = "c256") -> pd.DataFrame:
    """Return points of methods whose rates differ by a factor; by ``gain_db``, the last one's PSNR, too."""
    rows = []
    for method, factor in factors.items():
        key = {"cut": cut, "method": method, "seed": 0}
        for codec, more in (("none", 0.0), ("hevc", 1.0), ("jpeg", 1.5)):
            for quality, rate in ({"float": np.nan} if codec == "none" else QUALITIES).items():
                effect = 0.0 if codec == "none" else np.log(rate / 8)
                size = 1e6 * rate * factor * more
                rows.append(
                    {**key, "codec": codec, "quality": quality, "n_images": 10, "total_bytes": size}
                    | {"payload_bytes": 0.9 * size, "bytes_per_image": size / 10, "rate_bpe": rate * factor * more}
                    | {"miou": 0.4 + 0.05 * effect, "rmse": 1 / (1 + 0.1 * effect)}
                    | {"psnr_db": 25 + 2 * effect + gain_db * (method == list(factors)[-1])}
                )
    return pd.DataFrame(rows)


def details(made: pd.DataFrame, of: Plan = PLAN) -> pd.DataFrame:
    (pair,) = pairs(made, of)
    return pd.DataFrame([pair.keys(m) | pair.details(m, pair.outcomes(m)) for m in of.compared()]).set_index("metric")


def written(made: pd.DataFrame, of: Plan, folder: Any) -> dict[str, Any]:
    path = folder / "points.csv"
    made.to_csv(path, index=False)
    return make(Inputs(of, {"table": {"points.csv": path}}))


def test_a_row_a_comparison_metric_fit_and_kind_of_bytes(tmp_path: Any) -> None:
    three = plan(
        ("new", "old", "h", "h"), ("third", "old", "h", "h"), ("third", "new", "j", "j"), ("third", "old", "h", "j")
    )
    table = written(points({"old": 1.0, "new": 0.8, "third": 0.5}), three, tmp_path)["bd_rate.csv"]
    assert len(table) == 4 * 3 * len(FITS) * len(RATES) and table["verdict"].str.startswith("ok").all()
    means = table.groupby(list(KEYS))["bd_rate_percent"].mean().to_dict()
    expected = {three.comparisons[0]: -20.0, three.comparisons[1]: -50.0, three.comparisons[2]: -37.5}
    expected |= {three.comparisons[3]: 100 * (0.5 / 1.5 - 1)}
    assert means == pytest.approx({tuple(vars(pair.comparison).values()): v for pair, v in expected.items()}, abs=0.05)


def test_every_fit_is_computed_once(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[Any] = []

    def counted(*arguments: Any) -> Outcome:
        fits.append(arguments)
        return compare(*arguments)

    monkeypatch.setattr(bd_rates, "compare", counted)
    written(points({"old": 1.0, "new": 0.8}), PLAN, tmp_path)
    assert len(fits) == 3 * (len(FITS) * len(RATES) + 1), "and one without the lossless points"


def test_headers_change_the_rate_of_all_bytes_alone(tmp_path: Any) -> None:
    made = points({"old": 1.0, "new": 0.8})
    made["total_bytes"] = made["payload_bytes"] + 1e6
    table = written(made, PLAN, tmp_path)["bd_rate.csv"]
    total, payload = (table.loc[table["rate"] == rate, "bd_rate_percent"].mean() for rate in ("total", "payload"))
    assert payload == pytest.approx(-20, abs=0.05) and -19 < total < -10


def test_a_comparison_lacks_a_run() -> None:
    made = pd.concat([points({"old": 1.0, "new": 0.8}), points({"new": 0.8}, cut="c512")])
    with pytest.raises(DataError, match="comparison of new with old: cut c512, seed 0 has one of them only"):
        list(pairs(made, PLAN))
    with pytest.raises(DataError, match="comparison of new with old: neither has a run"):
        list(pairs(made[:0], PLAN))


def test_a_ladder_without_points_is_refused() -> None:
    made = points({"old": 1.0, "new": 0.8})
    made = made[(made["method"] == "old") | (made["codec"] != "hevc")]
    assert details(made)["verdict"].eq("refused: the test has no points on this ladder").all()


def test_a_factor_on_the_rate_shows_in_every_column_that_is_a_rate() -> None:
    table = details(points({"old": 1.0, "new": 0.8}))
    assert table.index.tolist() == ["miou", "psnr_db", "inv_rmse"]
    for column in ("cubic_percent", "pchip_percent", "akima_percent", "without_lossless_percent"):
        assert table[column].to_numpy(float) == pytest.approx(np.full(3, -20.0), abs=0.6)


def test_lossless_points_are_those_of_each_methods_own_kind() -> None:
    sends = PLAN.model_copy(
        update={
            "methods": (PLAN.methods[0], PLAN.methods[1].model_copy(update={"sends": "image"})),
            "codecs": (PLAN.codecs[0].model_copy(update={"lossless_images": {"qp10": "float"}}),),
        }
    )
    pair = Pair(points({"old": 1.0, "new": 0.8}), sends.pairs()[0], "c256", 0, sends)
    assert [sorted(known) for known in pair.lossless] == [[("hevc", "qp10")], [("hevc", "lossless")]]


def test_a_gain_at_every_rate_is_the_change_of_the_metric() -> None:
    table = details(points({"old": 1.0, "new": 1.0}, gain_db=0.5))
    assert table.loc["psnr_db", "bd_metric"] == pytest.approx(0.5, abs=1e-6)
    assert table.loc["miou", "bd_metric"] == pytest.approx(0.0, abs=1e-9)


def test_less_of_a_metric_that_should_be_low_is_a_negative_change() -> None:
    made = points({"old": 1.0, "new": 1.0})
    made.loc[(made["method"] == "new") & (made["codec"] == "hevc"), "rmse"] -= 0.01
    assert details(made).loc["inv_rmse", "bd_metric"] == pytest.approx(-0.01, abs=1e-6)


def test_a_refused_cell_says_why() -> None:
    made = points({"old": 1.0, "new": 0.8})
    made.loc[made["method"] == "new", "miou"] += 1
    refused = details(made).loc["miou"]
    assert refused[["pchip_percent", "bd_metric"]].isna().all() and "share 0 %" in refused["verdict"]


def test_the_rate_at_one_percent_loss_lies_on_the_curve() -> None:
    rates = np.array([0.5, 1.0, 2.0, 4.0])
    rate, why = rate_at_loss(Curve.of(rates, np.array([90.0, 95.0, 99.0, 99.9])), 100.0)
    assert rate == pytest.approx(2.0) and why == ""
    above, below = (rate_at_loss(Curve.of(rates, start + rates / 100), 100.0) for start in (90.0, 99.5))
    assert above == (None, "1 % loss lies above all points") and below[1] == "1 % loss lies below all points"
    assert rate_at_loss(Curve.of(rates[:1], np.array([99.0])), 100.0)[1] == "fewer than 2 efficient points"


def cells(metric: str, outcomes: list[tuple[float | None, str]], fit: str = "pchip") -> list[dict[str, object]]:
    key = {"cut": "c256", **dict(zip(KEYS, ("new", "old", "h", "h"), strict=True)), "metric": metric, "fit": fit}
    return [key | {"rate": "total", "seed": i, "bd_rate_percent": p, "verdict": v} for i, (p, v) in enumerate(outcomes)]


@pytest.fixture
def headline() -> pd.DataFrame:
    rows = cells("miou", [(-5.0, "ok"), (None, "refused: bent")]) + cells("psnr_db", [(-10.0, "ok"), (-20.0, "ok")])
    rows += cells("inv_rmse", [(None, "refused: bent")] * 2) + cells("miou", [(-99.0, "ok")], fit="cubic")
    floats = [("old", 0, 0.5), ("old", 1, 0.6), ("new", 0, 0.5), ("new", 1, 0.58)]
    made = [
        {"cut": "c256", "method": method, "seed": seed, "codec": "none", "quality": "float", "miou": miou}
        | {"psnr_db": 20.0, "rmse": 0.5}
        for method, seed, miou in floats
    ]
    return headline_table(pd.DataFrame(rows).astype({"bd_rate_percent": "float64"}), pd.DataFrame(made), PLAN)


def test_means_ranges_and_verdicts(headline: pd.DataFrame) -> None:
    assert list(headline) == list(HEADLINE)
    assert headline["metric"].tolist() == ["miou", "psnr_db", "inv_rmse"]
    assert headline["bd_rate_percent"].tolist()[:2] == [-5.0, -15.0] and pd.isna(headline["bd_rate_percent"].iloc[2])
    assert (headline["bd_rate_min_percent"].iloc[1], headline["bd_rate_max_percent"].iloc[1]) == (-20.0, -10.0)
    assert headline["verdict"].tolist() == ["ok for 1 of 2 seeds; seed 1 refused: bent", "ok", "refused: bent"]
    assert headline["n_ok"].tolist() == [1, 2, 0]
    assert headline["float_difference"].iloc[0] == pytest.approx(-0.01)
    assert headline["float_metric"].tolist() == ["miou", "psnr_db", "rmse"]


def test_readable(headline: pd.DataFrame) -> None:
    rows = readable(headline, PLAN)
    assert rows["BD-rate (%)"].tolist() == ["-5.0", "-15.0 (-20.0 to -10.0)", "refused"]
    assert rows["metric"].tolist() == ["mIoU", "PSNR", "1/RMSE"] and set(rows["against"]) == {"old"}


def test_tracked_numbers_leave_out_what_was_refused(headline: pd.DataFrame) -> None:
    assert tracked(headline, PLAN) == {"metrics/c256/new-old-h.json": {"miou": -5.0, "psnr_db": -15.0}}
    crossed = plan(("new", "old", "h", "j")).pairs()[0]
    assert metrics_file("c512", crossed) == "metrics/c512/new-old-h-j.json"


def test_without_comparisons_there_are_empty_tables(tmp_path: Any) -> None:
    alone = plan(cuts=("c256",))
    made = written(points({"old": 1.0}), alone, tmp_path)
    assert all(len(made[name]) == 0 for name in ("bd_rate.csv", "bd_details.csv", "headline.csv"))
    assert list(made["headline.csv"]) == list(HEADLINE) and sorted(made)[-1] == "headline.md"
