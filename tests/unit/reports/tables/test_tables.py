"""The tables as pages: every number of the CSV, readable, and nothing else needed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from compfeat.__main__ import call
from compfeat.errors import DataError
from compfeat.reports.tables import PAGES, pages_with
from compfeat.reports.tables.build import build, written
from compfeat.reports.texts import TableText
from synthetic_summary import Variant, write_summary

PAGE = TableText(name="own", title="A title", caption="What it is.", category="c")


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_summary(tmp_path_factory.mktemp("summary"), Variant(cuts=("c256",), codecs=("hevc",)))


@pytest.mark.parametrize("name", PAGES)
def test_every_table_gets_a_page_and_twice_the_same(name: str, summary: Path, tmp_path: Path) -> None:
    argv = ["--settings", PAGES[name].model_dump_json(), "--table", str(summary / f"{name}.csv"), "--html"]
    for copy in ("a", "b"):
        call("table_page", [*argv, str(tmp_path / copy)])
    page = (tmp_path / "a").read_text()
    assert page == (tmp_path / "b").read_text()
    table = pd.read_csv(summary / f"{name}.csv")
    assert page.count("<tr>") == 1 + max(1, len(table)) and page.count('<th scope="col"') == len(table.columns)
    assert PAGES[name].title in page and "http" not in page


def test_cells_are_rounded_by_their_unit() -> None:
    assert written(-12.345, "bd_rate_percent") == "\N{MINUS SIGN}12.3"
    assert written(0.123456, "miou") == "0.1235" and written(19.123, "psnr_db") == "19.12"
    assert written(1234.0, "total_bytes") == "1234" and written(7, "n_images") == "7"
    assert written(float("nan"), "miou") == "\N{EN DASH}" and written("c256", "cut") == "c256"
    assert written(123456.0, "rate_bpe") == "123456" and written(12345.6, "bytes_per_image") == "12346"
    assert written(1e-9, "low") == "1e\N{MINUS SIGN}09"


def test_text_is_never_read_as_html() -> None:
    page = build(PAGE, pd.DataFrame({"verdict": ["<b>"]}))
    assert "&lt;b&gt;" in page and "<b>" not in page


def test_a_users_own_table_stands_beside_the_others() -> None:
    assert list(pages_with([PAGE])) == [*PAGES, "own"]


def test_no_rows_are_told() -> None:
    assert "No rows." in build(PAGE, pd.DataFrame({"cut": []}))


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"points.csv: not found"):
        call(
            "table_page",
            [
                "--settings",
                PAGE.model_dump_json(),
                "--table",
                str(tmp_path / "points.csv"),
                "--html",
                str(tmp_path / "x"),
            ],
        )
