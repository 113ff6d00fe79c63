from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from compfeat.errors import DataError
from compfeat.results.delta_rate import Rules, compare
from compfeat.results.published import (
    ANCHOR,
    AUTHORS_FIT,
    METRICS,
    TEST,
    authors_fit,
    check_totals,
    curve,
    read_published,
)
from compfeat.results.tables import Inputs, published_bd_rate, published_paired
from tiny_results import published_inputs


@pytest.fixture(scope="module")
def released() -> tuple[pd.DataFrame, pd.DataFrame]:
    return read_published(published_inputs())


def test_rates_are_bits_per_feature_element(released: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    points = released[0].set_index(["cut", "method", "codec", "quality"])
    assert points.loc[("c512", ANCHOR, "png", "lossless"), "rate_bpe"] == pytest.approx(8 * 17130592 / (500 * 65536))
    assert points.loc[("c256", ANCHOR, "png", "lossless"), "rate_bpe"] == pytest.approx(8 * 23264714 / (500 * 131072))


def test_authors_numbers() -> None:
    table = published_bd_rate.make(published_inputs())
    authors = table[table["fit"] == AUTHORS_FIT].set_index(["cut", "metric"])
    expected = {
        ("c256", "miou"): -20.6837,
        ("c256", "psnr_db"): -6.0942,
        ("c256", "inv_rmse"): -5.1498,
        ("c512", "miou"): -7.8130,
        ("c512", "psnr_db"): -4.3740,
        ("c512", "inv_rmse"): -2.1158,
    }
    assert authors["bd_rate_percent"].to_dict() == pytest.approx(expected, abs=1e-4)
    assert (table["n_images"] == 500).all()


def test_library_agrees_with_the_authors_cubic_where_it_is_not_refused() -> None:
    table = published_bd_rate.make(published_inputs()).pivot_table(
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
    anchor, test = (curve(own[own["method"] == method], METRICS[2]) for method in (ANCHOR, TEST))
    three, four = (compare(anchor, test, authors_fit(d), Rules(check_fit=False)).bd_rate_percent for d in (3, 4))
    assert three is not None and four is not None
    assert abs(three - four) > 2.0


def test_at_c512_only_half_the_images_got_smaller() -> None:
    paired = published_paired.make(published_inputs()).set_index(["cut", "codec", "quality"])
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


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    inputs = published_inputs()
    lost = {name: tmp_path / path.name for name, path in inputs.of("published").items()}
    with pytest.raises(DataError, match=r"published_points\.csv: not found"):
        read_published(Inputs(inputs.experiment, {"published": lost}))
