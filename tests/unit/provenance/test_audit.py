"""The audit: one byte, one file too few or too many is found, and what stands on it is named."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from compfeat.__main__ import main
from compfeat.provenance.record import read_record

RECORD = "data/reference/default"
STREAM = "results/encode/c256/compressible/seed0/hevc/qp22/stream.bin"
IMAGE = "data/raw/streets/leftImg8bit/val/town/town_000001_000019_leftImg8bit.png"


def audit(project: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Return the audit's exit status and report."""
    status = main(["audit", "--project", str(project), "--json"])
    return status, json.loads(capsys.readouterr().out)


def flip(path: Path, position: int = 0) -> None:
    """Flip one bit of a file, and leave its size and time."""
    data, time = bytearray(path.read_bytes()), path.stat()
    data[position] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(time.st_atime_ns, time.st_mtime_ns))


def test_a_run_as_recorded_is_clean(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = audit(recorded, capsys)
    assert status == 0 and told["differences"] == []
    assert told["n_files"] == len(read_record(recorded / RECORD).artifacts) > 50


def test_one_flipped_bit_in_any_file_is_found_and_named(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in read_record(recorded / RECORD).artifacts:
        before = (recorded / path).read_bytes()
        flip(recorded / path, len(before) - 1)
        status, told = audit(recorded, capsys)
        assert status == 1
        assert [(d["path"], d["state"]) for d in told["differences"]] == [(path, "changed")]
        (recorded / path).write_bytes(before)
    assert audit(recorded, capsys)[0] == 0


def test_any_missing_file_is_found_and_named(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in read_record(recorded / RECORD).artifacts:
        before = (recorded / path).read_bytes()
        (recorded / path).unlink()
        status, told = audit(recorded, capsys)
        assert status == 1
        assert [(d["path"], d["state"]) for d in told["differences"]] == [(path, "missing")]
        (recorded / path).write_bytes(before)


def test_an_extra_file_or_link_in_any_folder_is_found(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = read_record(recorded / RECORD)
    inside = [path for path in record.artifacts if not path.startswith("data/published")]
    for folder in sorted({str(Path(path).parent) for path in inside}):
        extra = recorded / folder / ".extra"
        extra.touch()
        status, told = audit(recorded, capsys)
        assert status == 1 and [d["state"] for d in told["differences"]] == ["extra"]
        assert told["differences"][0]["path"] == f"{folder}/.extra"
        assert not any(told["affected"].values())
        extra.unlink()
        extra.symlink_to(recorded / "config", target_is_directory=True)
        assert audit(recorded, capsys)[0] == 1
        extra.unlink()


def test_logs_times_and_half_written_files_are_no_artifacts(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("logs/a.log", "benchmarks/a.tsv", "train/.weights.12.part.safetensors", "train/resume.safetensors"):
        path = recorded / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("told")
    assert audit(recorded, capsys)[0] == 0


def test_what_stands_on_a_bitstream_is_named_to_the_row(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(recorded / STREAM)
    _, told = audit(recorded, capsys)
    affected = told["affected"]
    # What a figure draws is not known, so all that reads the summary's files is named; rows are known by their cells.
    assert affected["figures"] == [f"results/figures/{name}" for name in ("epochs.pdf", "rate.pdf", "rate.png")]
    assert affected["documents"] == ["results/paper/paper.pdf"]
    assert affected["files"] == ["results/evaluate/c256/compressible/seed0/hevc/qp22/images.csv"]
    rows = {Path(t["path"]).name: (t["n_hit"], t["n_rows"]) for t in affected["tables"]}
    assert rows == {"points.csv": (1, 8), "bd_rate.csv": (1, 2), "per_image.csv": (2, 16)}
    keys = next(t["keys"] for t in affected["tables"] if t["path"].endswith("points.csv"))
    assert keys == [{"cut": "c256", "loss": "compressible", "seed": "0", "codec": "hevc", "quality": "qp22"}]


WARM = "results/train/c256/warm_start/seed0/weights.safetensors"
ROWS: dict[str, dict[str, int]] = {
    IMAGE: {"points.csv": 8, "bd_rate.csv": 2, "per_image.csv": 8, "epochs.csv": 2},
    WARM: {"points.csv": 8, "bd_rate.csv": 2, "per_image.csv": 16, "epochs.csv": 2},
    "results/features/c256/baseline/seed0/features.npy": {"points.csv": 3, "bd_rate.csv": 2, "per_image.csv": 6},
    "results/train/c256/baseline/seed0/epochs.csv": {"epochs.csv": 1},
    "data/published/published_points.csv": {"published_points.csv": 1},
    "results/summarise/bd_rate.csv": {"bd_rate.csv": 2},
}


@pytest.mark.parametrize("path", sorted(ROWS))
def test_the_rows_that_stand_on_a_file(path: str, recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(recorded / path, -2)
    _, told = audit(recorded, capsys)
    assert {Path(t["path"]).name: t["n_hit"] for t in told["affected"]["tables"]} == ROWS[path]


def test_a_figure_that_changed_itself_is_named_with_what_shows_it(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(recorded / "results/figures/rate.pdf")
    _, told = audit(recorded, capsys)
    assert told["affected"]["figures"] == ["results/figures/rate.pdf"]
    assert told["affected"]["documents"] == ["results/paper/paper.pdf"]


def test_a_person_is_told_the_same(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--project", str(recorded)]) == 0
    assert re.fullmatch(r"audit: \d+ files in \S+: 0 changed, 0 missing, 0 extra\n", capsys.readouterr().out)
    flip(recorded / STREAM)
    assert main(["audit", "--project", str(recorded)]) == 1
    told = capsys.readouterr().out
    assert f"\nchanged  {STREAM}: sha256 " in told
    assert "\n  table     results/summarise/points.csv  (1 of 8 rows)\n" in told
    assert "\n  document  results/paper/paper.pdf\n" in told


def test_no_record_and_a_damaged_one_are_told_in_one_line(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = recorded / RECORD
    for name, text, message in (
        ("record.json", "{}", "expected a record of format 1; restore it from git"),
        ("record.json", '{"format": 1}', "damaged (KeyError: 'jobs'); restore it from git"),
        ("artifacts.csv", "path\n", "lacks column 'sha256'"),
    ):
        before = (folder / name).read_text()
        (folder / name).write_text(text)
        assert main(["audit", "--project", str(recorded)]) == 2
        told = capsys.readouterr().err
        assert message in told and told.count("\n") == 1
        (folder / name).write_text(before)
    assert main(["audit", "--project", str(recorded), "--record", "nowhere"]) == 2
    assert "nothing was recorded here; run make record" in capsys.readouterr().err
