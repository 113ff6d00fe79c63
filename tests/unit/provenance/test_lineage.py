"""The chain behind a file or one number: exactly the jobs and files that it stands on, and what is known of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from compfeat.__main__ import main
from compfeat.provenance.chains import settings
from compfeat.provenance.syntax import parsed, tree_hash
from recorded_run import digest, make, record_path, record_run, write_run

BD_RATE = "results/summarise/bd_rate.csv"
BY_HEVC = ("--row", "ladder=hevc", "--row", "metric=miou")


def lineage(project: Path, capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    assert main(["lineage", *argv, "--project", str(project), "--format", "json"]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def outputs(printed: dict[str, Any]) -> list[str]:
    return [file["path"] for step in printed["steps"] for file in step["outputs"]]


def test_a_figure_leads_back_to_the_images(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = lineage(run, capsys, "results/figures/rate.pdf")
    rules = [step["rule"] for step in printed["steps"]]
    assert rules[-2:] == ["points", "figure"] and rules[0] == "render"
    assert {"prepare", "train", "features", "encode", "evaluate"} <= set(rules)
    assert len(printed["images"]) == 4
    everything = [printed["target"], *printed["images"], *printed["sources"]]
    everything += [file for step in printed["steps"] for file in (*step["inputs"], *step["outputs"])]
    assert all(file["sha256"] == digest(run / file["path"]) for file in everything)
    assert printed["sources"] == []


def test_each_job_comes_after_those_it_builds_on(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen: set[str] = set()
    for step in lineage(run, capsys, "results/paper/paper.pdf")["steps"]:
        assert {f["path"] for f in step["inputs"]} - seen <= {"data/published/published_points.csv"}
        seen |= {file["path"] for file in step["outputs"]}


def test_a_step_tells_code_settings_seed_tools_and_time(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = lineage(run, capsys, "results/encode/c256/plain/seed0/jpeg/bitstreams.zip")["steps"]
    encode = steps[-1]
    assert encode["rule"] == "encode" and encode["settings"] == {"seed": "0"}
    assert encode["code"]["compfeat.codecs.plugins.jpeg"] == "ba9876543210" and "compfeat.codecs._x" in encode["code"]
    assert encode["tools"] == ["numpy 2.4.6", "pillow 13.0.0"]
    assert (encode["started"], encode["seconds"]) == ("1970-01-01T00:16:40+00:00", 1.5)
    assert encode["inputs"][0]["sha256_read"] == encode["inputs"][0]["sha256"]


def test_one_number_stands_on_its_own_points_only(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = lineage(run, capsys, BD_RATE, *BY_HEVC)
    assert printed["rows"][0]["bd_rate_percent"] == "-10.5" and len(printed["rows"]) == 1
    streams = [path for path in outputs(printed) if path.endswith("bitstreams.zip")]
    runs = ("plain", "tight")
    assert streams == [f"results/encode/c256/{method}/seed0/hevc/bitstreams.zip" for method in runs]
    assert not [path for path in outputs(printed) if "jpeg" in path or "/none/" in path or path.endswith("epochs.csv")]
    assert printed["sources"] == []


def test_a_point_stands_on_one_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells = [f"--row={cell}" for cell in ("method=tight", "codec=none", "quality=float")]
    made = outputs(lineage(run, capsys, "results/summarise/points.csv", *cells))
    assert not [path for path in made if "/plain/" in path or "encode" in path]
    assert "results/train/c256/start/seed0/weights.safetensors" in made


def test_one_image_of_one_point_and_an_epoch(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells = ["method=plain", "codec=hevc", "quality=qp22", "image_id=000001_val"]
    printed = lineage(run, capsys, "results/summarise/per_image.csv", *[f"--row={cell}" for cell in cells])
    # The network saw all of the training images, whatever image it is tried on.
    images = [f"data/raw/streets/pictures/{split}/{i}.png" for split, i in (("train", 0), ("train", 1), ("val", 1))]
    assert [image["path"] for image in printed["images"]] == images
    epoch = lineage(run, capsys, "results/summarise/epochs.csv", "--row=training=plain")
    assert not [path for path in outputs(epoch) if "evaluate" in path or "/tight/" in path]
    assert "results/train/c256/plain/seed0/epochs.csv" in outputs(epoch)


def test_published_numbers_stand_on_the_authors_alone(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = lineage(run, capsys, "results/summarise/published_points.csv", "--row=cut=c256")
    assert [step["rule"] for step in printed["steps"]] == ["published_points"]
    assert [file["path"] for file in printed["sources"]] == ["data/published/published_points.csv"]


def test_a_start_leads_to_the_run_that_made_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, weights = "data/start/c256.safetensors", "results/train/c256/start/seed0/weights.safetensors"
    make(run, "keep", {kept: "start weights.safetensors"}, [weights])
    record_run(run, "data/reference/start")
    shutil.rmtree(run / ".snakemake/metadata")
    for path in (*run.glob("results/**/*"), *run.glob("data/raw/**/*")):
        path.unlink() if path.is_file() else None
    make(run, "train", {"results/later/weights.safetensors": "later"}, [kept])
    capsys.readouterr()
    printed = lineage(run, capsys, "results/later/weights.safetensors")
    assert [step["rule"] for step in printed["steps"]] == ["train"]
    assert [file["path"] for file in printed["sources"]] == [kept]
    (earlier,) = printed["earlier_runs"]
    assert earlier["record"] == "data/reference/start" and earlier["target"]["path"] == kept
    assert {"render", "prepare", "train", "keep"} == {step["rule"] for step in earlier["steps"]}
    assert earlier["config"]["dataset"]["root"] == "data/raw/streets" and earlier["code"]
    assert len(earlier["images"]) == 4
    assert main(["lineage", "results/later/weights.safetensors", "--project", str(run)]) == 0
    lines = capsys.readouterr().out
    assert f"{kept} was made by another run, which data/reference/start records" in lines and weights in lines
    (run / kept).write_text("another network")
    assert lineage(run, capsys, "results/later/weights.safetensors")["earlier_runs"] == []


def test_what_changed_since_it_was_read_is_told(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = "results/encode/c256/plain/seed0/jpeg/bitstreams.zip"
    assert lineage(run, capsys, "results/paper/paper.pdf")["changed_since"] == []
    (run / stream).write_text("other")
    assert lineage(run, capsys, "results/paper/paper.pdf")["changed_since"] == [stream]
    assert main(["lineage", "results/paper/paper.pdf", "--project", str(run)]) == 0
    assert f"\n  CHANGED since they were read: {stream}\n" in capsys.readouterr().out


def git(project: Path, *argv: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(["git", *who, *argv], cwd=project, check=True, capture_output=True, text=True).stdout.strip()


def test_code_is_traced_to_the_commit_that_holds_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lineage(run, capsys, BD_RATE)["git"]["commit"] is None
    source = run / "src/compfeat/losses/baseline.py"
    source.parent.mkdir(parents=True)
    git(run, "init", "-q")
    commits = []
    for text in ("X = 1\n", "X = 2\n", "X = 2  # the same, with a comment\n", "X = 3\n"):
        source.write_text(text)
        git(run, "add", "src")
        git(run, "commit", "-q", "-m", text)
        commits.append(git(run, "rev-parse", "HEAD"))
    for text, commit in (("X = 1", commits[0]), ("X = 2", commits[2]), ("X = 3", commits[3]), ("X = 4", None)):
        made = f"results/train/{text[-1]}.bin"
        record = make(
            run,
            "train",
            {made: "weights"},
            (),
            [f"code of compfeat.losses.plugins.baseline {tree_hash(parsed(text))[:12]}"],
        )
        _without(run, record[0], "compfeat.cli.pipeline.train")
        printed = lineage(run, capsys, made)
        assert printed["steps"][0]["commit"] == commit
        assert printed["git"] == {"commit": commits[3], "modified": False, "shallow": False, "problem": ""}
        assert printed["other_code"] == ["compfeat.losses.plugins.baseline"]
    source.write_text("X = 5\n")
    assert lineage(run, capsys, BD_RATE)["git"]["modified"] is True


def _without(project: Path, output: str, module: str) -> None:
    """Take a module out of the record of a file."""
    path = record_path(project, output)
    printed = json.loads(path.read_text())
    path.write_text(json.dumps(printed | {"params": [p for p in printed["params"] if module not in p]}))


def test_the_settings_of_a_command() -> None:
    command = "python -m compfeat x --points a/b 'it''s; odd' --frontier --file out.csv --n -1 > log 2>&1"
    assert settings(command, {"out.csv"}) == {"points": "a/b its; odd", "frontier": "", "n": "-1"}
    assert settings("never 'closed", set()) == {}


def test_the_text_names_results_first_and_shares_what_jobs_share(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", BD_RATE, *BY_HEVC, "--project", str(run)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{BD_RATE}  ") and digest(run / BD_RATE) in printed.splitlines()[0]
    heads = re.findall(r"^(\w+): (\d+) jobs?$", printed, re.M)
    counts = {"bd_rate": 1, "points": 1, "evaluate": 2, "encode": 2, "features": 2, "train": 3, "experiment": 1}
    assert heads == [(rule, str(n)) for rule, n in (counts | {"prepare": 2, "render": 2}).items()]
    assert printed.count("  settings: ") >= len(heads)
    assert "4 source files of images in data/raw/streets" in printed


@pytest.mark.parametrize("argv", [["results/paper/paper.pdf"], [BD_RATE, *BY_HEVC]])
def test_the_graph_names_each_node_once_and_joins_all(
    argv: list[str], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lineage", *argv, "--project", str(run), "--format", "mermaid"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "flowchart LR"
    nodes = [match[1] for line in lines if (match := re.fullmatch(r'  (\w+)[\[(]+"[^"]+"[)\]]+', line))]
    edges = [match.groups() for line in lines if (match := re.fullmatch(r"  (\w+) --> (\w+)", line))]
    assert len(nodes) == len(set(nodes)) and len(nodes) + len(edges) == len(lines)
    assert {node for edge in edges for node in edge} == set(nodes)
    assert [b for a, b in edges].count("target") == 1


def test_a_large_graph_shows_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = write_run(tmp_path)
    many = [
        make(project, "encode", {f"results/encode/{i}": "x"}, ["data/prepared/streets/val.npy"])[0] for i in range(50)
    ]
    make(project, "paper", {'results/paper/a "big" <one>.pdf': "x"}, many)
    assert main(["lineage", 'results/paper/a "big" <one>.pdf', "--project", str(project), "--format", "mermaid"]) == 0
    printed = capsys.readouterr().out
    assert '  job_encode["encode<br>50 jobs"]\n' in printed and "  job_encode --> job_paper\n" in printed
    assert '  target(["results/paper/a #quot;big#quot; #lt;one#gt;.pdf"])\n' in printed


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
def test_mistakes_are_told_in_one_line(argv: tuple[str, ...], run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", *argv, "--project", str(run)]) == 2
    printed = capsys.readouterr().err
    assert WRONG[argv] in printed and printed.count("\n") == 1


def test_paths_may_be_absolute_or_roundabout(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (str(run / BD_RATE), f"./results/../{BD_RATE}"):
        assert lineage(run, capsys, path)["target"]["path"] == BD_RATE


def test_a_reader_that_has_seen_enough_is_no_error(run: Path) -> None:
    argv = [sys.executable, "-m", "compfeat", "lineage", BD_RATE]
    with subprocess.Popen(argv, cwd=run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
