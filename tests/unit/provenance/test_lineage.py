"""The chain behind a file or one number: exactly the jobs and files that it was made by, and what is known of them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from compfeat.provenance.lineage import settings
from recorded_run import Ask, Say, digest, make, record_run

BD_RATE = "results/summarise/bd_rate.csv"
BY_HEVC = ("--row", "ladder=hevc", "--row", "metric=miou")


def rules(chain: dict[str, Any]) -> list[str]:
    return [step["rule"] for step in chain["steps"]]


def outputs(chain: dict[str, Any]) -> list[str]:
    return [file["path"] for step in chain["steps"] for file in step["outputs"]]


def paths(files: list[dict[str, Any]]) -> list[str]:
    return [file["path"] for file in files]


def test_a_paper_leads_back_to_the_images_by_jobs_in_their_order(run: Path, ask: Ask) -> None:
    chain = ask(run, "lineage", "results/paper/paper.pdf")
    assert {"render", "prepare", "train", "features", "encode", "evaluate", "points", "figure"} <= set(rules(chain))
    assert len(chain["images"]) == 4 and chain["sources"] == []
    everything = [chain["target"], *chain["images"]]
    everything += [file for step in chain["steps"] for file in (*step["inputs"], *step["outputs"])]
    assert all(file["sha256"] == digest(run / file["path"]) for file in everything)
    seen: set[str] = set()
    for step in chain["steps"]:
        assert set(paths(step["inputs"])) <= seen
        seen |= set(paths(step["outputs"]))


def test_a_step_tells_code_settings_seed_tools_and_time(run: Path, ask: Ask) -> None:
    chain = ask(run, "lineage", "results/encode/c256/plain/seed0/jpeg/bitstreams.zip")
    encode = chain["steps"][-1]
    assert encode["rule"] == "encode" and encode["settings"] == {"seed": "0"}
    assert encode["code"]["compfeat.codecs.jpeg"] == "ba9876543210" and "compfeat.codecs._x" in encode["code"]
    assert {"compfeat.codecs.jpeg", "compfeat.codecs._x"} <= set(chain["other_code"])
    assert encode["tools"] == ["numpy 2.4.6", "pillow 13.0.0"]
    assert (encode["started"], encode["seconds"]) == ("1970-01-01T00:16:40+00:00", 1.5)
    assert encode["inputs"][0]["sha256_read"] == encode["inputs"][0]["sha256"]


def test_one_number_was_made_from_its_own_points_only(run: Path, ask: Ask, say: Say) -> None:
    chain = ask(run, "lineage", BD_RATE, *BY_HEVC)
    assert [row["bd_rate_percent"] for row in chain["rows"]] == ["-10.5"] and chain["sources"] == []
    streams = [path for path in outputs(chain) if path.endswith("bitstreams.zip")]
    assert streams == [f"results/encode/c256/{method}/seed0/hevc/bitstreams.zip" for method in ("plain", "tight")]
    assert not [path for path in outputs(chain) if "jpeg" in path or "/none/" in path or path.endswith("epochs.csv")]
    printed = say("lineage", BD_RATE, *BY_HEVC, "--project", str(run))
    assert printed.startswith(f"{BD_RATE}  ") and digest(run / BD_RATE) in printed.splitlines()[0]
    heads = re.findall(r"^(\w+): (\d+) jobs?$", printed, re.M)
    counts = {"evaluate": 2, "encode": 2, "features": 2, "train": 3, "prepare": 2, "render": 2}
    assert dict(heads) == {rule: str(n) for rule, n in ({"bd_rate": 1, "points": 1, "experiment": 1} | counts).items()}
    assert [rule for rule, _ in heads if rule != "experiment"] == ["bd_rate", "points", *counts]
    assert printed.count("  settings: ") >= len(heads)
    assert "4 source files of images in data/raw/streets" in printed


OF_TRAINING = ["data/raw/streets/pictures/train/0.png", "data/raw/streets/pictures/train/1.png"]
IMAGES = [*OF_TRAINING, "data/raw/streets/pictures/val/0.png", "data/raw/streets/pictures/val/1.png"]
ROWS: dict[str, tuple[str, str, str, list[str]]] = {
    # The row's table, a file that it was made from, what it was not made from, its images.
    "method=tight codec=none quality=float": (
        *("points.csv", "results/train/c256/start/seed0/weights.safetensors", "/plain/|encode", IMAGES),
    ),
    # The network saw all of the training images, whatever image it is tried on.
    "method=plain codec=hevc quality=qp22 image_id=000001_val": (
        *("per_image.csv", "results/evaluate/c256/plain/seed0/hevc/scores.npz", "/tight/", [*OF_TRAINING, IMAGES[3]]),
    ),
    "training=plain": ("epochs.csv", "results/train/c256/plain/seed0/epochs.csv", "evaluate|/tight/", IMAGES),
    "cut=c256": ("published_points.csv", "results/summarise/published_points.csv", "train|prepare", []),
}


@pytest.mark.parametrize("row", sorted(ROWS))
def test_a_row_was_made_from_no_other_runs(row: str, run: Path, ask: Ask) -> None:
    table, made, other, images = ROWS[row]
    chain = ask(run, "lineage", f"results/summarise/{table}", *(f"--row={cell}" for cell in row.split()))
    assert made in outputs(chain) and not [path for path in outputs(chain) if re.search(other, path)]
    assert paths(chain["images"]) == images


def test_a_start_leads_to_the_run_that_made_it(run: Path, ask: Ask, say: Say) -> None:
    kept, weights = "data/start/c256.safetensors", "results/train/c256/start/seed0/weights.safetensors"
    make(run, "keep", {kept: "start weights.safetensors"}, [weights])
    record_run(run, "data/reference/start")
    shutil.rmtree(run / ".snakemake/metadata")
    for path in (*run.glob("results/**/*"), *run.glob("data/raw/**/*")):
        path.unlink() if path.is_file() else None
    later = make(run, "train", {"results/later/weights.safetensors": "later"}, [kept])[0]
    chain = ask(run, "lineage", later)
    assert rules(chain) == ["train"] and paths(chain["sources"]) == [kept]
    (earlier,) = chain["earlier_runs"]
    assert earlier["record"] == "data/reference/start" and earlier["target"]["path"] == kept
    assert {"render", "prepare", "train", "keep"} == set(rules(earlier))
    assert earlier["config"]["dataset"]["root"] == "data/raw/streets" and earlier["code"]
    printed = say("lineage", later, "--project", str(run))
    assert f"{kept} was made by another run, which data/reference/start records" in printed and weights in printed
    (run / kept).write_text("another network")
    assert ask(run, "lineage", later)["earlier_runs"] == []


def test_what_changed_since_it_was_read_is_told(run: Path, ask: Ask, say: Say) -> None:
    stream, paper = "results/encode/c256/plain/seed0/jpeg/bitstreams.zip", "results/paper/paper.pdf"
    assert ask(run, "lineage", paper)["changed_since"] == []
    (run / stream).write_text("other")
    assert ask(run, "lineage", paper)["changed_since"] == [stream]
    assert f"\n  CHANGED since they were read: {stream}\n" in say("lineage", paper, "--project", str(run))


def test_the_settings_of_a_command() -> None:
    command = "python -m compfeat x --points a/b 'it''s; odd' --frontier --file out.csv --n -1 > log 2>&1"
    assert settings(command, {"out.csv"}) == {"points": "a/b its; odd", "frontier": "", "n": "-1"}
    assert settings("never 'closed", set()) == {}


WRONG = {
    ("results/figures/nope.pdf",): "no job of this run made or read it; expected a file of the run",
    ("/etc/hosts",): "lies outside the project",
    ("../other",): "lies outside the project",
    (BD_RATE, "--row", "cut"): "--row cut: expected COLUMN=VALUE",
    (BD_RATE, "--row", "cat=c256"): "bd_rate.csv has no column 'cat'; its columns: cut, method, against, seed, ladder",
    (BD_RATE, "--row", "cut=c512"): "no such row in bd_rate.csv; values of 'cut': c256",
    ("results/figures/rate.pdf", "--row", "cut=c256"): "rate.pdf has no column 'cut'",
}


@pytest.mark.parametrize("argv", sorted(WRONG))
def test_mistakes_are_told_in_one_line(argv: tuple[str, ...], run: Path, say: Say) -> None:
    assert WRONG[argv] in say("lineage", *argv, "--project", str(run), status=2)


def test_paths_may_be_absolute_or_roundabout(run: Path, ask: Ask) -> None:
    for path in (str(run / BD_RATE), f"./results/../{BD_RATE}"):
        assert ask(run, "lineage", path)["target"]["path"] == BD_RATE


def test_a_reader_that_has_seen_enough_is_no_error(run: Path) -> None:
    argv = [sys.executable, "-m", "compfeat", "lineage", BD_RATE]
    with subprocess.Popen(argv, cwd=run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
