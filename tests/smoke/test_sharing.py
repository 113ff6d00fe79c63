"""Recording with DVC and sharing by a remote: what was recorded comes back elsewhere to the byte, and nothing has to run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from rocrate_validator import services

from project_copy import attempt, snakemake
from roc_cache import fill
from tiny_run import artifacts, output_of, reconfigure, run, with_environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

UP_TO_DATE = "Data and pipelines are up to date."
WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org")
FIGURE = "results/figures/rate_accuracy@hevc.pdf"
LOST = ("results/encode/c256/baseline/seed0/hevc/bitstreams.zip", "results/summarise/points.csv", FIGURE)


def dvc(folder: Path, *argv: str) -> str:
    return output_of(folder, ".venv/bin/dvc", *argv)


def commit(folder: Path, message: str) -> None:
    output_of(folder, "git", "add", "--all")
    output_of(folder, "git", *WHO, "commit", "--quiet", "--message", message)


def compfeat(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return attempt(folder, "-m", "compfeat", *argv)


@pytest.fixture(scope="module")
def recorded(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose run was recorded, committed and pushed to a remote, which is a folder."""
    folder = tmp_path_factory.mktemp("sharing")
    project = folder / 'first; "here" it\'s'
    shutil.copytree(finished, project, symlinks=True)
    with_environment(project)
    output_of(project, "git", "init", "--quiet", "--initial-branch=main")
    commit(project, "code")
    dvc(project, "remote", "add", "--default", "store", str(folder / "store"))
    assert re.search(r"first record: \d{3} files", output_of(project, "make", "record"))
    commit(project, "results")
    dvc(project, "push")
    return project


@pytest.fixture(scope="module")
def clone(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another's clone of it, elsewhere, with the results pulled, and times that say nothing."""
    folder = tmp_path_factory.mktemp("elsewhere") / "clone"
    output_of(recorded.parent, "git", "clone", "--quiet", str(recorded), str(folder))
    shutil.copytree(recorded / ".venv", folder / ".venv", symlinks=True)
    (folder / ".venv/.ready").touch()  # later than what the clone has just written
    dvc(folder, "pull")
    for i, path in enumerate(sorted((folder / "results").rglob("*"), reverse=True)):
        os.utime(path, (1e9 + i, 1e9 + i))
    return folder


def test_what_was_recorded_is_clean_and_recording_again_changes_nothing(recorded: Path) -> None:
    assert dvc(recorded, "status").strip() == UP_TO_DATE
    assert "nothing has changed since the last record" in output_of(recorded, "make", "record")
    assert output_of(recorded, "git", "status", "--porcelain") == ""
    assert compfeat(recorded, "audit").returncode == 0


def test_a_clone_that_pulls_has_every_byte_and_nothing_to_do(recorded: Path, clone: Path) -> None:
    assert artifacts(clone) == artifacts(recorded)
    assert dvc(clone, "status").strip() == UP_TO_DATE
    assert "Nothing to be done" in snakemake(clone, "--dry-run")
    assert output_of(clone, "make", "audit").endswith("0 changed, 0 missing, 0 extra\n")
    assert output_of(clone, "make", "verify").startswith("verify: identical to the byte\n")


def test_a_clone_tells_the_same_lineage(recorded: Path, clone: Path) -> None:
    told = (compfeat(folder, "lineage", FIGURE, "--format", "json").stdout for folder in (recorded, clone))
    chains = [json.loads(text) for text in told]
    assert chains[0] == chains[1]
    head = output_of(clone, "git", "rev-parse", "HEAD").strip()
    assert {step["commit"] for step in chains[1]["steps"]} == {head}
    assert chains[1]["changed_since"] == chains[1]["other_code"] == []


def test_one_number_of_a_real_run_leads_to_its_own_bitstreams(recorded: Path) -> None:
    cells = ("--row", "method=compressible", "--row", "codec=jpeg")
    done = compfeat(recorded, "lineage", "results/summarise/points.csv", *cells, "--format", "json")
    chain = json.loads(done.stdout)
    made = [file["path"] for step in chain["steps"] for file in step["outputs"]]
    assert [path for path in made if path.endswith("bitstreams.zip")] == [
        "results/encode/c256/compressible/seed0/jpeg/bitstreams.zip"
    ]
    assert not [path for path in made if "/baseline/" in path or "hevc" in path]
    assert len(chain["images"]) == 14 * 4  # each scene has an image, labels, disparity and a camera
    assert {"torch", "numpy", "Pillow"} <= {tool.split()[0] for step in chain["steps"] for tool in step["tools"]}
    assert all(step["seconds"] > 0 for step in chain["steps"])


def test_the_crate_of_a_real_run_is_accepted(clone: Path, tmp_path: Path) -> None:
    output_of(clone, "make", "crate")
    settings = {"rocrate_uri": str(clone), "profile_identifier": "workflow-run-crate", "offline": True}
    result = services.validate({**settings, "cache_path": str(fill(tmp_path / "cache"))})
    assert [issue.message for issue in result.get_issues()] == []
    files = [e for e in json.loads((clone / "ro-crate-metadata.json").read_text())["@graph"] if "sha256" in e]
    assert {unquote(entity["@id"]) for entity in files} >= set(artifacts(clone))


def test_lost_results_come_back_the_same_from_dvc_and_from_a_rerun(recorded: Path, clone: Path) -> None:
    whole = artifacts(recorded)
    for name in LOST:
        (clone / name).unlink()
    assert compfeat(clone, "audit").returncode == 1
    dvc(clone, "checkout")
    assert artifacts(clone) == whole
    for name in LOST:
        (clone / name).unlink()
    snakemake(clone, "--cores", "2", *LOST)
    assert artifacts(clone) == whole
    assert dvc(clone, "status", "figures", "summarise", "encode").strip() == UP_TO_DATE


def test_a_damaged_result_is_found_where_snakemake_sees_nothing(clone: Path) -> None:
    path = clone / FIGURE
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    os.utime(path, (1e9, 1e9))  # older than what was made from it, so that Snakemake does not look
    assert "Nothing to be done" in snakemake(clone, "--dry-run")
    done = compfeat(clone, "audit")
    assert done.returncode == 1
    assert f"changed  {FIGURE}:" in done.stdout and "document  results/paper/paper.pdf" in done.stdout
    path.write_bytes(whole)


@pytest.fixture(scope="module")
def changed(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which a setting was changed; only the statistics and what shows them have to be made anew."""
    project = tmp_path_factory.mktemp("changed") / "project"
    shutil.copytree(recorded, project, symlinks=True)
    reconfigure(project, {"ladders": {"published": {"codecs": ["jpeg"]}}, "statistics": {"resamples": 30}})
    return project


def test_a_stale_run_is_not_recorded(changed: Path) -> None:
    before = (changed / "dvc.lock").read_bytes()
    done = run(changed, "make", "record")
    assert done.returncode != 0 and "not up to date" in done.stderr
    assert (changed / "dvc.lock").read_bytes() == before


def test_commits_are_compared_by_params_metrics_and_plots(changed: Path) -> None:
    snakemake(changed, "--cores", "2")
    said = output_of(changed, "make", "record")
    assert "changed results/summarise/experiment.json" in said and "config statistics" in said
    assert "changed results/encode" not in said
    settings = dvc(changed, "params", "diff")
    assert re.search(r"statistics.resamples\s+20\s+30", settings)
    json.loads(dvc(changed, "metrics", "diff", "--json"))
    assert "results/summarise/metrics.json" in dvc(changed, "metrics", "show")
    commit(changed, "another setting")
    output_of(changed, "make", "plots", "REV=HEAD~1")
    page = (changed / "dvc_plots/index.html").read_text()
    assert "vegaEmbed('#" in page and "HEAD~1" in page
    assert not re.search(r"<script[^>]*\ssrc=|<link ", page)


def test_the_plots_are_drawn_offline(recorded: Path, started: Browser) -> None:
    output_of(recorded, "make", "plots")
    page = started.new_context(offline=True).new_page()
    page.goto((recorded / "dvc_plots/index.html").as_uri())
    page.wait_for_selector("canvas, svg.marks")
    assert page.locator("canvas, svg.marks").count() == 4
