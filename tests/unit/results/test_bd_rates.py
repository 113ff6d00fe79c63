"""BD-rates of comparisons, what stands beside them, and the headline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from compfeat.errors import DataError
from compfeat.experiment.config import Experiment, part_of
from compfeat.io import write_csv
from compfeat.results.curves import Curve
from compfeat.results.delta_rate import FITS
from compfeat.results.pairs import pairs
from compfeat.results.tables import TABLES, Inputs
from compfeat.results.tables.bd_details import rate_at_loss
from compfeat.results.tables.bd_rate import RATES
from compfeat.results.tables.headline import HEADLINE

KEYS = ("method", "against", "ladder", "against_ladder")
QUALITIES = {"lossless": 6.0, "qp10": 5.0, "qp22": 3.0, "qp28": 2.0, "qp34": 1.2, "qp40": 0.6}


def experiment(*comparisons: tuple[str, ...], image: str = "") -> Experiment:
    """Return the experiment of comparisons; the method ``image`` sends the image."""
    names = dict.fromkeys(["old", *(name for pair in comparisons for name in pair[:2])])
    codecs = {name: {"codec": "hevc", "qualities": tuple(QUALITIES)} for name in ("hevc", "jpeg")}
    return part_of(
        {
            "tasks": ("segmentation", "reconstruction", "disparity"),
            "methods": {name: {"training": name, "sends": "image" if name == image else "features"} for name in names},
            "codecs": codecs,
            "ladders": {"h": {"codecs": ("hevc",)}, "j": {"codecs": ("jpeg",)}},
            "comparisons": tuple(dict(zip(KEYS, pair, strict=True)) for pair in comparisons),
            "bd_rate": {"frontier": True},
        }
    )


PLAIN = experiment(("new", "old", "h", "h"))


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


def made(points: pd.DataFrame, folder: Path, of: Experiment = PLAIN) -> dict[str, pd.DataFrame]:
    """Return the tables of BD-rates that are made from points, in their order."""
    write_csv(folder / "points.csv", points)
    inputs = Inputs(of, {"table": {f"{name}.csv": folder / f"{name}.csv" for name in ("points", "bd_rate")}})
    tables: dict[str, pd.DataFrame] = {}
    for name in ("bd_rate", "bd_details", "headline"):
        found = TABLES.get(name).make(inputs)
        assert isinstance(found, pd.DataFrame)
        tables[name] = found
        write_csv(folder / f"{name}.csv", found)
    return tables


def details(points: pd.DataFrame, folder: Path) -> pd.DataFrame:
    return made(points, folder)["bd_details"].set_index("metric")


def test_a_row_a_comparison_metric_fit_and_kind_of_bytes(tmp_path: Path) -> None:
    expected = {("new", "old", "h", "h"): -20.0, ("third", "old", "h", "h"): -50.0, ("third", "new", "j", "j"): -37.5}
    expected |= {("third", "old", "h", "j"): 100 * (0.5 / 1.5 - 1)}
    table = made(points({"old": 1.0, "new": 0.8, "third": 0.5}), tmp_path, experiment(*expected))["bd_rate"]
    assert len(table) == 4 * 3 * len(FITS) * len(RATES) and table["verdict"].str.startswith("ok").all()
    means = table.groupby(list(KEYS))["bd_rate_percent"].mean().to_dict()
    assert means == pytest.approx(expected, abs=0.05)


def test_headers_change_the_rate_of_all_bytes_alone(tmp_path: Path) -> None:
    heavy = points({"old": 1.0, "new": 0.8})
    heavy["total_bytes"] = heavy["payload_bytes"] + 1e6
    table = made(heavy, tmp_path)["bd_rate"]
    total, payload = (table.loc[table["rate"] == rate, "bd_rate_percent"].mean() for rate in ("total", "payload"))
    assert payload == pytest.approx(-20, abs=0.05) and -19 < total < -10


def test_a_comparison_lacks_a_run(tmp_path: Path) -> None:
    uneven = pd.concat([points({"old": 1.0, "new": 0.8}), points({"new": 0.8}, cut="c512")])
    with pytest.raises(DataError, match="comparison of new with old: cut c512, seed 0 has one of them only"):
        made(uneven, tmp_path)
    with pytest.raises(DataError, match="comparison of new with old: neither has a run"):
        made(uneven[:0], tmp_path)


def test_a_ladder_without_points_is_refused(tmp_path: Path) -> None:
    own = points({"old": 1.0, "new": 0.8})
    own = own[(own["method"] == "old") | (own["codec"] != "hevc")]
    assert details(own, tmp_path)["verdict"].eq("refused: the test has no points on this ladder").all()


def test_a_factor_on_the_rate_shows_in_every_column_that_is_a_rate(tmp_path: Path) -> None:
    table = details(points({"old": 1.0, "new": 0.8}), tmp_path)
    assert table.index.tolist() == ["miou", "psnr_db", "inv_rmse"]
    for column in ("cubic_percent", "pchip_percent", "akima_percent", "without_lossless_percent"):
        assert table[column].to_numpy(float) == pytest.approx(np.full(3, -20.0), abs=0.6)


def test_lossless_points_are_those_of_each_methods_own_kind(tmp_path: Path) -> None:
    write_csv(tmp_path / "points.csv", points({"old": 1.0, "new": 0.8}))
    sends = experiment(("new", "old", "h", "h"), image="new")
    assert sends.lossless("old") == {(codec, "lossless"): "u8" for codec in ("hevc", "jpeg")}
    assert sends.lossless("new") == {}, "HEVC turns an image into other colours first"
    (pair,) = pairs(Inputs(sends, {"table": {"points.csv": tmp_path / "points.csv"}}))
    assert [set(side["method"]) for side in pair.sides] == [{"old"}, {"new"}]
    assert [len(side) for side in pair.sides] == [len(QUALITIES)] * 2


def test_a_gain_at_every_rate_is_the_change_of_the_metric(tmp_path: Path) -> None:
    table = details(points({"old": 1.0, "new": 1.0}, gain_db=0.5), tmp_path)
    assert table.loc["psnr_db", "bd_metric"] == pytest.approx(0.5, abs=1e-6)
    assert table.loc["miou", "bd_metric"] == pytest.approx(0.0, abs=1e-9)


def test_less_of_a_metric_that_should_be_low_is_a_negative_change(tmp_path: Path) -> None:
    own = points({"old": 1.0, "new": 1.0})
    own.loc[(own["method"] == "new") & (own["codec"] == "hevc"), "rmse"] -= 0.01
    assert details(own, tmp_path).loc["inv_rmse", "bd_metric"] == pytest.approx(-0.01, abs=1e-6)


def test_a_refused_cell_says_why(tmp_path: Path) -> None:
    own = points({"old": 1.0, "new": 0.8})
    own.loc[own["method"] == "new", "miou"] += 1
    refused = details(own, tmp_path).loc["miou"]
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
def headline(tmp_path: Path) -> pd.DataFrame:
    rows = cells("miou", [(-5.0, "ok"), (None, "refused: bent")]) + cells("psnr_db", [(-10.0, "ok"), (-20.0, "ok")])
    rows += cells("inv_rmse", [(None, "refused: bent")] * 2) + cells("miou", [(-99.0, "ok")], fit="cubic")
    floats = [("old", 0, 0.5), ("old", 1, 0.6), ("new", 0, 0.5), ("new", 1, 0.58)]
    of_floats = [
        {"cut": "c256", "method": method, "seed": seed, "codec": "none", "quality": "float", "miou": miou}
        | {"psnr_db": 20.0, "rmse": 0.5}
        for method, seed, miou in floats
    ]
    tables = {"bd_rate.csv": pd.DataFrame(rows), "points.csv": pd.DataFrame(of_floats)}
    for name, table in tables.items():
        write_csv(tmp_path / name, table)
    found = TABLES.get("headline").make(Inputs(PLAIN, {"table": {name: tmp_path / name for name in tables}}))
    assert isinstance(found, pd.DataFrame)
    return found


def test_means_ranges_and_verdicts(headline: pd.DataFrame) -> None:
    assert list(headline) == list(HEADLINE)
    assert headline["metric"].tolist() == ["miou", "psnr_db", "inv_rmse"]
    assert headline["bd_rate_percent"].tolist()[:2] == [-5.0, -15.0] and pd.isna(headline["bd_rate_percent"].iloc[2])
    assert (headline["bd_rate_min_percent"].iloc[1], headline["bd_rate_max_percent"].iloc[1]) == (-20.0, -10.0)
    assert headline["verdict"].tolist() == ["ok for 1 of 2 seeds; seed 1 refused: bent", "ok", "refused: bent"]
    assert headline["n_ok"].tolist() == [1, 2, 0]
    assert headline["float_difference"].iloc[0] == pytest.approx(-0.01)
    assert headline["float_metric"].tolist() == ["miou", "psnr_db", "rmse"]


def test_tracked_numbers_leave_out_what_was_refused(headline: pd.DataFrame, tmp_path: Path) -> None:
    crossed = headline.assign(cut="c512", against_ladder="j")
    write_csv(tmp_path / "headline.csv", pd.concat([headline, crossed]))
    found = TABLES.get("metrics").make(Inputs(PLAIN, {"table": {"headline.csv": tmp_path / "headline.csv"}}))
    expected = {"miou": -5.0, "psnr_db": -15.0}
    assert found == {"c256": {"new-old-h": expected}, "c512": {"new-old-h-j": expected}}


def test_without_comparisons_there_are_empty_tables(tmp_path: Path) -> None:
    tables = made(points({"old": 1.0}), tmp_path, experiment())
    assert all(len(table) == 0 for table in tables.values()) and list(tables["headline"]) == list(HEADLINE)
