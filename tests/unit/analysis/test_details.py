"""What stands beside a BD-rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from compfeat.analysis.bd_rate import Rules
from compfeat.analysis.curves import Curve
from compfeat.analysis.details import details_table, rate_at_loss

LADDERS = {"hevc": ["hevc"]}
RATES = {"lossless": 6.0, "qp10": 5.0, "qp22": 3.0, "qp28": 2.0, "qp34": 1.2, "qp40": 0.6}


def points(factor: float, gain_db: float = 0.0) -> pd.DataFrame:
    rows = []
    for loss in ("baseline", "compressible"):
        test = loss == "compressible"
        for quality, rate in {"float": np.nan, **RATES}.items():
            effect = 0.0 if quality == "float" else np.log(rate / 8)
            codec = "none" if quality == "float" else "hevc"
            rows.append(
                {"cut": "c256", "loss": loss, "seed": 0, "codec": codec, "quality": quality}
                | {"rate_bpe": rate * (factor if test else 1), "miou": 0.4 + 0.05 * effect}
                | {"psnr_db": 25 + 2 * effect + gain_db * test, "rmse": 1 / (1 + 0.1 * effect)}
            )
    return pd.DataFrame(rows)


def test_a_factor_on_the_rate_shows_in_every_column_that_is_a_rate() -> None:
    table = details_table(points(0.8), LADDERS, Rules(frontier=True)).set_index("metric")
    assert table.index.tolist() == ["miou", "psnr_db", "inv_rmse"]
    for column in ("cubic_percent", "pchip_percent", "akima_percent", "without_lossless_percent"):
        assert table[column].to_numpy(float) == pytest.approx(np.full(3, -20.0), abs=0.6)


def test_a_gain_at_every_rate_is_the_change_of_the_metric() -> None:
    table = details_table(points(1.0, gain_db=0.5), LADDERS, Rules(frontier=True)).set_index("metric")
    assert table.loc["psnr_db", "bd_metric"] == pytest.approx(0.5, abs=1e-6)
    assert table.loc["miou", "bd_metric"] == pytest.approx(0.0, abs=1e-9)


def test_less_rmse_is_a_negative_change() -> None:
    made = points(1.0)
    better = (made["loss"] == "compressible") & (made["codec"] == "hevc")
    made.loc[better, "rmse"] -= 0.01
    table = details_table(made, LADDERS, Rules(frontier=True)).set_index("metric")
    assert table.loc["inv_rmse", "bd_metric"] == pytest.approx(-0.01, abs=1e-6)


def test_an_untrained_task_has_no_row_and_a_refused_cell_says_why() -> None:
    made = points(0.8).assign(rmse=np.nan)
    made.loc[made["loss"] == "compressible", "miou"] += 1
    table = details_table(made, LADDERS, Rules(frontier=True))
    assert table["metric"].tolist() == ["miou", "psnr_db"]
    refused = table[table["metric"] == "miou"]
    assert refused[["pchip_percent", "bd_metric"]].isna().all(axis=None)
    assert "share 0 %" in str(refused["verdict"].tolist()[0])


def test_the_rate_at_one_percent_loss_lies_on_the_curve() -> None:
    rates = np.array([0.5, 1.0, 2.0, 4.0])
    rate, why = rate_at_loss(Curve.of(rates, np.array([90.0, 95.0, 99.0, 99.9])), 100.0)
    assert rate == pytest.approx(2.0) and why == ""
    assert rate_at_loss(Curve.of(rates, np.array([90.0, 91.0, 92.0, 93.0])), 100.0) == (
        None,
        "1 % loss lies above all points",
    )
    assert (
        rate_at_loss(Curve.of(rates, np.array([99.5, 99.6, 99.7, 99.8])), 100.0)[1] == "1 % loss lies below all points"
    )
    assert rate_at_loss(Curve.of(rates[:1], np.array([99.0])), 100.0)[1] == "fewer than 2 efficient points"
