"""The run as an RO-Crate: the public validator accepts it, offline, and it names every file, job and package."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from rocrate_validator import services
from rocrate_validator.utils.http import HttpRequester

from compfeat.__main__ import main
from recorded_run import digest, make, summary, with_summary, write_run
from roc_cache import fill

PROFILE = "workflow-run-crate"


def crate(project: Path, *argv: str) -> Path:
    listed = project.parent / "summary.txt"
    listed.write_text(summary(project))
    argv = ("--summary", str(listed), *argv)
    assert main(["crate", "--config", "config/config.yaml", "--project", str(project), *argv]) == 0
    return project / "ro-crate-metadata.json"


def entities(path: Path) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in json.loads(path.read_text())["@graph"]}


@pytest.fixture
def described(tmp_path: Path) -> Path:
    """A run with its crate."""
    project = write_run(tmp_path / "run")
    (project / "Snakefile").write_text("rule all:\n    input: []\n")
    crate(project)
    return project


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A validator's cache, on a machine that reaches nobody."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(HttpRequester, "_instance", None)
    return fill(tmp_path / "cache")


def problems(project: Path, cache: Path) -> list[str]:
    """Return in what the crate falls short of what the profile, and those it builds on, require."""
    settings = {"rocrate_uri": str(project), "profile_identifier": PROFILE, "requirement_severity": "REQUIRED"}
    result = services.validate({**settings, "offline": True, "cache_path": str(cache)})
    return [f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues()]


@pytest.mark.slow
def test_the_public_validator_accepts_it_offline(described: Path, offline: Path) -> None:
    assert problems(described, offline) == []


@pytest.mark.slow
def test_the_validator_would_see_a_wrong_crate(described: Path, offline: Path) -> None:
    path = described / "ro-crate-metadata.json"
    described_run = json.loads(path.read_text())
    for entity in described_run["@graph"]:
        entity.pop("mainEntity", None)
    path.write_text(json.dumps(described_run))
    assert any("Main Workflow" in problem for problem in problems(described, offline))


def test_every_file_has_its_sha256(described: Path) -> None:
    files = {
        name: entity for name, entity in entities(described / "ro-crate-metadata.json").items() if "sha256" in entity
    }
    for name, entity in files.items():
        assert entity["sha256"] == digest(described / name)
        assert entity["contentSize"] == str((described / name).stat().st_size)
    made = {
        p.relative_to(described).as_posix()
        for d in ("data", "results")
        for p in (described / d).rglob("*")
        if p.is_file()
    }
    assert set(files) == made | {"Snakefile", "config/config.yaml"}


def test_every_job_tells_what_ran_on_what_and_when(described: Path) -> None:
    described_run = entities(described / "ro-crate-metadata.json")
    actions = [entity for entity in described_run.values() if entity["@type"] == "CreateAction"]
    assert len(actions) == 39
    encode = next(a for a in actions if a["name"] == "encode: results/encode/c256/plain/seed0/jpeg/bitstreams.zip")
    assert encode["startTime"] == "1970-01-01T00:16:40+00:00" and encode["endTime"] == "1970-01-01T00:16:41+00:00"
    assert {file["@id"] for file in encode["object"]} == {
        "results/features/c256/plain/seed0/val.npy",
        "data/prepared/streets/val.csv",
    }
    program = described_run[encode["instrument"]["@id"]]
    assert "compfeat.codecs.plugins.jpeg ba9876543210" in program["description"]
    tools = [described_run[tool["@id"]] for tool in program["softwareRequirements"]]
    assert [(tool["name"], tool["version"]) for tool in tools] == [("numpy", "2.4.6"), ("pillow", "13.0.0")]
    whole = described_run["#run"]
    assert whole["instrument"] == {"@id": "Snakefile"}
    assert {"config/config.yaml", "data/published/published_points.csv"} == {file["@id"] for file in whole["object"]}


def test_it_is_the_same_each_time(described: Path) -> None:
    before = (described / "ro-crate-metadata.json").read_bytes()
    assert crate(described).read_bytes() == before


def test_a_run_that_is_not_there_and_one_that_lacks_a_file_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write_run(tmp_path / "run")
    (project / "Snakefile").write_text("")
    options = with_summary(project)
    (project / "results/paper/paper.pdf").unlink()
    assert main(["crate", *options]) == 2
    assert "results/paper/paper.pdf: not found" in capsys.readouterr().err
    shutil.rmtree(project / ".snakemake")
    assert main(["crate", *options]) == 2
    assert "found no records of jobs" in capsys.readouterr().err
    assert not (project / "ro-crate-metadata.json").exists()


def test_awkward_names_are_escaped_once(tmp_path: Path) -> None:
    project = write_run(tmp_path / "run")
    (project / "Snakefile").write_text("")
    name = 'results/paper/ä 100% "it\'s" #1.pdf'
    make(project, "paper", {name: "paper"}, ["results/summarise/points.csv"])
    files = {unquote(key): entity for key, entity in entities(crate(project)).items() if "sha256" in entity}
    assert files[name]["sha256"] == digest(project / name) and files[name]["name"] == name
    assert files[name]["@id"] == quote(name)


def test_jobs_that_the_configuration_no_longer_has_are_left_out(described: Path) -> None:
    before = (described / "ro-crate-metadata.json").read_bytes()
    listed = summary(described)
    make(described, "encode", {"results/encode/c256/gone/seed0/hevc/bitstreams.zip": "gone"})
    (described / "results/encode/c256/gone/seed0/hevc/bitstreams.zip").unlink()
    table = described.parent / "listed.tsv"
    table.write_text(listed)
    options = ["--project", str(described), "--config", "config/config.yaml", "--summary", str(table)]
    assert main(["crate", *options]) == 0
    assert (described / "ro-crate-metadata.json").read_bytes() == before
