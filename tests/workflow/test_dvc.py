"""``dvc.yaml`` says what Snakemake's graph says: the same stages, dependencies and outputs."""

from __future__ import annotations

import re
from functools import reduce
from operator import getitem
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml

from helpers import PROJECT
from project_copy import Job, copy_project, listed_jobs, snakemake

CONFIG: dict[str, Any] = yaml.safe_load((PROJECT / "config/config.yaml").read_text())
CODE = {"Snakefile", "workflow", "src/compfeat", "requirements.lock"}
"""What every stage depends on besides its inputs: what jobs consist of, and with which packages."""
RECORD = "metadata"
"""The stage of Snakemake's own records."""


def value_of(key: re.Match[str]) -> str:
    """Return the configuration's value of ``${key.key}``."""
    return str(reduce(getitem, key[1].split("."), CONFIG))


DVC: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{([\w.]+)\}", value_of, (PROJECT / "dvc.yaml").read_text()))
STAGES: dict[str, dict[str, Any]] = {name: stage for name, stage in DVC["stages"].items() if name != RECORD}


def outs(stage: dict[str, Any]) -> list[str]:
    return [path for out in stage["outs"] for path in out]


def target(stage: dict[str, Any]) -> str:
    """Return the rule that a stage asks Snakemake for."""
    commands = [stage["cmd"]] if isinstance(stage["cmd"], str) else stage["cmd"]
    return str(commands[-1]).removeprefix(".venv/bin/snakemake ")


def lies_in(path: str, folder: str) -> bool:
    return PurePosixPath(path).is_relative_to(folder)


def owner(path: str) -> str | None:
    """Return the stage in whose outs a file lies."""
    names = [name for name, stage in STAGES.items() if any(lies_in(path, out) for out in outs(stage))]
    assert len(names) < 2, f"{path} lies in the outs of {names}"
    return names[0] if names else None


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[Job]:
    """All jobs that make something, and the targets that DVC asks for, as Snakemake lists them."""
    project = copy_project(tmp_path_factory.mktemp("dvc"))
    targets = ["all", *map(target, STAGES.values())]
    return listed_jobs(snakemake(project, "--dry-run", "--forceall", "--quiet", "host", "--", *targets))


def test_every_output_lies_in_one_stage_and_every_out_persists(jobs: list[Job]) -> None:
    made = [path for job in jobs for path in job.outputs]
    assert len(made) > 200
    assert [path for path in made if owner(path) is None] == []
    for name, stage in DVC["stages"].items():
        assert all(flags == {"persist": True} for out in stage["outs"] for flags in out.values()), name
    folders = [out for stage in DVC["stages"].values() for out in outs(stage)]
    assert not [(a, b) for a in folders for b in folders if a != b and lies_in(a, b)]
    assert not [out for out in folders if out != ".snakemake/metadata" and not any(lies_in(p, out) for p in made)]


def test_dependencies_are_those_of_the_graph(jobs: list[Job]) -> None:
    for name, stage in STAGES.items():
        read = {path for job in jobs if any(owner(p) == name for p in job.outputs) for path in job.inputs}
        foreign = {path for path in read if owner(path) != name}
        deps = set(stage["deps"]) - CODE
        assert set(stage["deps"]) >= CODE, name
        assert [path for path in foreign if not any(lies_in(path, dep) for dep in deps)] == [], name
        assert [dep for dep in deps if not any(lies_in(path, dep) for path in foreign)] == [], name


def test_each_stage_asks_for_all_its_files(jobs: list[Job]) -> None:
    makers = {path: job for job in jobs for path in job.outputs}
    for name, stage in STAGES.items():
        needed, queue = set(), [path for job in jobs if job.rule == target(stage) for path in job.inputs]
        while queue:
            path = queue.pop()
            if path in makers and path not in needed:
                needed |= makers[path].outputs
                queue += sorted(makers[path].inputs)
        assert [path for path in makers if owner(path) == name and path not in needed] == [], name


def test_the_stages_track_every_setting() -> None:
    tracked: set[str] = set()
    for stage in STAGES.values():
        keys = stage["params"][0]["config/config.yaml"]
        tracked |= set() if keys is None else {key.partition(".")[0] for key in keys}
    assert tracked == set(CONFIG) - {"output"}


def test_the_record_comes_last() -> None:
    used = {owner(dep) for stage in STAGES.values() for dep in stage["deps"]}
    last = {owner(dep) for dep in DVC["stages"][RECORD]["deps"]}
    assert set(STAGES) - used <= last


def test_metrics_and_plots_are_files_of_the_summary(jobs: list[Job]) -> None:
    made = {path for job in jobs for path in job.outputs}
    files = set(DVC["metrics"])
    for plot in DVC["plots"]:
        for settings in plot.values():
            files |= {*settings["x"], *settings["y"]}
    assert files <= made


def test_dvc_looks_at_no_file_that_is_half_written() -> None:
    ignored = (PROJECT / ".dvcignore").read_text().split()
    assert {".*.part*", "resume.safetensors", "__pycache__/"} <= set(ignored)
