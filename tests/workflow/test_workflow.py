"""The workflow as Snakemake sees it: lint, job counts of every configuration, and what a wrong configuration says."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from compfeat import grid
from compfeat.config import check_config
from compfeat.documents.tables import PAGES
from helpers import PROJECT

CONFIGS = sorted(path.stem for path in (PROJECT / "config").glob("*.yaml"))
OVERLAYS = [name for name in CONFIGS if name != "config"]
SCHEMA = PROJECT / "workflow/schemas/config.schema.yaml"


def merged(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``overlay`` on top, mappings key by key, as Snakemake merges them."""
    result = copy.deepcopy(base)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def load(name: str) -> dict[str, Any]:
    """Return the configuration that ``config/{name}.yaml`` makes."""
    base: dict[str, Any] = yaml.safe_load((PROJECT / "config/config.yaml").read_text())
    return base if name == "config" else merged(base, yaml.safe_load((PROJECT / f"config/{name}.yaml").read_text()))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the workflow without results, at an odd path."""
    folder = tmp_path_factory.mktemp("project") / 'it\'s; "odd" here'
    for name in ("config", "workflow", "profiles", "data/published", "data/reference"):
        shutil.copytree(PROJECT / name, folder / name)
    shutil.copy(PROJECT / "Snakefile", folder)
    return folder


def snakemake(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "snakemake", *arguments]
    return subprocess.run(argv, cwd=project, capture_output=True, text=True, check=False)


def job_counts(output: str) -> dict[str, int]:
    """Return the table of a dry run: jobs by rule."""
    return {m[1]: int(m[2]) for m in re.finditer(r"^(\w+) +(\d+)$", output, re.M)}


def test_lint(project: Path) -> None:
    found = snakemake(project, "--lint", "text")
    lints = {line.strip() for line in (found.stdout + found.stderr).splitlines() if line.startswith("    * ")}
    # The software is pinned for the project as a whole, in requirements.lock.
    assert lints <= {"* Specify a conda environment or container for each rule.:"}


@pytest.mark.parametrize("name", CONFIGS)
def test_job_counts(name: str, project: Path) -> None:
    config = load(name)
    root = project / config["dataset"]["root"]
    root.mkdir(parents=True, exist_ok=True)
    overlay = [] if name == "config" else ["--configfile", f"config/{name}.yaml"]
    done = snakemake(project, "--dry-run", "--quiet", "rules", *overlay)
    assert done.returncode == 0, done.stderr
    warm_starts = len(config["model"]["cuts"]) * len(config["train"]["seeds"])
    expected = {
        "render": 2 if config["dataset"]["name"] in grid.RENDERED else 0,
        "prepare": 2,
        "warm_start": warm_starts if config["train"]["warm_start"] else 0,
        "train": len(grid.runs(config)),
        "features": len(grid.runs(config)),
        "encode": len(grid.coded_points(config)),
        "evaluate": len(grid.points(config)),
        "summarise": 1,
        "statistics": 1,
        "paper": 1,
        "explorer": 1,
        "table_page": len(PAGES),
        "metrics": 1,
        "figure": len(config["figures"]),
    }
    counts = job_counts(done.stdout + done.stderr)
    assert {rule: counts.get(rule, 0) for rule in expected} == expected


@pytest.mark.parametrize("name", CONFIGS)
def test_configurations_are_valid(name: str) -> None:
    check_config(load(name), SCHEMA)


@pytest.mark.parametrize("name", OVERLAYS)
def test_overlays_say_nothing_that_the_default_says_too(name: str) -> None:
    base, overlay = load("config"), yaml.safe_load((PROJECT / f"config/{name}.yaml").read_text())

    def repeated(over: dict[str, Any], under: dict[str, Any]) -> list[str]:
        nested = [(k, v) for k, v in over.items() if isinstance(v, dict) and isinstance(under.get(k), dict)]
        same = [k for k, v in over.items() if under.get(k, ...) == v and (k, v) not in nested]
        return same + [f"{k}.{key}" for k, v in nested if v != under[k] for key in repeated(v, under[k])]

    # A null encoder_weights is repeated to show where the file goes.
    assert set(repeated(overlay, base)) <= {"model.encoder_weights"}


def test_configurations_share_no_folder_that_they_write() -> None:
    folders: list[str] = []
    for name in CONFIGS:
        config = load(name)
        folders += [config["output"], config["dataset"]["prepared"]]
        folders += [config["dataset"]["root"]] if config["dataset"]["name"] in grid.RENDERED else []
    assert len(folders) == len(set(folders))
    assert not [(a, b) for a in folders for b in folders if a != b and f"{b}/".startswith(f"{a}/")]


WRONG = {
    "unknown key": ("colour: red", "key 'colour' is unknown; expected one of output, dataset"),
    "misspelt key": ("train: {sedes: [1]}", "key 'train.sedes' is unknown; did you mean 'seeds'?"),
    "wrong type": ("train: {threads: four}", "key 'train.threads': found 'four'; expected integer"),
    "null": ("model: {width: null}", "key 'model.width': found None; expected integer"),
    "wrong choice": ("dataset: {name: citiscapes}", "found 'citiscapes'; expected one of"),
    "png has one quality": ("codecs: {png: [q90]}", "codec 'png': quality 'q90' is unknown; expected one of lossless"),
    "hevc ends at qp51": ("codecs: {hevc: [qp99]}", "codec 'hevc': quality 'qp99' is unknown; expected one of"),
    "size": ("dataset: {size: [100, 256]}", "dataset.size: 100x256 does not fit cut c512; expected multiples of 32 px"),
    "factors": (
        "train: {strength_factors: [[3, 0], [1, 1]]}",
        "key 'train.strength_factors': found the epochs 3, 1; expected each later than the one before",
    ),
    "strength": ("train: {strength: {compressible: {c1: 2}}}", "key 'train.strength.compressible.c1' is unknown"),
    "phase": ("train: {phases: [{epochs: 1}]}", "key 'train.phases.0.downscale' is missing"),
    "ladder": ("ladders: {mine: [vvc]}", "key 'ladders.mine': codec 'vvc' is not in 'codecs'"),
    "render all": ("dataset: {images: {val: null}}", "key 'dataset.images.val': found null; expected how many"),
    "showcase": ("showcase: {images: [999]}", "key 'showcase.images': image 999 is beyond the"),
    "weights": (
        "model: {encoder_weights: w.safetensors}",
        "key 'model.encoder_weights': ImageNet's ResNet-34 has width 64",
    ),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_wrong_configuration_is_told_in_one_line(case: str, project: Path, tmp_path: Path) -> None:
    overlay, message = WRONG[case]
    (tmp_path / "wrong.yaml").write_text(overlay)
    done = snakemake(project, "--dry-run", "--configfile", str(tmp_path / "wrong.yaml"))
    assert done.returncode != 0
    output = done.stdout + done.stderr  # a dry run tells all on the first
    assert "Traceback" not in output
    told = [line for line in output.splitlines() if line.startswith("config: ")]
    assert len(told) == 1 and message in told[0], output
