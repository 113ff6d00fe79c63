from __future__ import annotations

import pandas as pd
import pytest

from compfeat.errors import DataError
from compfeat.results.delta_rate import Rules, compare
from compfeat.results.pairs import curve
from compfeat.results.published import (
    ANCHOR,
    AUTHORS_FIT,
    METRICS,
    TEST,
    authors_fit,
    check_totals,
    read_published,
)
from compfeat.results.tables.plugins import published_bd_rate, published_intervals, published_paired
from tiny_results import published_inputs


@pytest.fixture(scope="module")
def released() -> tuple[pd.DataFrame, pd.DataFrame]:
    return read_published(published_inputs())


def test_rates_are_bits_per_feature_element(released: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    points = released[0].set_index(["cut", "method", "codec", "quality"])
    assert points.loc[("c512", ANCHOR, "png", "lossless"), "rate_bpe"] == pytest.approx(8 * 17130592 / (500 * 65536))
    assert points.loc[("c256", ANCHOR, "png", "lossless"), "rate_bpe"] == pytest.approx(8 * 23264714 / (500 * 131072))


AUTHORS = pd.DataFrame(
    [
        ("c256", "miou", -20.6837, -1.1258, 0.0092),
        ("c256", "psnr_db", -6.0942, -2.5634, 0.2056),
        ("c256", "inv_rmse", -5.1498, -0.0077, -0.0108),
        ("c512", "miou", -7.8130, -6.7554, 0.0009),
        ("c512", "psnr_db", -4.3740, -5.2086, -0.0266),
        ("c512", "inv_rmse", -2.1158, -2.2923, 0.0008),
    ],
    columns=["cut", "metric", "bd_rate_percent", "equal_loss_percent", "gain"],
).set_index(["cut", "metric"])
"""By the authors' cubic; ``gain``: by how much the compressible network's metric differs without coding (mIoU, dB, px)."""


def test_authors_numbers_are_mostly_the_better_network_at_c256() -> None:
    table = published_bd_rate.make_published_bd_rate(published_inputs())
    authors = table[table["fit"] == AUTHORS_FIT].set_index(["cut", "metric"])
    authors["gain"] = authors["test_uncoded"] - authors["anchor_uncoded"]
    pd.testing.assert_frame_equal(authors[list(AUTHORS)], AUTHORS, atol=6e-5, rtol=0)
    assert (table["n_images"] == 500).all()


def test_intervals_are_around_the_authors_numbers() -> None:
    intervals = published_intervals.make_published_intervals(published_inputs(resamples=25)).set_index(
        ["cut", "metric"]
    )
    pd.testing.assert_frame_equal(intervals[list(AUTHORS)[:2]], AUTHORS[list(AUTHORS)[:2]], atol=6e-5, rtol=0)
    for start, name in (("", "bd_rate_percent"), ("equal_loss_", "equal_loss_percent")):
        low, high = (intervals[f"{start}{end}_percent"] for end in ("low", "high"))
        assert ((low < intervals[name]) & (intervals[name] < high)).all()


def test_library_agrees_with_the_authors_cubic_where_it_is_not_refused() -> None:
    table = published_bd_rate.make_published_bd_rate(published_inputs()).pivot_table(
        index=["cut", "metric"], columns="fit", values="bd_rate_percent", dropna=False
    )
    both = table.dropna()
    assert both["cubic"].to_numpy() == pytest.approx(both[AUTHORS_FIT].to_numpy(), abs=1e-6)
    assert table["cubic"].isna().sum() == 1 and table["cubic"].isna()[("c256", "psnr_db")]
    assert table["pchip"].notna().all()


def test_the_degree_moves_inverse_rmse_at_c256_by_over_two_points(
    released: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    own = released[0][released[0]["cut"] == "c256"]
    anchor, test = (curve(own[own["method"] == method], METRICS[2], "rate_bpe") for method in (ANCHOR, TEST))
    three, four = (compare(anchor, test, authors_fit(d), Rules(check_fit=False)).bd_rate_percent for d in (3, 4))
    assert three is not None and four is not None
    assert abs(three - four) > 2.0


def test_at_c512_only_half_the_images_got_smaller() -> None:
    paired = published_paired.make_published_paired(published_inputs()).set_index(["cut", "codec", "quality"])
    lossless = paired["smaller_share"].xs(("png", "lossless"), level=("codec", "quality"))
    assert lossless.to_dict() == pytest.approx({"c256": 0.994, "c512": 0.542})
    assert (paired["n_images"] == 500).all()
    saving = paired.loc[("c512", "png", "lossless"), "saving_percent"]
    assert saving == pytest.approx(100 * (1 - 16551701 / 17130592))


def test_contradictions_are_named(released: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    points, sizes = released
    with pytest.raises(DataError, match="c512/baseline/png/lossless: files add up to"):
        check_totals(points, sizes.drop(index=0))
    with pytest.raises(DataError, match="in one of the two tables only"):
        check_totals(points.drop(index=0), sizes)
