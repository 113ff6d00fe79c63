"""BD-rates of comparisons, what stands beside them, and the headline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from compfeat.errors import DataError
from compfeat.experiment.config import Experiment, part_of
from compfeat.io import write_csv
from compfeat.results.delta_rate import FITS
from compfeat.results.pairs import pairs
from compfeat.results.tables.base import TABLES, Inputs
from compfeat.results.tables.plugins.bd_rate import RATES
from compfeat.results.tables.plugins.headline import HEADLINE

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


def points(factors: dict[str, float], gain_db: float = 0.0, cut: str = "c256", seed: int = 0) -> pd.DataFrame:
    """Return points of methods whose rates differ by a factor; by ``gain_db``, the PSNR of the last one's coded points, too."""
    rows = []
    for method, factor in factors.items():
        key = {"cut": cut, "method": method, "seed": seed}
        for codec, more in (("none", np.nan), ("hevc", 1.0), ("jpeg", 1.5)):
            for quality, rate in ({"float": 8.0} if codec == "none" else QUALITIES).items():
                size, effect = 1e6 * rate * factor * more, np.log(rate / 8)
                gain = gain_db * (method == list(factors)[-1] and codec != "none")
                rows.append(
                    {**key, "codec": codec, "quality": quality, "n_images": 10, "total_bytes": size}
                    | {"payload_bytes": 0.9 * size, "bytes_per_image": size / 10, "rate_bpe": rate * factor * more}
                    | {"miou": 0.4 + 0.05 * effect, "rmse": 1 / (1 + 0.1 * effect), "psnr_db": 25 + 2 * effect + gain}
                )
    return pd.DataFrame(rows)


def inputs(folder: Path, of: Experiment) -> Inputs:
    files = ("points", "bd_rate", "operating_savings", "headline", "transforms", "codec_states")
    return Inputs(of, {"table": {f"{file}.csv": folder / f"{file}.csv" for file in files}})


def table(name: str, points: pd.DataFrame, folder: Path, of: Experiment = PLAIN) -> pd.DataFrame:
    """Return a table that is made from points, and from BD-rates of them."""
    write_csv(folder / "points.csv", points)
    columns = [*KEYS, "cut", "metric", "seed", "loss_percent", "rate_change_percent", "low_percent", "high_percent"]
    write_csv(folder / "operating_savings.csv", pd.DataFrame(columns=columns))
    if name in ("bd_details", "headline"):
        write_csv(folder / "bd_rate.csv", table("bd_rate", points, folder, of))
    found = TABLES.get(name).make(inputs(folder, of))
    assert isinstance(found, pd.DataFrame)
    return found


def details(points: pd.DataFrame, folder: Path) -> pd.DataFrame:
    return table("bd_details", points, folder).set_index("metric")


def test_a_row_a_comparison_metric_fit_and_kind_of_bytes(tmp_path: Path) -> None:
    expected = {("new", "old", "h", "h"): -20.0, ("third", "old", "h", "h"): -50.0, ("third", "new", "j", "j"): -37.5}
    expected |= {("third", "old", "h", "j"): 100 * (0.5 / 1.5 - 1)}
    found = table("bd_rate", points({"old": 1.0, "new": 0.8, "third": 0.5}), tmp_path, experiment(*expected))
    assert len(found) == 4 * 3 * len(FITS) * len(RATES) and found["verdict"].str.startswith("ok").all()
    for column in ("bd_rate_percent", "equal_loss_percent"):
        assert found.groupby(list(KEYS))[column].mean().to_dict() == pytest.approx(expected, abs=0.05)


def test_headers_change_the_rate_of_all_bytes_alone(tmp_path: Path) -> None:
    heavy = points({"old": 1.0, "new": 0.8})
    heavy["total_bytes"] = heavy["payload_bytes"] + 1e6
    means = table("bd_rate", heavy, tmp_path).groupby("rate")["bd_rate_percent"].mean()
    assert means["payload"] == pytest.approx(-20, abs=0.05) and -19 < means["total"] < -10


def test_a_better_network_saves_bits_but_not_at_equal_loss(tmp_path: Path) -> None:
    own = points({"old": 1.0, "new": 0.8})
    own.loc[own["method"] == "new", "psnr_db"] += 0.5
    own.loc[own["method"] == "new", "rmse"] = 1 / (1 / own["rmse"] + 0.01)
    found = table("bd_rate", own, tmp_path).query("fit == 'pchip' and rate == 'total'").set_index("metric")
    assert (found.loc[["psnr_db", "inv_rmse"], "bd_rate_percent"] < -25).all()
    assert found["equal_loss_percent"].tolist() == pytest.approx([-20] * 3, abs=0.01)
    uncoded = details(own, tmp_path)[["anchor_uncoded", "test_uncoded"]]
    assert uncoded.to_numpy().ravel().tolist() == pytest.approx([0.4, 0.4, 25, 25.5, 1, 1 / 1.01])
    assert table("headline", own, tmp_path)["equal_loss_percent"].tolist() == pytest.approx([-20] * 3, abs=0.01)
    own.loc[(own["method"] == "new") & (own["codec"] == "none"), "psnr_db"] += 50
    refused = table("bd_rate", own, tmp_path).set_index("metric").loc["psnr_db"]
    assert refused["equal_loss_percent"].isna().all() and refused["verdict"].str.startswith("ok").all()
    assert refused["verdict_equal_loss"].str.contains("the curves share 0 %").all()


def test_operating_points_are_those_of_the_curve(tmp_path: Path) -> None:
    of = experiment(("new", "old", "h", "h"), image="new")
    own = points({"old": 0.5, "new": 0.8})
    own.loc[own["method"] == "new", "rate_bpe"] = np.nan
    found = table("operating_points", own, tmp_path, of)
    by_key = found.set_index(["method", "ladder", "metric", "loss"]).to_dict("index")
    assert len(found) == 2 * 2 * (3 + 3 + 2)
    # A metric that falls by 0.05, 2 or 0.1 (1/px) while the rate falls from 8 to 8/e bits.
    losses = {("miou", 0.05): 1, ("psnr_db", 1.0): 0.5, ("rmse", 5.0): (1 - 1 / 1.05) / 0.1}
    for (metric, loss), steps in losses.items():
        rate = 8 * np.exp(-steps) * 1.5
        for method, factor, bits in (("old", 0.5, 0.5 * rate), ("new", 0.8, np.nan)):
            row = by_key[method, "j", metric, loss]
            assert row["bytes_per_image"] == pytest.approx(1e5 * factor * rate) and row["verdict"] == "ok"
            assert row["rate_bpe"] == pytest.approx(bits, nan_ok=True)
    assert found["loss_unit"].unique().tolist() == ["mIoU", "dB", "% of RMSE"]
    missed = by_key["old", "h", "miou", 0.001]
    assert np.isnan(missed["bytes_per_image"]) and missed["verdict"] == "not reached: all points lose more"


@pytest.mark.parametrize("size", [1.0, 1e-4])
def test_states_are_paid_for_by_what_they_save(tmp_path: Path, size: float) -> None:
    """1000 bytes of a transform and 300 of the codec, less 600 of the anchor's; the codec of another ladder does not count."""
    run = {"cut": "c256", "seed": 0}
    write_csv(tmp_path / "transforms.csv", pd.DataFrame([{**run, "method": "new", "model_bytes": 1000}]))
    states = [("old", "hevc", 600), ("new", "hevc", 300), ("new", "jpeg", 9)]
    rows = [{**run, "method": method, "codec": codec, "array_bytes": weight} for method, codec, weight in states]
    write_csv(tmp_path / "codec_states.csv", pd.DataFrame(rows))
    own = points({"old": size, "new": 0.8 * size})
    own.loc[own["codec"] == "none", ["miou", "psnr_db", "rmse"]] = 0.38, 24.2, 1 / 0.96
    found = table("break_even", own, tmp_path, experiment(("new", "old", "h", "h"), ("old", "new", "h", "h")))
    assert set(found["method"]) == {"new"} and found["metric"].tolist() == ["miou", "psnr_db", "inv_rmse"]
    steps = [(0.99 * 0.38 - 0.4) / 0.05, (0.99 * 24.2 - 25) / 2, (0.96 / 1.01 - 1) / 0.1]
    saved = 0.2 * size * 8e5 * np.exp(steps)
    assert found["saved_bytes_per_image"].tolist() == pytest.approx(saved.tolist())
    assert set(found["state_bytes"]) == {700} and found["images"].tolist() == np.ceil(700 / saved).tolist()


def test_seed_noise_is_of_anchors_that_differ_in_the_seed_alone(tmp_path: Path) -> None:
    one = points({"old": 1.0, "new": 0.8})
    assert len(table("seed_noise", one, tmp_path)) == 0
    other = points({"old": 1.25, "new": 0.8}, seed=1)
    other["psnr_db"] += 0.5
    found = table("seed_noise", pd.concat([one, other]), tmp_path).set_index("metric")
    assert set(found["method"]) == {"old"} and found[["n_seeds", "n_pairs"]].to_numpy().tolist() == [[2, 2]] * 3
    equal_loss = found[[f"equal_loss_{name}_percent" for name in ("mean", "std", "max")]].to_numpy()
    assert equal_loss == pytest.approx(np.array([[2.5, 22.5, 25]] * 3), abs=1e-3)
    assert (abs(found["bd_rate_max_percent"] - 25) < 1e-3).tolist() == [True, False, True]


@pytest.mark.parametrize("name", ["bd_rate", "seed_noise"])
def test_runs_and_float_features_that_lack(name: str, tmp_path: Path) -> None:
    own = points({"old": 1.0, "new": 0.8})
    with pytest.raises(DataError, match=r"points.csv: 0 points none/float of a run; expected one; rerun the stage"):
        table(name, own[own["codec"] != "none"], tmp_path)
    if name == "bd_rate":
        uneven = pd.concat([own, points({"new": 0.8}, cut="c512")])
        with pytest.raises(DataError, match="comparison of new with old: cut c512, seed 0 has one of them only"):
            table(name, uneven, tmp_path)
        with pytest.raises(DataError, match="comparison of new with old: neither has a run"):
            table(name, own[:0], tmp_path)


def test_details_say_the_same_in_other_words_and_why_there_is_nothing(tmp_path: Path) -> None:
    found = details(points({"old": 1.0, "new": 0.8}), tmp_path)
    assert found.index.tolist() == ["miou", "psnr_db", "inv_rmse"]
    percents = found[["cubic_percent", "pchip_percent", "akima_percent", "without_lossless_percent"]]
    assert (abs(percents.astype(float) + 20) < 0.6).all(axis=None)
    own = points({"old": 1.0, "new": 1.0}, gain_db=0.5)
    own.loc[(own["method"] == "new") & (own["codec"] == "hevc"), "rmse"] -= 0.01
    assert details(own, tmp_path)["bd_metric"].tolist() == pytest.approx([0, 0.5, -0.01], abs=1e-6)
    own.loc[own["method"] == "new", "miou"] += 1
    refused = details(own, tmp_path).loc["miou"]
    assert refused[["pchip_percent", "bd_metric"]].isna().all() and "share 0 %" in refused["verdict"]
    own = own[(own["method"] == "old") | (own["codec"] != "hevc")]
    assert details(own, tmp_path)["verdict"].eq("refused: the test has no points on this ladder").all()


def test_lossless_points_are_those_of_each_methods_own_kind(tmp_path: Path) -> None:
    write_csv(tmp_path / "points.csv", points({"old": 1.0, "new": 0.8}))
    sends = experiment(("new", "old", "h", "h"), image="new")
    assert sends.lossless("old") == {(codec, "lossless"): "u8" for codec in ("hevc", "jpeg")}
    assert sends.lossless("new") == {}, "HEVC turns an image into other colours first"
    (pair,) = pairs(inputs(tmp_path, sends))
    assert [set(side["method"]) for side in pair.sides] == [{"old"}, {"new"}]
    assert [len(side) for side in pair.sides] == [len(QUALITIES)] * 2


def cells(metric: str, outcomes: list[tuple[float | None, str]], fit: str = "pchip") -> list[dict[str, object]]:
    key = {"cut": "c256", **dict(zip(KEYS, ("new", "old", "h", "h"), strict=True)), "metric": metric, "fit": fit}
    return [
        key | {"rate": "total", "seed": i, "bd_rate_percent": p, "equal_loss_percent": p, "verdict": v}
        for i, (p, v) in enumerate(outcomes)
    ]


@pytest.fixture
def headline(tmp_path: Path) -> pd.DataFrame:
    rows = cells("miou", [(-5.0, "ok"), (None, "refused: bent")]) + cells("psnr_db", [(-10.0, "ok"), (-20.0, "ok")])
    rows += cells("inv_rmse", [(None, "refused: bent")] * 2) + cells("miou", [(-99.0, "ok")], fit="cubic")
    rows += [row | {"rate": "payload"} for row in cells("miou", [(-4.0, "ok")])]
    floats = [("old", 0, 0.5), ("old", 1, 0.6), ("new", 0, 0.5), ("new", 1, 0.58)]
    of_floats = [
        {"cut": "c256", "method": method, "seed": seed, "codec": "none", "quality": "float", "miou": miou}
        | {"psnr_db": 20.0, "rmse": 0.5}
        for method, seed, miou in floats
    ]
    write_csv(tmp_path / "points.csv", pd.DataFrame(of_floats))
    write_csv(tmp_path / "bd_rate.csv", pd.DataFrame(rows))
    savings = pd.DataFrame(rows).query("fit == 'pchip'").drop_duplicates("metric")
    savings = savings.rename(columns={"bd_rate_percent": "rate_change_percent"}).assign(seed="all", low_percent=-8.0)
    both = [savings.assign(high_percent=-1.0, loss_percent=percent) for percent in (1.0, 5.0)]
    write_csv(tmp_path / "operating_savings.csv", pd.concat(both))
    found = TABLES.get("headline").make(inputs(tmp_path, PLAIN))
    assert isinstance(found, pd.DataFrame)
    return found


def test_means_ranges_and_verdicts(headline: pd.DataFrame) -> None:
    assert list(headline) == list(HEADLINE)
    assert headline["metric"].tolist() == ["miou", "psnr_db", "inv_rmse"]
    assert headline["bd_rate_percent"].tolist()[:2] == [-5.0, -15.0] and pd.isna(headline["bd_rate_percent"].iloc[2])
    assert (headline["bd_rate_min_percent"].iloc[1], headline["bd_rate_max_percent"].iloc[1]) == (-20.0, -10.0)
    assert headline["verdict"].tolist() == ["ok for 1 of 2 seeds; seed 1 refused: bent", "ok", "refused: bent"]
    assert headline["n_ok"].tolist() == [1, 2, 0]
    assert headline["at_1_rate_change_percent"].tolist()[:2] == [-5.0, -10.0]
    assert (headline["at_5_low_percent"] == -8).all()
    assert headline["payload_percent"].iloc[0] == -4 and headline["payload_percent"].isna().sum() == 2
    assert headline["float_difference"].iloc[0] == pytest.approx(-0.01)
    assert headline["float_metric"].tolist() == ["miou", "psnr_db", "rmse"]


def test_tracked_numbers_leave_out_what_was_refused(headline: pd.DataFrame, tmp_path: Path) -> None:
    crossed = headline.assign(cut="c512", against_ladder="j")
    write_csv(tmp_path / "headline.csv", pd.concat([headline, crossed]))
    found = TABLES.get("metrics").make(inputs(tmp_path, PLAIN))
    expected = {"miou": -5.0, "psnr_db": -15.0}
    assert found == {"c256": {"new-old-h": expected}, "c512": {"new-old-h-j": expected}}


@pytest.mark.parametrize("name", ["bd_rate", "bd_details", "headline", "seed_noise"])
def test_without_comparisons_there_are_empty_tables(name: str, tmp_path: Path) -> None:
    found = table(name, points({"old": 1.0}), tmp_path, experiment())
    assert len(found) == 0 and list(found) == list(table(name, points({"old": 1.0, "new": 1.0}), tmp_path))
