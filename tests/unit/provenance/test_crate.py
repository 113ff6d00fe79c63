"""The run as an RO-Crate: the public validator accepts it, offline, and it names every file, job and package."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from rocrate_validator import services
from rocrate_validator.utils.http import HttpRequester

from recorded_run import Say, digest, make, with_summary, write_run
from roc_cache import fill

PROFILE = "workflow-run-crate"
AWKWARD = 'results/paper/ä 100% "it\'s" #1.pdf'
CRATE = "ro-crate-metadata.json"


def entities(project: Path) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in json.loads((project / CRATE).read_text())["@graph"]}


@pytest.fixture
def described(tmp_path: Path, say: Say) -> Path:
    """A run, one of whose files has an awkward name, with its crate."""
    project = write_run(tmp_path / "run")
    (project / "Snakefile").write_text("rule all:\n    input: []\n")
    make(project, "paper", {AWKWARD: "paper"}, ["results/summarise/points.csv"])
    say("crate", *with_summary(project))
    (project / "summary.tsv").rename(tmp_path / "summary.tsv")
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
def test_the_public_validator_accepts_it_offline_and_would_see_a_wrong_one(described: Path, offline: Path) -> None:
    assert problems(described, offline) == []
    path = described / CRATE
    wrong = json.loads(path.read_text())
    for entity in wrong["@graph"]:
        entity.pop("mainEntity", None)
    path.write_text(json.dumps(wrong))
    assert any("Main Workflow" in problem for problem in problems(described, offline))


def test_every_file_has_its_sha256_and_its_name_escaped_once(described: Path) -> None:
    files = {unquote(name): entity for name, entity in entities(described).items() if "sha256" in entity}
    for name, entity in files.items():
        assert entity["sha256"] == digest(described / name)
        assert entity["contentSize"] == str((described / name).stat().st_size)
    folders = (described / "data", described / "results")
    made = {
        path.relative_to(described).as_posix() for folder in folders for path in folder.rglob("*") if path.is_file()
    }
    assert set(files) == made | {"Snakefile", "config/config.yaml"}
    assert (files[AWKWARD]["name"], files[AWKWARD]["@id"]) == (AWKWARD, quote(AWKWARD))


def test_every_job_tells_what_ran_on_what_and_when(described: Path) -> None:
    crate = entities(described)
    actions = [entity for entity in crate.values() if entity["@type"] == "CreateAction"]
    assert len(actions) == 40
    encode = next(a for a in actions if a["name"] == "encode: results/encode/c256/plain/seed0/jpeg/bitstreams.zip")
    assert encode["startTime"] == "1970-01-01T00:16:40+00:00" and encode["endTime"] == "1970-01-01T00:16:41+00:00"
    read = {"results/features/c256/plain/seed0/val.npy", "data/prepared/streets/val.csv"}
    assert {file["@id"] for file in encode["object"]} == read
    program = crate[encode["instrument"]["@id"]]
    assert "compfeat.codecs.jpeg ba9876543210" in program["description"]
    tools = [crate[tool["@id"]] for tool in program["softwareRequirements"]]
    assert [(tool["name"], tool["version"]) for tool in tools] == [("numpy", "2.4.6"), ("pillow", "13.0.0")]
    whole = crate["#run"]
    assert whole["instrument"] == {"@id": "Snakefile"}
    assert {"config/config.yaml", "data/published/published_points.csv"} == {file["@id"] for file in whole["object"]}


def test_it_is_the_same_each_time_without_jobs_that_the_configuration_no_longer_has(described: Path, say: Say) -> None:
    before = (described / CRATE).read_bytes()
    gone = make(described, "encode", {"results/encode/c256/gone/seed0/hevc/bitstreams.zip": "gone"})[0]
    (described / gone).unlink()
    options = ["--config", "config/config.yaml", "--summary", str(described.parent / "summary.tsv")]
    say("crate", "--project", str(described), *options)
    assert (described / CRATE).read_bytes() == before
