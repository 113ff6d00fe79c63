from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from compfeat.errors import DataError
from compfeat.experiment.runs import Point, Run
from compfeat.results.measured import Measured
from compfeat.results.tables.per_image import per_image_table
from compfeat.results.tables.points import check_lossless, point_row, points_table
from tiny_results import NETWORK, OLD, REMOTE

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


def test_an_image_has_no_rate_per_feature_element() -> None:
    row = point_row("scenes", replace(CODED, sends="image"))
    assert row["rate_bpe"] is None and row["rate_bpe_authors"] is None and row["rate_bpp"] == 8 * 146 / (2 * 512)


def test_uncoded_points_have_no_bytes() -> None:
    points = table(CODED, UNCODED)
    assert points["codec"].tolist() == ["none", "png"]
    assert points["total_bytes"].dtype == "Int64" and points["total_bytes"].isna().tolist() == [True, False]
    assert points["rate_bpe"].isna().tolist() == [True, False]


def test_lossless_must_equal_what_its_codec_refers_to() -> None:
    check_lossless(table(CODED, UNCODED), METRICS, LOSSLESS)
    with pytest.raises(DataError, match="c/old/seed0/png/lossless: miou is"):
        check_lossless(table(WORSE, UNCODED), METRICS, LOSSLESS)
    with pytest.raises(DataError, match="has no point none/u8"):
        check_lossless(table(CODED), METRICS, LOSSLESS)
    check_lossless(table(replace(WORSE, point=replace(CODED.point, quality="q9")), UNCODED), METRICS, LOSSLESS)


def test_a_lossless_image_must_equal_the_float_features() -> None:
    run = Run("c", "remote", 0)
    image = replace(CODED, point=Point(run, "png", "lossless"), sends="image")
    uncoded = replace(UNCODED, point=Point(run, "none", "float"), sends="image")
    check_lossless(table(image, uncoded), METRICS, LOSSLESS)
    with pytest.raises(DataError, match=r"c/remote/seed0/png/lossless: miou is .* as at none/float"):
        check_lossless(table(replace(image, scores=WORSE.scores), uncoded), METRICS, LOSSLESS)


def test_a_point_twice() -> None:
    with pytest.raises(DataError, match="c/old/seed0/none/u8 is listed twice"):
        table(UNCODED, UNCODED)


def test_per_image_table_has_every_scalar_score() -> None:
    images = pd.concat([per_image_table(CODED), per_image_table(UNCODED)])
    assert list(images)[-2:] == ["sse_reconstruction", "n_reconstruction"]
    assert images["payload_bytes"].tolist()[:2] == [50, 70]
    assert images["payload_bytes"].isna().tolist() == [False, False, True, True]
