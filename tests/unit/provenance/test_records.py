"""The record: the same bytes for the same run, nothing of when or where, and never of a run that is not sound."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compfeat.errors import DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config, merged
from compfeat.io import write_json
from compfeat.provenance.files import fingerprint
from compfeat.provenance.records import check_stated, read_record, read_summary
from helpers import PROJECT
from recorded_run import PUBLISHED, Say, make, record_path, record_run, summary, with_summary, write_run

FOLDER = "data/reference/default"
PAPER = "results/paper/paper.pdf"
FEATURES = "results/features/c256/plain/seed0/val.npy"


def change_metadata(run: Path, output: str, **values: Any) -> None:
    """Change Snakemake's record of an output."""
    path = record_path(run, output)
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_the_same_run_elsewhere_and_later_gives_the_same_record(recorded: Path, tmp_path: Path) -> None:
    other = write_run(tmp_path / "other")
    for path in (other / ".snakemake/metadata").rglob("*"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"starttime": 5e8, "endtime": 6e8}))
    record_run(other)
    ours, theirs = (
        {path.name: path.read_bytes() for path in (project / FOLDER).iterdir()} for project in (recorded, other)
    )
    assert ours == theirs
    tables = {"bd_rate.csv", "claims.csv", "epochs.csv", "experiment.json", "points.csv"}
    assert set(ours) == {"artifacts.csv", "record.json", *tables}


def test_it_holds_every_file_with_size_and_hash_and_no_place_or_time(recorded: Path) -> None:
    found = read_record(recorded / FOLDER)
    assert all(fingerprint(recorded / path) == value for path, value in found.artifacts.items())
    images = found.images(recorded)
    assert len(images) == 4 and all(fingerprint(recorded / path) == value for path, value in images.items())
    assert not set(images) & set(found.artifacts)
    text = (recorded / FOLDER / "record.json").read_text() + (recorded / FOLDER / "artifacts.csv").read_text()
    assert str(recorded.parent) not in text and "1000.0" not in text and "log" not in text
    assert found.tools == ["numpy 2.4.6", "pillow 13.0.0"]
    assert found.code["compfeat.codecs.hevc"] == "ba9876543210"


def test_it_says_what_changed_since_the_last(recorded: Path, say: Say) -> None:
    argv = ["record", *with_summary(recorded)]
    assert say(*argv).startswith("nothing has changed since the last record\n")
    make(recorded, "paper", {PAPER: "another"}, ["results/figures/rate.pdf"], ["typst 0.15.2"])
    assert say(*argv).splitlines()[:2] == [f"changed {PAPER}", "new tool typst 0.15.2"]
    path = recorded / FOLDER / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 1}))
    assert say(*argv).startswith("first record: ") and read_record(recorded / FOLDER).artifacts


def test_a_run_that_is_not_up_to_date_is_refused(run: Path) -> None:
    stale = summary(run).replace("ok\tno update", "params changed\tupdate pending", 1)
    with pytest.raises(DataError, match=r"1 files are not up to date: .* \(params changed\); run make paper first"):
        read_summary(stale)
    with pytest.raises(DataError, match="expected what snakemake --summary prints"):
        read_summary("Error\n")


FOREIGN, WEIGHTS = "results/encode/old.bin", "results/train/c256/plain/seed0/weights.safetensors"
REFUSED: list[tuple[Callable[[Path], object], str]] = [
    (lambda run: (run / FOREIGN).write_text("x"), f"{FOREIGN}: no job of this configuration makes it; delete it"),
    (lambda run: (run / WEIGHTS).write_text("x"), f"{WEIGHTS} is not what the rule evaluate read for results/"),
]
REFUSED_AS_CRATES: list[tuple[Callable[[Path], object], str]] = [
    (lambda run: (run / PUBLISHED).unlink(), f"{PUBLISHED}: not found"),
    (lambda run: (run / PAPER).unlink(), f"{PAPER}: not found; run make paper first"),
    (lambda run: record_path(run, PAPER).unlink(), f"{PAPER}: Snakemake has no record of how it was made"),
    (lambda run: shutil.rmtree(run / ".snakemake"), "found no records of jobs"),
]


@pytest.mark.parametrize(("harm", "message"), [*REFUSED, *REFUSED_AS_CRATES])
def test_a_run_that_is_not_sound_is_refused(harm: Callable[[Path], object], message: str, run: Path, say: Say) -> None:
    argv = with_summary(run)
    harm(run)
    assert message in say("record", *argv, status=2)
    if (harm, message) in REFUSED_AS_CRATES:
        assert message in say("crate", *argv, status=2)
    assert not (run / FOLDER).exists() and not (run / "ro-crate-metadata.json").exists()


def test_long_paths_are_read_as_snakemake_writes_them(run: Path) -> None:
    long = "results/train/" + "x" * 200 + "/" + "y" * 200 + "/weights.safetensors"
    assert len(record_path(run, long).relative_to(run).parts) > 3
    make(run, "train", {long: "weights"})
    record_run(run)
    assert long in read_record(run / FOLDER).artifacts


def test_records_of_outputs_that_a_rule_has_no_longer_are_passed_over(run: Path, say: Say) -> None:
    table, argv = "results/summarise/points.csv", ["record", *with_summary(run)]
    outdated = record_path(run, "results/summarise/outdated.csv")
    outdated.write_text(
        json.dumps(json.loads(record_path(run, table).read_text()) | {"starttime": 10.0, "endtime": 20.0})
    )
    say(*argv)
    artifacts = read_record(run / FOLDER).artifacts
    assert "results/summarise/outdated.csv" not in artifacts and table in artifacts


def without_features(run: Path) -> list[str]:
    """Delete a file of features, as Snakemake does where they are not kept; return the options of record."""
    (run / FEATURES).unlink()
    options = with_summary(run)
    table = Path(options[options.index("--summary") + 1])
    lines = table.read_text().splitlines(keepends=True)
    kept = [line.replace("\tok\t", "\tremoved temp file\t") if line.startswith(FEATURES) else line for line in lines]
    table.write_text("".join(kept))
    return options


def test_features_that_were_not_kept_are_recorded_as_their_readers_read_them(run: Path, say: Say) -> None:
    before = fingerprint(run / FEATURES)
    say("record", *without_features(run))
    found = read_record(run / FOLDER)
    assert before is not None and found.deleted == {FEATURES: before.sha256} and FEATURES not in found.artifacts
    stream = next(path for path in found.artifacts if path.endswith("hevc/bitstreams.zip") and "/plain/" in path)
    assert {"features", "train", "prepare"} <= {step.job.rule for step in found.graph(run).chain(stream)}
    for name in ("bitstreams.zip", "ledger.csv"):
        path = f"results/encode/c256/plain/seed0/jpeg/{name}"
        read = json.loads(record_path(run, path).read_text())["input_checksums"]
        change_metadata(run, path, input_checksums=read | {FEATURES: "sha256:" + "0" * 64})
    (run / FEATURES).touch()
    printed = say("record", *without_features(run), status=2)
    assert "val.npy: deleted, and its readers found 2 contents; expected one" in printed


def overlay(run: Path, name: str, text: str) -> str:
    path = run.parent / "elsewhere" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("command", ["record", "audit", "verify"])
def test_a_record_of_another_experiment_is_refused(command: str, recorded: Path, say: Say) -> None:
    folder = "data/reference/seeds"
    shutil.copytree(recorded / FOLDER, recorded / folder)
    before = {path: path.read_bytes() for path in (recorded / "data/reference").rglob("*") if path.is_file()}
    options = with_summary(recorded)
    if command != "record":
        options = ["--project", str(recorded), "--config", "config/config.yaml"]
    other = overlay(recorded, "seeds.yaml", "output: results-mine\n")
    printed = say(command, *options, "--config", other, "--record", folder, status=2)
    assert f"{folder}: records the experiment with output results; {other} has output results-mine;" in printed
    other = overlay(recorded, "default.yaml", "seeds: [1]\n")
    printed = say(command, *options, "--config", other, "--record", FOLDER, status=2)
    assert f"{other}: {FOLDER} is the record of the run without an overlay; rename the overlay" in printed
    assert {path: path.read_bytes() for path in (recorded / "data/reference").rglob("*") if path.is_file()} == before


def test_the_same_experiment_with_changed_settings_takes_its_records_place(recorded: Path, say: Say) -> None:
    for text in ("output: results\n", "output: results\nseeds: [0, 1]\n"):
        path = overlay(recorded, "mine.yaml", text)
        say("record", *with_summary(recorded), "--config", path, "--record", "data/reference/mine")
    assert read_record(recorded / "data/reference/mine").config["seeds"] == [0, 1]


def test_a_damaged_record_is_not_replaced(recorded: Path, say: Say) -> None:
    (recorded / FOLDER / "record.json").write_text("{")
    assert "record.json" in say("record", *with_summary(recorded), status=2)


LOG, BENCHMARK = "results/logs/paper/paper.log", "results/benchmarks/paper/paper.tsv"


def with_log(run: Path, *, benchmark: str | None = "s\th:m:s\n1.4\t0:00:01\n", log_age: float = 0.0) -> None:
    """Give the paper's job, which began at 1000 and took 1.5 s, a log and a benchmark."""
    change_metadata(run, PAPER, log=[LOG])
    for path, text in ((LOG, ""), (BENCHMARK, benchmark)):
        (run / path).parent.mkdir(parents=True, exist_ok=True)
        (run / path).unlink(missing_ok=True) if text is None else (run / path).write_text(text)
    os.utime(run / LOG, (1000 - log_age, 1000 - log_age))


def test_a_job_that_ran_is_recorded_with_its_log_or_without(run: Path) -> None:
    with_log(run)
    record_run(run)
    shutil.rmtree(run / "results/logs")
    record_run(run)
    shutil.rmtree(run / "results/benchmarks")
    record_run(run)


def test_a_job_that_was_only_marked_as_made_is_refused(run: Path, say: Say) -> None:
    message = f"{PAPER}: Snakemake's record is of no run (snakemake --touch only marks files as made); delete it"
    with_log(run, log_age=60.0)
    assert message in say("record", *with_summary(run), status=2)
    for text in ("s\th:m:s\n20.5\t0:00:20\n", "", "s\n", "s\n-\n", None):
        with_log(run, benchmark=text)
        assert message in say("record", *with_summary(run), status=2)
    assert not (run / FOLDER).exists()
    assert message in say("crate", *with_summary(run), status=2)
    marked = f"\n  MARKED as made (snakemake --touch) without a run: {PAPER}\n"
    assert marked in say("lineage", PAPER, "--project", str(run))


def test_settings_other_than_the_tables_state_are_refused(tmp_path: Path) -> None:
    config = load_config([PROJECT / "config/config.yaml"])
    write_json(tmp_path / "results/summarise/experiment.json", Experiment.of(config).model_dump(mode="json"))
    check_stated(tmp_path, config)
    check_stated(tmp_path, merged(config, {"seeds": [0, 1]}))  # of several seeds the settings are the same
    changed = merged(config, {"trainings": {"baseline": {"warmup_epochs": 0.5}}})
    with pytest.raises(DataError, match=r"experiment\.json: made with other settings .*\(trainings\.baseline\)"):
        check_stated(tmp_path, changed)
    with pytest.raises(DataError, match=r"\(entries that only one of them has\)"):
        check_stated(tmp_path, merged(config, {"methods": {"more": {"training": "baseline"}}}))
