"""Comparing a run with the recorded one: identical files, where the runs part, and how far the numbers are off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from compfeat.__main__ import main
from compfeat.provenance.comparison import compare

WEIGHTS = "results/train/c256/plain/seed0/weights.safetensors"
POINTS = "results/summarise/points.csv"


def verify(project: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    status = main(["verify", "--project", str(project), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_the_same_run_is_identical(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, report = verify(recorded, capsys)
    assert status == 0 and report["identical"] and report["first"] == []
    assert {state for counts in report["folders"].values() for state, n in counts.items() if n} == {"identical"}
    assert report["points"]["measures"]["bytes_per_image"] == {
        **{"unit": "%", "n": 7, "n_equal": 7, "n_lost": 0, "n_gained": 0, "largest": 0.0, "mean": 0.0},
        **{"at": "c256/plain/0/hevc/qp22", "reference": 4.25, "own": 4.25},
    }
    assert main(["verify", "--project", str(recorded)]) == 0
    assert capsys.readouterr().out.startswith("verify: identical to the byte\n")


def test_rows_in_another_order_are_the_same_rows(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded / POINTS
    head, *rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([head, *reversed(rows)]))
    assert verify(recorded, capsys)[0] == 0
    path.write_text("".join([head, *rows[1:]]))
    assert verify(recorded, capsys)[0] == 1


def test_where_the_runs_part_is_shown_and_not_what_follows(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (WEIGHTS, "results/features/c256/plain/seed0/val.npy"):
        (recorded / path).write_bytes((recorded / path).read_bytes() + b" \n")
    (recorded / "results/encode/c256/plain/seed0/jpeg/bitstreams.zip").unlink()
    status, report = verify(recorded, capsys)
    assert status == 1 and report["first"] == [WEIGHTS]
    assert report["folders"]["results/train"] == {"identical": 8, "changed": 1, "missing": 0, "extra": 0}
    assert report["folders"]["results/encode"] == {"identical": 9, "changed": 0, "missing": 1, "extra": 0}
    assert report["folders"]["inputs"]["identical"] == 1


def test_numbers_that_are_off_are_shown_with_the_worst_point(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded / POINTS
    path.write_text(path.read_text().replace("plain,0,jpeg,q95,4.25,0.5", "plain,0,jpeg,q95,4.335,0.46"))
    _, report = verify(recorded, capsys)
    measures = report["points"]["measures"]
    assert measures["bytes_per_image"]["largest"] == pytest.approx(2.0) and measures["bytes_per_image"]["n_equal"] == 6
    assert measures["bytes_per_image"]["mean"] == pytest.approx(2.0 / 7)
    assert measures["miou"]["largest"] == pytest.approx(0.04) and measures["miou"]["unit"] == ""
    assert measures["miou"]["at"] == "c256/plain/0/jpeg/q95"
    assert report["bd_rates"]["measures"]["bd_rate_percent"]["n_equal"] == 3
    assert main(["verify", "--project", str(recorded)]) == 1
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "results/summarise 9 1 0 0" in lines
    assert POINTS in lines
    assert "bytes_per_image 6 of 7 0.286% 2% 4.335 4.25 c256/plain/0/jpeg/q95" in lines


def test_rows_of_one_side_and_refusals_are_counted_apart() -> None:
    keys = ["cut", "method", "seed", "ladder", "metric", "fit"]
    head = ["c256", "tight", 0, "hevc"]
    nan = float("nan")
    rows = [(*head, "miou", "pchip", -1.0), (*head, "psnr_db", "pchip", nan), (*head, "inv_rmse", "pchip", -2.0)]
    reference = pd.DataFrame(rows, columns=[*keys, "bd_rate_percent"])
    rows = [(*head, "miou", "pchip", -1.5), (*head, "psnr_db", "pchip", 3.0), (*head, "miou", "akima", 0.0)]
    report = compare(reference, pd.DataFrame(rows, columns=[*keys, "bd_rate_percent"]), {"bd_rate_percent": "%"})
    assert report["n_common"] == 2
    assert report["only_reference"] == ["c256/tight/0/hevc/inv_rmse/pchip"]
    assert report["only_own"] == ["c256/tight/0/hevc/miou/akima"]
    measure = report["measures"]["bd_rate_percent"]
    assert (measure["n"], measure["n_lost"], measure["n_gained"], measure["largest"]) == (1, 0, 1, 50.0)


def test_no_run_and_no_record_are_reported_in_one_line(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (recorded / POINTS).unlink()
    assert main(["verify", "--project", str(recorded)]) == 2
    assert "points.csv: not found; run the stage that makes it" in capsys.readouterr().err
    assert main(["verify", "--project", str(recorded), "--record", "x"]) == 2
    assert "nothing was recorded here" in capsys.readouterr().err
