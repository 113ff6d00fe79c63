"""Comparing a run with the recorded one: identical files, where the runs part, and how far the numbers are off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from compfeat.__main__ import main
from compfeat.provenance.verify import compare

WEIGHTS = "results/train/c256/baseline/seed0/weights.safetensors"
POINTS = "results/summarise/points.csv"


def verify(project: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    status = main(["verify", "--project", str(project), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_the_same_run_is_identical(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = verify(recorded, capsys)
    assert status == 0 and told["identical"] and told["first"] == []
    assert {state for counts in told["stages"].values() for state, n in counts.items() if n} == {"identical"}
    assert told["points"]["measures"]["rate_bpe"] == {
        **{"n": 6, "n_equal": 6, "n_lost": 0, "n_gained": 0, "largest": 0.0, "mean": 0.0},
        **{"at": "c256/baseline/0/hevc/qp22", "reference": 4.25, "own": 4.25},
    }
    assert main(["verify", "--project", str(recorded)]) == 0
    assert capsys.readouterr().out.startswith("verify: identical to the byte\n")


def test_where_the_runs_part_is_told_and_not_what_follows(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (WEIGHTS, "results/features/c256/baseline/seed0/features.npy"):
        (recorded / path).write_bytes((recorded / path).read_bytes() + b" \n")
    (recorded / "results/encode/c256/baseline/seed0/jpeg/q95/stream.bin").unlink()
    status, told = verify(recorded, capsys)
    assert status == 1 and told["first"] == [WEIGHTS]
    assert told["stages"]["results/train"] == {"identical": 8, "changed": 1, "missing": 0, "extra": 0}
    assert told["stages"]["results/encode"] == {"identical": 11, "changed": 0, "missing": 1, "extra": 0}
    assert told["stages"]["inputs"]["identical"] == 1


def test_numbers_that_are_off_are_told_with_the_worst_point(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded / POINTS
    path.write_text(path.read_text().replace("baseline,0,jpeg,q95,4.25,0.5", "baseline,0,jpeg,q95,4.335,0.46"))
    _, told = verify(recorded, capsys)
    measures = told["points"]["measures"]
    assert measures["rate_bpe"]["largest"] == pytest.approx(2.0) and measures["rate_bpe"]["n_equal"] == 5
    assert measures["rate_bpe"]["mean"] == pytest.approx(2.0 / 6)
    assert measures["miou"]["largest"] == pytest.approx(0.04)
    assert measures["miou"]["at"] == "c256/baseline/0/jpeg/q95"
    assert told["bd_rates"]["measures"]["bd_rate_percent"]["n_equal"] == 2
    assert main(["verify", "--project", str(recorded)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "  results/summarise          5 identical, 1 changed" in lines
    assert f"  {POINTS}" in lines
    assert any(
        "5 of 6 equal; off by 0.333% in the mean, at most 2% (4.335 for 4.25 at c256/baseline/0/jpeg/q95)" in line
        for line in lines
    )


def test_rows_of_one_side_and_refusals_are_counted_apart() -> None:
    keys = ["cut", "loss", "seed", "ladder", "metric", "method"]
    head = ["c256", "compressible", 0, "hevc"]
    nan = float("nan")
    rows = [(*head, "miou", "pchip", -1.0), (*head, "psnr_db", "pchip", nan), (*head, "inv_rmse", "pchip", -2.0)]
    reference = pd.DataFrame(rows, columns=[*keys, "bd_rate_percent"])
    rows = [(*head, "miou", "pchip", -1.5), (*head, "psnr_db", "pchip", 3.0), (*head, "miou", "akima", 0.0)]
    told = compare(reference, pd.DataFrame(rows, columns=[*keys, "bd_rate_percent"]), keys)
    assert told["n_common"] == 2
    assert told["only_reference"] == ["c256/compressible/0/hevc/inv_rmse/pchip"]
    assert told["only_own"] == ["c256/compressible/0/hevc/miou/akima"]
    measure = told["measures"]["bd_rate_percent"]
    assert (measure["n"], measure["n_lost"], measure["n_gained"], measure["largest"]) == (1, 0, 1, 0.5)


def test_no_run_and_no_record_are_told_in_one_line(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (recorded / POINTS).unlink()
    assert main(["verify", "--project", str(recorded)]) == 2
    assert "points.csv: not found; run the stage that makes it" in capsys.readouterr().err
    assert main(["verify", "--project", str(recorded), "--record", "x"]) == 2
    assert "nothing was recorded here" in capsys.readouterr().err
