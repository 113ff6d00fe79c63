"""Comparing a run with the recorded one: identical files, where the runs part, and how far the numbers are off."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from compfeat.provenance.verify import compare
from recorded_run import Ask, Say

WEIGHTS = "results/train/c256/plain/seed0/weights.safetensors"
POINTS = "results/summarise/points.csv"


def test_the_same_run_is_identical_whatever_the_order_of_rows(recorded: Path, ask: Ask, say: Say) -> None:
    path = recorded / POINTS
    head, *rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([head, *reversed(rows)]))
    report = ask(recorded, "verify")
    assert report["identical"] and report["first"] == []
    assert {state for counts in report["folders"].values() for state, n in counts.items() if n} == {"identical"}
    assert report["points"]["measures"]["bytes_per_image"] == {
        **{"unit": "%", "n": 7, "n_equal": 7, "n_lost": 0, "n_gained": 0, "largest": 0.0, "mean": 0.0},
        **{"at": "c256/plain/0/hevc/qp22", "recorded": 4.25, "here": 4.25},
    }
    assert say("verify", "--project", str(recorded)).startswith("verify: identical to the byte\n")
    path.write_text("".join([head, *rows[1:]]))
    ask(recorded, "verify", status=1)


def test_where_the_runs_part_is_shown_and_not_what_follows(recorded: Path, ask: Ask) -> None:
    for path in (WEIGHTS, "results/features/c256/plain/seed0/val.npy"):
        (recorded / path).write_bytes((recorded / path).read_bytes() + b" \n")
    (recorded / "results/encode/c256/plain/seed0/jpeg/bitstreams.zip").unlink()
    report = ask(recorded, "verify", status=1)
    assert report["first"] == [WEIGHTS]
    assert report["folders"]["results/train"] == {"identical": 8, "changed": 1, "missing": 0, "extra": 0}
    assert report["folders"]["results/encode"] == {"identical": 9, "changed": 0, "missing": 1, "extra": 0}
    assert report["folders"]["inputs"]["identical"] == 1


def test_numbers_that_are_off_are_shown_with_the_worst_point(recorded: Path, ask: Ask, say: Say) -> None:
    path = recorded / POINTS
    path.write_text(path.read_text().replace("plain,0,jpeg,q95,2,4.25,0.5", "plain,0,jpeg,q95,2,4.335,0.46"))
    report = ask(recorded, "verify", status=1)
    size, miou = (report["points"]["measures"][name] for name in ("bytes_per_image", "miou"))
    assert (size["largest"], size["mean"], size["n_equal"]) == (pytest.approx(2.0), pytest.approx(2.0 / 7), 6)
    assert (miou["largest"], miou["unit"], miou["at"]) == (pytest.approx(0.04), "", "c256/plain/0/jpeg/q95")
    assert report["bd_rates"]["measures"]["bd_rate_percent"]["n_equal"] == 3
    lines = [" ".join(line.split()) for line in say("verify", "--project", str(recorded), status=1).splitlines()]
    assert {"results/summarise 9 1 0 0", POINTS} <= set(lines)
    assert "bytes_per_image 6 of 7 0.286% 2% 4.335 4.25 c256/plain/0/jpeg/q95" in lines


def test_rows_of_one_side_and_refusals_are_counted_apart() -> None:
    names = ["cut", "method", "seed", "ladder", "metric", "fit", "bd_rate_percent"]
    head = ["c256", "tight", 0, "hevc"]
    ours = [("miou", "pchip", -1.5), ("psnr_db", "pchip", 3.0), ("miou", "akima", 0.0)]
    recorded = [("miou", "pchip", -1.0), ("psnr_db", "pchip", float("nan")), ("inv_rmse", "pchip", -2.0)]
    reference, run = (pd.DataFrame([(*head, *row) for row in rows], columns=names) for rows in (recorded, ours))
    report = compare(reference, run, {"bd_rate_percent": "%"})
    assert report["n_common"] == 2
    assert report["only_recorded"] == ["c256/tight/0/hevc/inv_rmse/pchip"]
    assert report["only_here"] == ["c256/tight/0/hevc/miou/akima"]
    measure = report["measures"]["bd_rate_percent"]
    assert (measure["n"], measure["n_lost"], measure["n_gained"], measure["largest"]) == (1, 0, 1, 50.0)


def test_a_run_without_tables_is_told(recorded: Path, say: Say) -> None:
    (recorded / POINTS).unlink()
    printed = say("verify", "--project", str(recorded), status=2)
    assert "points.csv: not found; run the stage that makes it" in printed
