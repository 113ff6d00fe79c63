from __future__ import annotations

import pandas as pd
import pytest

from compfeat.analysis.headline import COLUMNS, headline_table, markdown_table, readable, text_table

POINTS = pd.DataFrame(
    [
        {
            "cut": "c",
            "loss": loss,
            "seed": seed,
            "codec": "none",
            "quality": "float",
            "miou": miou,
            "psnr_db": 20.0,
            "rmse": 0.5,
        }
        for loss, seed, miou in [("baseline", 0, 0.5), ("baseline", 1, 0.6), ("x", 0, 0.5), ("x", 1, 0.58)]
    ]
)


def _cells(metric: str, outcomes: list[tuple[float | None, str]], method: str = "pchip") -> list[dict[str, object]]:
    key = {"cut": "c", "loss": "x", "ladder": "hevc", "metric": metric, "method": method}
    return [key | {"seed": i, "bd_rate_percent": p, "verdict": v} for i, (p, v) in enumerate(outcomes)]


def _headline() -> pd.DataFrame:
    cells = _cells("psnr_db", [(-10.0, "ok"), (-20.0, "ok")]) + _cells("miou", [(-5.0, "ok"), (None, "refused: bent")])
    cells += _cells("inv_rmse", [(None, "refused: bent")] * 2) + _cells("miou", [(-99.0, "ok")], method="cubic")
    return headline_table(pd.DataFrame(cells).astype({"bd_rate_percent": "float64"}), POINTS)


def test_means_ranges_and_verdicts() -> None:
    table = _headline()
    assert list(table) == COLUMNS
    assert table["metric"].tolist() == ["miou", "psnr_db", "inv_rmse"]
    assert table["bd_rate_percent"].tolist()[:2] == [-5.0, -15.0] and pd.isna(table["bd_rate_percent"].iloc[2])
    assert (table["bd_rate_min_percent"].iloc[1], table["bd_rate_max_percent"].iloc[1]) == (-20.0, -10.0)
    assert table["verdict"].tolist() == ["ok for 1 of 2 seeds; seed 1 refused: bent", "ok", "refused: bent"]
    assert table["n_ok"].tolist() == [1, 2, 0]
    assert table["float_difference"].iloc[0] == pytest.approx(-0.01)
    assert table["float_metric"].tolist() == ["miou", "psnr_db", "rmse"]


def test_readable_as_markdown_and_text() -> None:
    titles, rows = readable(_headline())
    assert rows[1][4] == "-15.0 (-20.0 to -10.0)" and rows[2][4] == "refused"
    markdown = markdown_table(titles, rows).splitlines()
    assert len(markdown) == 5 and len({line.count("|") for line in markdown}) == 1
    text = text_table(titles, rows).splitlines()
    assert len(text) == 4 and {line.index("hevc") for line in text[1:]} == {text[0].index("ladder")}


def test_without_another_loss() -> None:
    columns = ["cut", "loss", "seed", "ladder", "metric", "method", "bd_rate_percent", "verdict"]
    table = headline_table(pd.DataFrame(columns=columns), POINTS)
    assert table.empty and list(table) == COLUMNS
