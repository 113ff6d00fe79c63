"""The audit: one byte, one file too few or too many is found, and what depends on it is named."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from compfeat.provenance.records import read_record
from helpers import PROJECT
from recorded_run import Ask, Say, record_run

RECORD = "data/reference/default"
STREAM = "results/encode/c256/tight/seed0/hevc/bitstreams.zip"
IMAGE = "data/raw/streets/pictures/val/1.png"


def flip(path: Path, position: int = -1) -> None:
    """Flip one bit of a file, and leave its size and time."""
    data, time = bytearray(path.read_bytes()), path.stat()
    data[position] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(time.st_atime_ns, time.st_mtime_ns))


@pytest.mark.parametrize(("harm", "state"), [(flip, "changed"), (Path.unlink, "missing")])
def test_any_file_that_is_not_as_recorded_is_found_and_named(
    harm: Callable[[Path], None], state: str, recorded: Path, ask: Ask
) -> None:
    record = read_record(recorded / RECORD)
    files = [*record.artifacts, *record.images(recorded)]
    for path in files:
        before = (recorded / path).read_bytes()
        harm(recorded / path)
        found = ask(recorded, "audit", status=1)["differences"]
        assert [(difference["path"], difference["state"]) for difference in found] == [(path, state)]
        (recorded / path).write_bytes(before)
    report = ask(recorded, "audit")
    assert report["differences"] == [] and report["n_files"] == len(files) > 50


def test_an_extra_file_or_link_in_any_folder_is_found(recorded: Path, ask: Ask) -> None:
    inside = [path for path in read_record(recorded / RECORD).artifacts if not path.startswith("data/published")]
    for folder in sorted({str(Path(path).parent) for path in inside}):
        extra = recorded / folder / ".extra"
        extra.touch()
        report = ask(recorded, "audit", status=1)
        assert [(d["path"], d["state"]) for d in report["differences"]] == [(f"{folder}/.extra", "extra")]
        assert not any(report["affected"].values())
        extra.unlink()
        extra.symlink_to(recorded / "config", target_is_directory=True)
        ask(recorded, "audit", status=1)
        extra.unlink()


LEFT_BY_SYSTEMS = (
    *(".DS_Store", "._points.csv", "Icon\r", "Thumbs.db", "THUMBS.DB", "ehthumbs.db", "Desktop.ini", "desktop.ini"),
    *(".directory", ".nfs0000000000000001", ".fuse_hidden0001", "points.csv~", "#points.csv#", ".#points.csv"),
    *(".points.csv.swp", ".ipynb_checkpoints/points-checkpoint.csv"),
)
OF_A_RUN = ("logs/a.log", "benchmarks/a.tsv", "train/.weights.12.part.safetensors", "train/resume.safetensors")


def test_what_runs_systems_and_editors_leave_is_no_artifact(recorded: Path, ask: Ask) -> None:
    folders = read_record(recorded / RECORD).folders
    left = [f"{folder}/{name}" for folder in folders for name in LEFT_BY_SYSTEMS]
    for path in (*left, *(f"results/{name}" for name in OF_A_RUN)):
        (recorded / path).parent.mkdir(parents=True, exist_ok=True)
        (recorded / path).write_text("left")
    ask(recorded, "audit")
    ask(recorded, "verify")
    record_run(recorded)
    for name in ("ds_store", "thumbs.csv", "desktop.ini.csv", "nfs"):
        extra = recorded / "results/summarise" / name
        extra.write_text("extra")
        ask(recorded, "audit", status=1)
        extra.unlink()


def test_dvc_looks_at_none_of_these(tmp_path: Path) -> None:
    """By git, whose patterns DVC's are."""
    paths = [f"results/train/{name}" for name in LEFT_BY_SYSTEMS]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    argv = ["git", "-c", f"core.excludesFile={PROJECT / '.dvcignore'}", "check-ignore", "--stdin", "-z"]
    done = subprocess.run(argv, cwd=tmp_path, input="\0".join(paths).encode(), capture_output=True, check=True)
    assert done.stdout.decode().rstrip("\0").split("\0") == paths


def test_what_depends_on_a_bitstream_is_named_to_the_row(recorded: Path, ask: Ask, say: Say) -> None:
    printed = say("audit", "--project", str(recorded))
    assert re.fullmatch(r"audit: \d+ files in \S+: 0 changed, 0 missing, 0 extra\n", printed)
    flip(recorded / STREAM)
    affected = ask(recorded, "audit", status=1)["affected"]
    # What a figure draws is not known, so all that reads a table is named; rows are known by their cells.
    assert affected["figures"] == [f"results/figures/{name}" for name in ("rate.pdf", "rate.png")]
    assert affected["documents"] == ["results/paper/paper.pdf"]
    assert affected["files"] == ["results/evaluate/c256/tight/seed0/hevc/scores.npz"]
    rows = {Path(t["path"]).stem: (t["n_hit"], t["n_rows"]) for t in affected["tables"]}
    assert rows == {"points": (2, 13), "bd_rate": (1, 3), "headline": (1, 3), "claims": (1, 2), "per_image": (4, 26)}
    keys = next(t["keys"] for t in affected["tables"] if t["path"].endswith("points.csv"))
    point = {"cut": "c256", "method": "tight", "seed": "0", "codec": "hevc"}
    assert keys == [{**point, "quality": quality} for quality in ("qp22", "qp34")]
    printed = say("audit", "--project", str(recorded), status=1)
    assert f"\nchanged  {STREAM}: sha256 " in printed
    assert "\n  table     results/summarise/points.csv  (2 of 13 rows)\n" in printed
    assert "\n  document  results/paper/paper.pdf\n" in printed


EVERY = {"points": 13, "bd_rate": 3, "headline": 3, "float_intervals": 1, "claims": 1}
OF_ROTATED = {"points": 3, "per_image": 6, "bd_rate": 1, "headline": 1}
ROWS: dict[str, Mapping[str, int | None]] = {
    IMAGE: {**EVERY, "per_image": 13, "epochs": 3},
    "data/raw/streets/val.csv": {**EVERY, "per_image": 26, "epochs": 3},
    "results/train/c256/start/seed0/weights.safetensors": {**EVERY, "per_image": 26, "epochs": 2},
    # The features of plain's network are what rotated sends, too.
    "results/features/c256/plain/seed0/val.npy": {
        **{"points": 4, "per_image": 8, "bd_rate": 3, "headline": 3, "claims": 1}
    },
    "results/features/c256/plain/seed0/train.npy": OF_ROTATED,
    "results/fit/c256/rotated/seed0/transform.npz": OF_ROTATED,
    # Float features stand beside BD-rates in the headline and the claims, not in the table of BD-rates.
    "results/evaluate/c256/tight/seed0/none/scores.npz": {
        **{"points": 2, "per_image": 4, "headline": 2, "float_intervals": 1, "claims": 1}
    },
    "results/train/c256/plain/seed0/epochs.csv": {"epochs": 1},
    "data/published/published_points.csv": {"published_points": 1, "published_bd_rate": 1, "claims": 1},
    "results/summarise/bd_rate.csv": {"bd_rate": 3, "headline": 3, "claims": 1},
    # What methods and ladders are is not known any more, so all rows count.
    "results/summarise/experiment.json": dict.fromkeys(("experiment", "bd_rate", "headline", "claims")),
    # A figure that changed itself is named with what shows it.
    "results/figures/rate.pdf": {},
}


@pytest.mark.parametrize("path", sorted(ROWS))
def test_the_rows_that_depend_on_a_file(path: str, recorded: Path, ask: Ask) -> None:
    flip(recorded / path, -2)
    affected = ask(recorded, "audit", status=1)["affected"]
    assert {Path(t["path"]).stem: t["n_hit"] for t in affected["tables"]} == ROWS[path]
    if "figures" in path:
        assert (affected["figures"], affected["documents"]) == ([path], ["results/paper/paper.pdf"])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("record.json", "{}", "expected a record of format 2; record the run again"),
        ("record.json", '{"format": 2}', "damaged (KeyError: 'jobs'); restore it from git"),
        ("artifacts.csv", "path\n", "lacks column 'sha256'"),
        ("record.json", None, "nothing was recorded here; run make record"),
    ],
)
def test_no_record_and_a_damaged_one_are_told(
    name: str, text: str | None, message: str, recorded: Path, say: Say
) -> None:
    path = recorded / RECORD / name
    path.unlink() if text is None else path.write_text(text)
    for command in ("audit", "verify"):
        assert message in say(command, "--project", str(recorded), status=2)
