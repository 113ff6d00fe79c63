from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from compfeat.arrays import read_arrays, write_arrays
from compfeat.errors import DataError
from compfeat.results.measured import Measured
from compfeat.results.tables.plugins.points import check_lossless, point_row, points_table
from compfeat.settings.runs import Point, Run
from tiny_results import NETWORK, OLD, REMOTE, TinyRun

SCORES: dict[str, dict[str, Any]] = {
    "segmentation": {"confusion": np.ones((2, 2, 2), dtype=int)},
    "reconstruction": {"sse": np.array([0.01, 0.01]), "n": np.array([1, 1])},
}
LEDGER = pd.DataFrame(
    {"image_id": ["a", "b"], "payload_bytes": [50, 70], "header_bytes": [5, 5], "side_info_bytes": [8, 8]}
)
CODED = Measured(Point(Run("c", "old", 0), "png", "lossless"), ["a", "b"], NETWORK, SCORES, LEDGER, "features")
UNCODED = replace(CODED, point=Point(CODED.point.run, "none", "u8"), ledger=None)
WORSE = replace(CODED, scores={**SCORES, "segmentation": {"confusion": np.array([[[9, 1], [0, 1]]] * 2)}})
METRICS = ["miou", "psnr_db"]
LOSSLESS = {method: {("png", "lossless"): quality} for method, quality in ((OLD, "u8"), (REMOTE, "float"))}


def table(*points: Measured) -> pd.DataFrame:
    return points_table([point_row("scenes", point) for point in points], METRICS)


def test_rates_and_bytes() -> None:
    row = point_row("scenes", CODED)
    assert (row["payload_bytes"], row["header_bytes"], row["side_info_bytes"], row["total_bytes"]) == (120, 10, 16, 146)
    assert row["rate_bpe"] == 8 * 146 / (2 * 64)
    assert row["rate_bpe_authors"] == 8 * 130 / (2 * 64)
    assert row["rate_bpp"] == 8 * 146 / (2 * 512)
    assert row["bytes_per_image"] == 73.0
    assert (row["miou"], row["psnr_db"]) == pytest.approx((1 / 3, 20.0))
    sent = point_row("scenes", replace(CODED, sends="image"))
    assert sent | {"rate_bpe": row["rate_bpe"], "rate_bpe_authors": row["rate_bpe_authors"]} == row
    assert sent["rate_bpe"] is sent["rate_bpe_authors"] is None
    points = table(CODED, UNCODED)
    assert points["codec"].tolist() == ["none", "png"] and points["total_bytes"].dtype == "Int64"
    assert points[["total_bytes", "rate_bpe"]].isna().to_numpy().tolist() == [[True] * 2, [False] * 2]


@pytest.mark.parametrize(("method", "sends", "reference"), [(OLD, "features", "u8"), (REMOTE, "image", "float")])
def test_lossless_must_equal_what_its_codec_refers_to(method: str, sends: str, reference: str) -> None:
    run = Run("c", method, 0)
    coded, worse = (replace(own, point=Point(run, "png", "lossless"), sends=sends) for own in (CODED, WORSE))
    uncoded = replace(UNCODED, point=Point(run, "none", reference), sends=sends)
    check_lossless(table(coded, uncoded), METRICS, LOSSLESS)
    with pytest.raises(DataError, match=rf"c/{method}/seed0/png/lossless: miou is .* as at none/{reference}"):
        check_lossless(table(worse, uncoded), METRICS, LOSSLESS)
    with pytest.raises(DataError, match=f"has no point none/{reference}"):
        check_lossless(table(coded), METRICS, LOSSLESS)
    check_lossless(table(replace(worse, point=Point(run, "png", "q9")), uncoded), METRICS, LOSSLESS)


def test_a_point_twice() -> None:
    with pytest.raises(DataError, match="c/old/seed0/none/u8 is listed twice"):
        table(UNCODED, UNCODED)


def test_points_are_what_ledgers_and_scores_add_up_to(run: TinyRun) -> None:
    run.gather("points", "per_image")
    points = run.read("points.csv").set_index(["method", "codec", "quality"]).to_dict("index")
    point = points["old", "b", "qp20"]
    assert (point["n_images"], point["total_bytes"], point["bytes_per_image"]) == (3, 3 * 317, 317)
    assert point["rate_bpe"] == pytest.approx(8 * 317 / 64) and point["rate_bpp"] == pytest.approx(8 * 317 / 512)
    assert point["rmse"] == pytest.approx(0.25**0.5) and np.isnan(points["old", "none", "float"]["total_bytes"])
    images = run.read("per_image.csv")
    assert len(images) == 3 * 2 * (2 + 2 * 5) and set(images["image_id"]) == {"007", "008", "009"}
    assert (images["payload_bytes"].isna() == (images["codec"] == "none")).all()
    own = images.query("method == 'old' and codec == 'b' and quality == 'qp20'")
    assert set(own["payload_bytes"]) == {300} and set(own["sse_disparity"]) == {2.5}


def test_a_lossless_point_of_a_run_that_changed_something_is_found(run: TinyRun) -> None:
    path = run.inputs["scores"]["c512/old/seed0/a"]
    arrays = read_arrays(path)
    write_arrays(path, arrays | {"lossless/disparity/sse": arrays["qp40/disparity/sse"]})
    with pytest.raises(
        DataError, match=r"c512/old/seed0/a/lossless: rmse is .* as at none/u8, because a lossless codec"
    ):
        run.gather("points")
