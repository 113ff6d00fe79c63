"""The record: the same bytes for the same run, nothing of when or where, and never of a run that is not sound."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from compfeat.__main__ import main
from compfeat.errors import DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config, merged
from compfeat.io import write_json
from compfeat.provenance import records as record
from compfeat.provenance.files import fingerprint
from compfeat.provenance.records import read_record
from helpers import PROJECT
from recorded_run import CONFIG, make, record_path, record_run, summary, with_summary, write_run

FOLDER = "data/reference/default"


def assert_refused(run: Path, capsys: pytest.CaptureFixture[str], message: str) -> None:
    """Check that recording the run fails in one line that matches ``message``."""
    assert main(["record", *with_summary(run)]) == 2
    shown = capsys.readouterr().err
    assert re.search(message, shown) and shown.count("\n") == 1


def contents(project: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((project / FOLDER).iterdir())}


def test_the_same_run_elsewhere_and_later_gives_the_same_record(recorded: Path, tmp_path: Path) -> None:
    other = write_run(tmp_path / "other")
    for path in (other / ".snakemake/metadata").rglob("*"):
        metadata = json.loads(path.read_text()) | {"starttime": 5e8, "endtime": 6e8}
        path.write_text(json.dumps(metadata))
    record_run(other)
    assert contents(other) == contents(recorded)
    assert sorted(contents(other)) == [
        "artifacts.csv",
        "bd_rate.csv",
        "claims.csv",
        "epochs.csv",
        "experiment.json",
        "points.csv",
        "record.json",
    ]


def test_it_holds_every_file_with_size_and_hash_and_no_place_or_time(recorded: Path) -> None:
    found = read_record(recorded / FOLDER)
    assert all(fingerprint(recorded / path) == value for path, value in found.artifacts.items())
    images = [path for path in found.artifacts if path.endswith(".png") and "raw" in path]
    assert len(images) == 4
    text = (recorded / FOLDER / "record.json").read_text() + (recorded / FOLDER / "artifacts.csv").read_text()
    assert str(recorded.parent) not in text and "1000.0" not in text and "log" not in text
    assert found.tools == ["numpy 2.4.6", "pillow 13.0.0"]
    assert found.code["compfeat.codecs.plugins.hevc"] == "ba9876543210"


def test_it_says_what_changed_since_the_last(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record_run(recorded)
    assert capsys.readouterr().out.startswith("nothing has changed since the last record\n")
    make(recorded, "paper", {"results/paper/paper.pdf": "another"}, ["results/figures/rate.pdf"], ["typst 0.15.2"])
    record_run(recorded)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["changed results/paper/paper.pdf", "tool typst 0.15.2"]


def test_a_run_that_is_not_up_to_date_is_refused(run: Path) -> None:
    stale = summary(run).replace("ok\tno update", "params changed\tupdate pending", 1)
    with pytest.raises(DataError, match=r"1 files are not up to date: .* \(params changed\); run make paper first"):
        record.read_summary(stale)
    with pytest.raises(DataError, match="expected what snakemake --summary prints"):
        record.read_summary("Error\n")


def test_a_foreign_file_is_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "results/encode/old.bin").write_text("of another configuration")
    assert_refused(run, capsys, r"results/encode/old.bin: no job of this configuration makes it; delete it")
    assert not (run / FOLDER).exists()


def test_an_input_that_was_damaged_after_it_was_read_is_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "results/train/c256/plain/seed0/weights.safetensors").write_text("damaged")
    assert_refused(run, capsys, r"weights.safetensors is not what the rule \w+ read for results/")


def test_a_missing_source_and_a_missing_result_are_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = run / "data/published/published_points.csv"
    source.rename(run / "elsewhere.csv")
    assert_refused(run, capsys, r"published_points.csv: not found")
    (run / "elsewhere.csv").rename(source)
    (run / "results/paper/paper.pdf").unlink()
    assert_refused(run, capsys, r"results/paper/paper.pdf: not found; run make paper first")


def test_a_result_whose_making_is_unknown_is_refused(run: Path) -> None:
    listed = summary(run)
    record_path(run, "results/paper/paper.pdf").unlink()
    with pytest.raises(DataError, match=r"results/paper/paper.pdf: Snakemake has no record of how it was made"):
        record.make_record(run, CONFIG, record.read_summary(listed))
    shutil.rmtree(run / ".snakemake")
    with pytest.raises(DataError, match="found no records of jobs"):
        record.make_record(run, CONFIG, record.read_summary(listed))


def test_long_paths_are_read_as_snakemake_writes_them(run: Path) -> None:
    long = "results/train/" + "x" * 200 + "/" + "y" * 200 + "/weights.safetensors"
    assert len(record_path(run, long).relative_to(run).parts) > 3
    make(run, "train", {long: "weights"})
    record_run(run)
    assert long in read_record(run / FOLDER).artifacts


def test_records_of_outputs_that_a_rule_has_no_longer_are_passed_over(run: Path) -> None:
    table = "results/summarise/points.csv"
    metadata = json.loads(record_path(run, table).read_text()) | {"starttime": 10.0, "endtime": 20.0}
    outdated = record_path(run, "results/summarise/outdated.csv")
    outdated.write_text(json.dumps(metadata))
    listed = record.read_summary(summary(run).replace("results/summarise/outdated.csv", table))
    found = record.make_record(run, CONFIG, listed)
    assert "results/summarise/outdated.csv" not in found.artifacts and table in found.artifacts


def test_a_record_of_an_earlier_format_is_replaced(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded / FOLDER / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 1}))
    record_run(recorded)
    assert "first record: " in capsys.readouterr().out
    assert read_record(recorded / FOLDER).artifacts


FEATURES = "results/features/c256/plain/seed0/val.npy"


def without_features(run: Path) -> record.Outputs:
    """Delete a file of features, as Snakemake does where they are not kept; return what its summary then says."""
    (run / FEATURES).unlink()
    line = next(line for line in summary(run).splitlines() if line.startswith(f"{FEATURES}\t"))
    return record.read_summary(summary(run).replace(line, line.replace("\tok\t", "\tremoved temp file\t")))


def test_features_that_were_not_kept_are_recorded_as_their_readers_read_them(run: Path) -> None:
    before = fingerprint(run / FEATURES)
    assert before is not None
    made = record.make_record(run, CONFIG, without_features(run))
    record.write_record(run, run / FOLDER, made)
    found = read_record(run / FOLDER)
    assert found.deleted == {FEATURES: before.sha256} and FEATURES not in found.artifacts
    stream = next(path for path in found.artifacts if path.endswith("hevc/bitstreams.zip") and "/plain/" in path)
    steps = found.graph(run).chain(stream)
    assert {"features", "train", "prepare"} <= {step.job.rule for step in steps}


def test_deleted_features_of_which_readers_read_different_ones_are_refused(run: Path) -> None:
    codec = "results/encode/c256/plain/seed0/jpeg"
    for name in ("bitstreams.zip", "ledger.csv"):
        reader = record_path(run, f"{codec}/{name}")
        metadata = json.loads(reader.read_text())
        metadata["input_checksums"][FEATURES] = "sha256:" + "0" * 64
        reader.write_text(json.dumps(metadata))
    with pytest.raises(DataError, match=r"val.npy: deleted, and its readers found 2 contents; expected one"):
        record.make_record(run, CONFIG, without_features(run))


def overlay(run: Path, name: str, text: str) -> str:
    path = run.parent / "elsewhere" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("command", ["record", "audit", "verify"])
def test_a_record_of_another_experiment_is_refused(
    command: str, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = "data/reference/seeds"
    shutil.copytree(recorded / FOLDER, recorded / folder)
    before = {path: path.read_bytes() for path in (recorded / "data/reference").rglob("*") if path.is_file()}
    options = (
        with_summary(recorded)
        if command == "record"
        else ["--project", str(recorded), "--config", "config/config.yaml"]
    )
    other = overlay(recorded, "seeds.yaml", "output: results-mine\n")
    assert main([command, *options, "--config", other, "--record", folder]) == 2
    printed = capsys.readouterr().err
    assert f"{folder}: records the experiment with output results; {other} has output results-mine;" in printed
    other = overlay(recorded, "default.yaml", "seeds: [1]\n")
    assert main([command, *options, "--config", other, "--record", FOLDER]) == 2
    printed += capsys.readouterr().err
    assert f"{other}: {FOLDER} is the record of the run without an overlay; rename the overlay" in printed
    assert printed.count("\n") == 2
    assert {path: path.read_bytes() for path in (recorded / "data/reference").rglob("*") if path.is_file()} == before


def test_the_same_experiment_with_changed_settings_takes_its_records_place(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("output: results\n", "output: results\nseeds: [0, 1]\n"):
        path = overlay(recorded, "mine.yaml", text)
        assert main(["record", *with_summary(recorded), "--config", path, "--record", "data/reference/mine"]) == 0
        capsys.readouterr()
    assert read_record(recorded / "data/reference/mine").config["seeds"] == [0, 1]
    assert main(["audit", "--project", str(recorded), "--config", "config/config.yaml", path]) == 2
    assert "rename the overlay" in capsys.readouterr().err


def test_a_damaged_record_is_not_replaced(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (recorded / FOLDER / "record.json").write_text("{")
    assert_refused(recorded, capsys, "record.json")


LOG, BENCHMARK = "results/logs/paper/paper.log", "results/benchmarks/paper/paper.tsv"
PAPER = "results/paper/paper.pdf"


def with_log(run: Path, *, seconds: str = "1.4", log_age: float = 0.0) -> None:
    """Give the paper's job, which began at 1000 and took 1.5 s, a log and a benchmark."""
    record = record_path(run, PAPER)
    record.write_text(json.dumps(json.loads(record.read_text()) | {"log": [LOG]}))
    for path, text in ((LOG, ""), (BENCHMARK, f"s\th:m:s\n{seconds}\t0:00:01\n")):
        (run / path).parent.mkdir(parents=True, exist_ok=True)
        (run / path).write_text(text)
    os.utime(run / LOG, (1000 - log_age, 1000 - log_age))


def test_a_job_that_ran_is_recorded_with_its_log_or_without(run: Path) -> None:
    with_log(run)
    record_run(run)
    shutil.rmtree(run / "results/logs")
    record_run(run)
    shutil.rmtree(run / "results/benchmarks")
    record_run(run)


def test_a_job_that_was_only_marked_as_made_is_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = rf"{PAPER}: Snakemake's record is of no run \(snakemake --touch only marks files as made\); delete it"
    with_log(run, log_age=60.0)
    assert_refused(run, capsys, message)
    with_log(run, seconds="20.5")
    assert_refused(run, capsys, message)
    for text in ("", "s\n", "s\n-\n"):
        (run / BENCHMARK).write_text(text)
        assert_refused(run, capsys, message)
    (run / BENCHMARK).unlink()
    assert_refused(run, capsys, message)
    assert not (run / FOLDER).exists()
    assert main(["crate", *with_summary(run)]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert main(["lineage", PAPER, "--project", str(run)]) == 0
    assert f"\n  MARKED as made (snakemake --touch) without a run: {PAPER}\n" in capsys.readouterr().out


def test_settings_other_than_the_tables_state_are_refused(tmp_path: Path) -> None:
    config = load_config([PROJECT / "config/config.yaml"])
    path = tmp_path / "results/summarise/experiment.json"
    write_json(path, Experiment.of(config).model_dump(mode="json"))
    record.check_stated(tmp_path, config)
    record.check_stated(tmp_path, merged(config, {"seeds": [0, 1]}))  # of several seeds the settings are the same
    changed = merged(config, {"trainings": {"baseline": {"warmup_epochs": 0.5}}})
    with pytest.raises(DataError, match=r"experiment\.json: made with other settings .*\(trainings\.baseline\)"):
        record.check_stated(tmp_path, changed)
    with pytest.raises(DataError, match=r"\(entries that only one of them has\)"):
        record.check_stated(tmp_path, merged(config, {"methods": {"more": {"training": "baseline"}}}))
