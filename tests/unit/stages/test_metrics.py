"""The stage metrics: the headline as nested JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from compfeat.__main__ import main as compfeat
from compfeat.analysis.headline import COLUMNS
from compfeat.stages.metrics import main, nested


def headline() -> pd.DataFrame:
    rows = [
        {"cut": "c256", "loss": "compressible", "ladder": "hevc", "metric": "miou", "bd_rate_percent": -20.5},
        {"cut": "c256", "loss": "compressible", "ladder": "hevc", "metric": "psnr_db", "bd_rate_percent": None},
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(float_anchor=0.5, float_test=0.25)


def test_numbers_are_nested_and_missing_ones_left_out(tmp_path: Path) -> None:
    headline().to_csv(tmp_path / "headline.csv", index=False)
    main(["--headline", str(tmp_path / "headline.csv"), "--metrics", str(tmp_path / "metrics.json")])
    floats = {"float_anchor": 0.5, "float_test": 0.25}
    assert json.loads((tmp_path / "metrics.json").read_text()) == {
        "c256": {"compressible": {"hevc": {"miou": {"bd_rate_percent": -20.5, **floats}, "psnr_db": floats}}}
    }


def test_no_comparison_makes_an_empty_object() -> None:
    assert nested(headline().head(0)) == {}


def test_a_missing_headline_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compfeat(["metrics", "--headline", f"{tmp_path}/h.csv", "--metrics", f"{tmp_path}/m.json"]) == 2
    assert "h.csv: not found; run the stage that makes it" in capsys.readouterr().err
