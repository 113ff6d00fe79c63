"""What the README tells of the default run is what was recorded of it."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from compfeat.analysis.headline import HEADLINE_METHOD
from helpers import PROJECT

RECORD = PROJECT / "data/reference/default"
METRICS = {"mIoU": "miou", "PSNR (dB)": "psnr_db", "disparity RMSE (px)": "inv_rmse"}
COLUMNS = {"miou": "miou", "psnr_db": "psnr_db", "inv_rmse": "rmse"}
LADDERS = ("hevc", "published")


def headline_rows(readme: Path) -> list[list[str]]:
    """Return the cells of the first table below "What comes out"."""
    text = readme.read_text(encoding="utf-8").partition("## What comes out")[2]
    lines = re.search(r"(?:^\|.*\n)+", text, re.M)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()[2:]]


ROWS = headline_rows(PROJECT / "README.md")


def test_the_table_has_every_cell() -> None:
    cells = pd.read_csv(RECORD / "bd_rate.csv")[["cut", "metric"]].drop_duplicates()
    assert {(cut, METRICS[metric]) for cut, metric, *_ in ROWS} == set(cells.itertuples(index=False, name=None))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{METRICS[row[1]]}")
def test_the_headline_is_the_recorded_runs(row: list[str]) -> None:
    cut, metric = row[0], METRICS[row[1]]
    table, points = (pd.read_csv(RECORD / name) for name in ("bd_rate.csv", "points.csv"))
    table = table[(table["cut"] == cut) & (table["metric"] == metric) & (table["method"] == HEADLINE_METHOD)]
    for ladder, cell in zip(LADDERS, row[2:4], strict=True):
        recorded = float(table.loc[table["ladder"] == ladder, "bd_rate_percent"].iloc[0])
        told = cell.replace("−", "-").partition(" ")[0]
        assert told == ("refused:" if pd.isna(recorded) else f"{recorded:+.1f}")
    floats = points[(points["cut"] == cut) & (points["codec"] == "none") & (points["quality"] == "float")]
    for loss, cell in zip(("baseline", "compressible"), row[4:6], strict=True):
        recorded = float(floats.loc[floats["loss"] == loss, COLUMNS[metric]].iloc[0])
        assert cell == f"{recorded:.{len(cell.partition('.')[2])}f}"
