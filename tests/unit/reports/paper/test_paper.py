"""The paper: made for any run, from its numbers alone, and the same to the byte."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from compfeat.analysis.claims import RECORDED, THIS_RUN, Cell, Limits, claims_table
from compfeat.documents.paper import words
from compfeat.documents.paper.build import TEMPLATE, Picture, build
from compfeat.documents.paper.facts import config_rows, paired, paper_facts
from compfeat.documents.paper.results import equal_quality_sentence, ladder_sentence
from compfeat.documents.paper.seeds import survival_rows
from compfeat.documents.paper.tables import Tables
from compfeat.errors import ConfigError, ToolError
from compfeat.stages import paper as stage
from helpers import PROJECT
from synthetic_summary import Variant, write_summary

CONFIG: dict[str, Any] = yaml.safe_load((PROJECT / "config/config.yaml").read_text())
VARIANTS = {
    "default": Variant(),
    "two seeds": Variant(seeds=(0, 1)),
    "like camvid": Variant(cuts=("c256",), tasks=("segmentation", "reconstruction")),
    "refused": Variant(flat=True, cuts=("c512",)),
    "baseline alone": Variant(losses=("baseline",), cuts=("c256",)),
}


def config_of(variant: Variant) -> dict[str, Any]:
    config = copy.deepcopy(CONFIG)
    config["tasks"], config["model"]["cuts"] = list(variant.tasks), list(variant.cuts)
    config["train"] |= {"losses": list(variant.losses), "seeds": list(variant.seeds)}
    return config


def read(folder: Path) -> Tables:
    return Tables(**{name: stage.read_table(folder / "summarise" / file) for name, file in stage.TABLES.items()})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {name: tmp_path_factory.mktemp("run") for name in VARIANTS}
    for name, folder in folders.items():
        write_summary(folder / "summarise", VARIANTS[name])
    return folders


def facts_of(runs: dict[str, Path], name: str) -> dict[str, Any]:
    return paper_facts(config_of(VARIANTS[name]), read(runs[name])) | {"tools": [["torch", "2"]], "files": []}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_run_gets_a_paper_and_twice_the_same(name: str, runs: dict[str, Path]) -> None:
    facts = facts_of(runs, name)
    made = build(facts, [])
    assert made.startswith(b"%PDF") and made == build(facts, [])


def test_the_stage_reads_the_summary_and_shows_the_figures(runs: dict[str, Path], tmp_path: Path) -> None:
    folder = runs["default"]
    (folder / "figures").mkdir()
    (folder / "figures/rate_accuracy.pdf").write_bytes(build(facts_of(runs, "like camvid"), []))
    argv = [
        "--config",
        json.dumps(CONFIG),
        "--output",
        str(folder),
        "--figures",
        "rate_accuracy",
        "--tools",
        "torch=2.1",
    ]
    stage.main([*argv, "--pdf", str(tmp_path / "paper.pdf")])
    assert (tmp_path / "paper.pdf").stat().st_size > 20_000
    with pytest.raises(ConfigError, match="--config: not JSON"):
        stage.main(["--config", "{", "--output", str(folder), "--pdf", str(tmp_path / "other.pdf")])


def leaves(value: Any) -> list[str]:
    """Return all text in nested facts."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list) else [str(value)]


NUMBERS = {
    "headline": ("bd_rate_percent", "float_anchor"),
    "intervals": ("low_percent",),
    "floats": ("difference",),
    "details": ("cubic_percent", "bd_metric"),
    "claims": ("value",),
    "published": ("bd_rate_percent",),
    "published_intervals": ("high_percent",),
    "published_paired": ("saving_percent",),
    "points": ("rate_bpe",),
    "seeds": ("bd_rate_percent",),
}


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in NUMBERS.items() for c in columns])
def test_another_result_gives_another_text(table: str, column: str, runs: dict[str, Path]) -> None:
    tables = read(runs["default"])
    before = leaves(paper_facts(CONFIG, tables))
    changed: pd.DataFrame = getattr(tables, table)
    changed[column] = changed[column] * 1.5 + 1
    assert leaves(paper_facts(CONFIG, tables)) != before


def test_the_template_has_no_number_of_a_run() -> None:
    """Digits are left to layout, to the original paper (its year, number, size and width) and to what a name contains."""
    text = "\n".join(line for line in TEMPLATE.read_text().splitlines() if not line.lstrip().startswith("//"))
    text = re.sub(r"(?<![\w.])-?[\d.]+(pt|mm|em|%|fr)", "", text)  # lengths
    text = re.sub(
        r"luma\(\d+\)|level: \d|sans-serif|heading\(numbering: \"1\.1\"\)|at\(\d\)|numbering: \"1(\.1)?\"", "", text
    )
    for name in (
        "ICIP 2019",
        '"a4"',
        "1/RMSE",
        "1902.05179",
        "ResNet-34",
        "SHA-256",
        "2018",
        "256 × 512",
        "which is 64",
        "width 64",
        "3-by-3",
    ):
        text = text.replace(name, "")
    text = re.sub(r"columns: 2 \* items\.pos\(\)\.len\(\) - 1|radius: 2pt|x == 0|len\(\) > 0|!= \"1\"", "", text)
    assert re.findall(r".*\d.*", text) == []


def test_sentences_follow_from_the_numbers() -> None:
    headline = pd.DataFrame({"ladder": ["hevc"] * 3, "bd_rate_percent": [-5.0, 3.0, float("nan")]})
    intervals = pd.DataFrame(
        {"ladder": ["hevc"] * 2, "cut": ["c256"] * 2, "loss": ["x"] * 2, "metric": ["miou", "psnr_db"]}
        | {"low_percent": [-7.0, 1.0], "high_percent": [-2.0, 5.0]}
    )
    told = ladder_sentence("hevc", headline, intervals, "HEVC")
    assert "1 of 3 BD-rates is below zero, 1 of them with their whole interval; 1 lies wholly above zero" in told
    assert f"mean is {words.MINUS}1.0 %" in told
    nothing = headline.assign(bd_rate_percent=float("nan"))
    assert "no BD-rate could be formed" in ladder_sentence("hevc", nothing, intervals, "HEVC")


def test_equal_quality_counts_points(runs: dict[str, Path]) -> None:
    points = read(runs["default"]).points
    n = len(points[(points["codec"] != "none") & (points["loss"] == "baseline")])
    assert f"{n} of {n} points take fewer bits" in equal_quality_sentence(points)
    assert equal_quality_sentence(points[points["loss"] == "baseline"]) == ""


def test_every_key_of_the_config_is_listed() -> None:
    listed = dict(config_rows(CONFIG))
    assert listed["train.phases.0.epochs"] == str(CONFIG["train"]["phases"][0]["epochs"])
    assert listed["tools.ffmpeg"] == "–" and listed["dataset.size"] == "128, 256"


def test_numbers_are_written_for_readers() -> None:
    assert words.percent(-12.34) == f"{words.MINUS}12.3 %" and words.percent(float("nan")) == "refused"
    assert words.interval(-1, 2) == f"{words.MINUS}1.0 to +2.0" and words.interval(float("nan"), 1) == ""
    assert words.listed(["a", "b", "c"]) == "a, b and c" and words.count(3) == "three" and words.count(12) == "12"


def test_a_template_that_does_not_fit_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "t.typ").write_text('#json("facts.json").nothing')
    with pytest.raises(ToolError, match="template and the facts do not fit"):
        build({}, [Picture("p", TEMPLATE, "")], tmp_path / "t.typ")


def test_the_published_results_stand_beside_this_runs(runs: dict[str, Path]) -> None:
    facts = facts_of(runs, "default")["beside"]
    assert facts["ladders"] == ["PNG + JPEG", "HEVC"]
    first = facts["rows"][0]
    assert first[:2] == ["c256", "mIoU"] and first[2].startswith(f"{words.MINUS}20.7 % (") and "refused" in first[4]
    missing = {row[0]: row[4:] for row in facts_of(runs, "like camvid")["beside"]["rows"]}
    assert missing["c512"] == ["–", "–"]
    differs = {row[0]: row[1:] for row in facts["differences"]}
    assert differs["training"][1].startswith("4 epochs shared by the losses, then")
    assert differs["network's width"] == ["64", "16"] and differs["seeds"] == ["one", "one (0)"]


def test_the_record_of_several_seeds_stands_beside_this_run(runs: dict[str, Path]) -> None:
    tables = read(runs["default"])
    one = tables.seeds[tables.seeds["seed"] == "all"].assign(seed="0")
    other = one.assign(seed="1", bd_rate_percent=one["bd_rate_percent"] + 50)
    record = pd.concat([one, other, tables.seeds[tables.seeds["seed"] == "all"]])
    row = paper_facts(CONFIG, replace(tables, seeds=record))["seeds"][0]
    assert row[:2] == ["c256", "HEVC"] and row[5] == "1 of 2" and row[4].endswith("%") and "(" in row[6]
    no_record = paper_facts(CONFIG, read(runs["default"])) | {"tools": [], "files": []}
    assert build(no_record | {"seeds": []}, []).startswith(b"%PDF")


def test_what_the_seeds_bear_out_is_told_by_the_claims_own_rules() -> None:
    """Here: 20 % fewer bits for sure; over the seeds 20 % in one place, 10 to 20 % in another, and none in the third."""
    limits = Limits(-15, {"miou": 0.005, "psnr_db": 0.1, "rmse": 1}, 2)
    metrics = ("miou", "psnr_db", "inv_rmse")
    here = [Cell(THIS_RUN, "c256", "hevc", m, -20, -22, -18, seed="0") for m in metrics]
    seeds = [
        Cell(RECORDED, "c256", "hevc", m, (low + high) / 2, low, high, seed="all")
        for m, low, high in zip(metrics, (-25, -20, 1), (-16, -10, 9), strict=True)
    ]
    kept = [Cell(source, "c256", "", "miou", 0.001, 0, 0.002) for source in (THIS_RUN, RECORDED)]
    rows = survival_rows(claims_table([*here, *seeds], kept, limits), {"hevc": "HEVC"})
    assert rows == [
        ["fewer bits: BD-rate below 0", "2 of 3", "c256 HEVC: mIoU, PSNR", "–", "c256 HEVC: 1/RMSE"],
        ["about 20 % fewer bits", "1 of 3", "c256 HEVC: mIoU", "c256 HEVC: PSNR", "c256 HEVC: 1/RMSE"],
        ["no loss of task performance", "1 of 1", "c256: mIoU", "–", "–"],
        ["for several tasks", "1 of 1", "c256 HEVC", "–", "–"],
    ]
    assert survival_rows(claims_table(here, kept[:1], limits), {}) == []


def test_the_config_is_set_in_two_columns() -> None:
    assert paired([["a", "1"], ["b", "2"], ["c", "3"]]) == [["a", "1", "c", "3"], ["b", "2", "", ""]]
