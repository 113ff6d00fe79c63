from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from compfeat.grid import Point, Run, parse_point

from compfeat.errors import ConfigError, DataError
from compfeat.results.points import (
    COLUMNS,
    PER_IMAGE_COLUMNS,
    Measured,
    check_common_images,
    per_image_table,
    point_row,
    points_table,
)

NETWORK = {"channels": 4, "feature_height": 2, "feature_width": 8, "input_height": 16, "input_width": 32}
IMAGES = pd.DataFrame({"image_id": ["a", "b"], "sse_reconstruction": [0.01, 0.01], "n_reconstruction": [1, 1]})
LEDGER = pd.DataFrame(
    {"image_id": ["a", "b"], "payload_bytes": [50, 70], "header_bytes": [5, 5], "side_info_bytes": [8, 8]}
)
CODED = Measured(
    Point(Run("c", "baseline", 0), "png", "lossless"), NETWORK, IMAGES, np.ones((2, 2, 2), dtype=int), LEDGER
)
UNCODED = replace(CODED, point=Point(CODED.point.run, "none", "u8"), ledger=None)


def test_rates_and_bytes() -> None:
    row = point_row("scenes", CODED)
    assert tuple(row) == COLUMNS
    assert (row["payload_bytes"], row["header_bytes"], row["side_info_bytes"], row["total_bytes"]) == (120, 10, 16, 146)
    assert row["rate_bpe"] == 8 * 146 / (2 * 64)
    assert row["rate_bpe_authors"] == 8 * 130 / (2 * 64)
    assert row["rate_bpp"] == 8 * 146 / (2 * 512)
    assert row["bytes_per_image"] == 73.0
    assert (row["miou"], row["psnr_db"]) == pytest.approx((1 / 3, 20.0))


def test_uncoded_points_have_no_bytes() -> None:
    table = points_table([point_row("scenes", CODED), point_row("scenes", UNCODED)])
    assert list(table) == list(COLUMNS)
    assert table["codec"].tolist() == ["none", "png"]
    assert table["total_bytes"].dtype == "Int64" and table["total_bytes"].isna().tolist() == [True, False]
    assert table["rate_bpe"].isna().tolist() == [True, False]


def test_lossless_must_equal_the_quantised_features() -> None:
    worse = replace(CODED, confusion=np.array([[[9, 1], [0, 1]]] * 2))
    with pytest.raises(DataError, match="c/baseline/seed0/png/lossless: miou is"):
        points_table([point_row("s", worse), point_row("s", UNCODED)])
    with pytest.raises(DataError, match="has no point none/u8"):
        points_table([point_row("s", CODED)])
    lossy = replace(worse, point=replace(CODED.point, quality="q9"))
    assert len(points_table([point_row("s", lossy), point_row("s", UNCODED)])) == 2


def test_a_point_twice() -> None:
    with pytest.raises(DataError, match="c/baseline/seed0/none/u8 is listed twice"):
        points_table([point_row("s", UNCODED)] * 2)


def test_images_must_agree() -> None:
    with pytest.raises(DataError, match="ledger has 1 images"):
        point_row("s", replace(CODED, ledger=LEDGER[:1]))
    with pytest.raises(DataError, match="order differ"):
        point_row("s", replace(CODED, ledger=LEDGER[::-1]))
    with pytest.raises(DataError, match=r"confusion\.npy has 1 images"):
        point_row("s", replace(CODED, confusion=np.ones((1, 2, 2), dtype=int)))
    with pytest.raises(DataError, match="no images"):
        per_image_table(replace(UNCODED, images=IMAGES[:0], confusion=None))


def test_per_image_table_keeps_every_column() -> None:
    table = pd.concat([per_image_table(CODED), per_image_table(UNCODED)])
    assert list(table) == list(PER_IMAGE_COLUMNS)
    assert table["payload_bytes"].dtype == "Int64" and table["payload_bytes"].tolist()[:2] == [50, 70]
    assert table["payload_bytes"].isna().tolist() == [False, False, True, True]
    assert table["sse_disparity"].isna().all() and table["sse_reconstruction"].notna().all()
    check_common_images(table)
    with pytest.raises(DataError, match="c/baseline/seed0/png/lossless: has 1 images, the first point 2"):
        check_common_images(table.iloc[1:])


def test_parse_point_inverts_the_id() -> None:
    point = Point(Run("c512", "baseline", 3), "hevc", "qp32")
    assert parse_point(point.id) == point
    with pytest.raises(ConfigError, match="expected CUT/LOSS/seedN/CODEC/QUALITY"):
        parse_point("c512/baseline/3/hevc/qp32")
