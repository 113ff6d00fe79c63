"""The audit: one byte, one file too few or too many is found, and what depends on it is named."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from compfeat.__main__ import main
from compfeat.provenance.records import read_record
from helpers import PROJECT
from recorded_run import record_run

RECORD = "data/reference/default"
STREAM = "results/encode/c256/tight/seed0/hevc/bitstreams.zip"
IMAGE = "data/raw/streets/pictures/val/1.png"


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
    status, report = audit(recorded, capsys)
    assert status == 0 and report["differences"] == []
    assert report["n_files"] == len(read_record(recorded / RECORD).artifacts) > 50


def test_one_flipped_bit_in_any_file_is_found_and_named(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in read_record(recorded / RECORD).artifacts:
        before = (recorded / path).read_bytes()
        flip(recorded / path, len(before) - 1)
        status, report = audit(recorded, capsys)
        assert status == 1
        assert [(d["path"], d["state"]) for d in report["differences"]] == [(path, "changed")]
        (recorded / path).write_bytes(before)
    assert audit(recorded, capsys)[0] == 0


def test_any_missing_file_is_found_and_named(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in read_record(recorded / RECORD).artifacts:
        before = (recorded / path).read_bytes()
        (recorded / path).unlink()
        status, report = audit(recorded, capsys)
        assert status == 1
        assert [(d["path"], d["state"]) for d in report["differences"]] == [(path, "missing")]
        (recorded / path).write_bytes(before)


def test_an_extra_file_or_link_in_any_folder_is_found(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = read_record(recorded / RECORD)
    inside = [path for path in record.artifacts if not path.startswith("data/published")]
    for folder in sorted({str(Path(path).parent) for path in inside}):
        extra = recorded / folder / ".extra"
        extra.touch()
        status, report = audit(recorded, capsys)
        assert status == 1 and [d["state"] for d in report["differences"]] == ["extra"]
        assert report["differences"][0]["path"] == f"{folder}/.extra"
        assert not any(report["affected"].values())
        extra.unlink()
        extra.symlink_to(recorded / "config", target_is_directory=True)
        assert audit(recorded, capsys)[0] == 1
        extra.unlink()


def test_logs_times_and_half_written_files_are_no_artifacts(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("logs/a.log", "benchmarks/a.tsv", "train/.weights.12.part.safetensors", "train/resume.safetensors"):
        path = recorded / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("report")
    assert audit(recorded, capsys)[0] == 0


LEFT_BY_SYSTEMS = (
    *(
        ".DS_Store",
        "._points.csv",
        "Icon\r",
        "Thumbs.db",
        "THUMBS.DB",
        "ehthumbs.db",
        "Desktop.ini",
        "desktop.ini",
        ".directory",
    ),
    *(".nfs0000000000000001", ".fuse_hidden0001", "points.csv~", "#points.csv#", ".#points.csv", ".points.csv.swp"),
    ".ipynb_checkpoints/points-checkpoint.csv",
)


def test_what_systems_and_editors_leave_is_no_artifact(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in read_record(recorded / RECORD).folders:
        for name in LEFT_BY_SYSTEMS:
            path = recorded / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("left")
    assert audit(recorded, capsys)[0] == 0
    assert main(["verify", "--project", str(recorded)]) == 0
    record_run(recorded)
    assert "nothing has changed since the last record" in capsys.readouterr().out
    for name in ("ds_store", "thumbs.csv", "desktop.ini.csv", "nfs"):
        path = recorded / "results/summarise" / name
        path.write_text("extra")
        assert audit(recorded, capsys)[0] == 1
        path.unlink()


def test_dvc_looks_at_none_of_these(tmp_path: Path) -> None:
    """By git, whose patterns DVC's are."""
    paths = [f"results/train/{name}" for name in LEFT_BY_SYSTEMS]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    argv = ["git", "-c", f"core.excludesFile={PROJECT / '.dvcignore'}", "check-ignore", "--stdin", "-z"]
    asked = "\0".join(paths).encode()
    done = subprocess.run(argv, cwd=tmp_path, input=asked, capture_output=True, check=True)
    assert done.stdout.decode().rstrip("\0").split("\0") == paths


def test_what_stands_on_a_bitstream_is_named_to_the_row(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(recorded / STREAM)
    _, report = audit(recorded, capsys)
    affected = report["affected"]
    # What a figure draws is not known, so all that reads a table is named; rows are known by their cells.
    assert affected["figures"] == [f"results/figures/{name}" for name in ("rate.pdf", "rate.png")]
    assert affected["documents"] == ["results/paper/paper.pdf"]
    assert affected["files"] == ["results/evaluate/c256/tight/seed0/hevc/scores.npz"]
    rows = {Path(t["path"]).stem: (t["n_hit"], t["n_rows"]) for t in affected["tables"]}
    assert rows == {"points": (2, 13), "bd_rate": (1, 3), "headline": (1, 3), "claims": (1, 2), "per_image": (4, 26)}
    keys = next(t["keys"] for t in affected["tables"] if t["path"].endswith("points.csv"))
    point = {"cut": "c256", "method": "tight", "seed": "0", "codec": "hevc"}
    assert keys == [{**point, "quality": quality} for quality in ("qp22", "qp34")]


EVERY = {"points": 13, "bd_rate": 3, "headline": 3, "float_intervals": 1, "claims": 1}
ROWS: dict[str, Mapping[str, int | None]] = {
    IMAGE: {**EVERY, "per_image": 13, "epochs": 3},
    "data/raw/streets/val.csv": {**EVERY, "per_image": 26, "epochs": 3},
    "results/train/c256/start/seed0/weights.safetensors": {**EVERY, "per_image": 26, "epochs": 2},
    # The features of plain's network are what rotated sends, too.
    "results/features/c256/plain/seed0/val.npy": {
        "points": 4,
        "per_image": 8,
        "bd_rate": 3,
        "headline": 3,
        "claims": 1,
    },
    "results/features/c256/plain/seed0/train.npy": {"points": 3, "per_image": 6, "bd_rate": 1, "headline": 1},
    "results/fit/c256/rotated/seed0/transform.npz": {"points": 3, "per_image": 6, "bd_rate": 1, "headline": 1},
    # Float features stand beside BD-rates in the headline and the claims, not in the table of BD-rates.
    "results/evaluate/c256/tight/seed0/none/scores.npz": {
        **{"points": 2, "per_image": 4, "headline": 2, "float_intervals": 1, "claims": 1}
    },
    "results/train/c256/plain/seed0/epochs.csv": {"epochs": 1},
    "data/published/published_points.csv": {"published_points": 1, "published_bd_rate": 1, "claims": 1},
    "results/summarise/bd_rate.csv": {"bd_rate": 3, "headline": 3, "claims": 1},
    # What methods and ladders are is not known any more, so all rows count.
    "results/summarise/experiment.json": dict.fromkeys(("experiment", "bd_rate", "headline", "claims")),
}


@pytest.mark.parametrize("path", sorted(ROWS))
def test_the_rows_that_stand_on_a_file(path: str, recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(recorded / path, -2)
    _, report = audit(recorded, capsys)
    assert {Path(t["path"]).stem: t["n_hit"] for t in report["affected"]["tables"]} == ROWS[path]


def test_a_figure_that_changed_itself_is_named_with_what_shows_it(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(recorded / "results/figures/rate.pdf")
    _, report = audit(recorded, capsys)
    assert report["affected"]["figures"] == ["results/figures/rate.pdf"]
    assert report["affected"]["documents"] == ["results/paper/paper.pdf"]


def test_a_person_is_report_the_same(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--project", str(recorded)]) == 0
    assert re.fullmatch(r"audit: \d+ files in \S+: 0 changed, 0 missing, 0 extra\n", capsys.readouterr().out)
    flip(recorded / STREAM)
    assert main(["audit", "--project", str(recorded)]) == 1
    report = capsys.readouterr().out
    assert f"\nchanged  {STREAM}: sha256 " in report
    assert "\n  table     results/summarise/points.csv  (2 of 13 rows)\n" in report
    assert "\n  document  results/paper/paper.pdf\n" in report


def test_no_record_and_a_damaged_one_are_report_in_one_line(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = recorded / RECORD
    for name, text, message in (
        ("record.json", "{}", "expected a record of format 2; record the run again"),
        ("record.json", '{"format": 2}', "damaged (KeyError: 'jobs'); restore it from git"),
        ("artifacts.csv", "path\n", "lacks column 'sha256'"),
    ):
        before = (folder / name).read_text()
        (folder / name).write_text(text)
        assert main(["audit", "--project", str(recorded)]) == 2
        report = capsys.readouterr().err
        assert message in report and report.count("\n") == 1
        (folder / name).write_text(before)
    assert main(["audit", "--project", str(recorded), "--record", "nowhere"]) == 2
    assert "nothing was recorded here; run make record" in capsys.readouterr().err
