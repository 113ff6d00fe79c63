"""The paper: made for any run, from its numbers and its config alone, and the same to the byte."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typst

from compfeat.cli.pipeline import paper as stage
from compfeat.errors import ConfigError, DataError, ToolError
from compfeat.experiment.config import Experiment
from compfeat.experiment.runs import Comparison
from compfeat.experiment.start import TrainedOn
from compfeat.reports import words
from compfeat.reports.paper.build import TEMPLATE, build
from compfeat.reports.paper.facts import config_rows, paper_facts
from compfeat.reports.paper.results import Sum, at_equal_quality, crossover_text
from compfeat.reports.paper.seeds import RECORDED, THIS_RUN, survival_rows
from compfeat.reports.paper.system import decoder_widths, tile_grid
from compfeat.reports.paper.tables import NEEDS, Tables
from compfeat.reports.paper.training import start_sentences, used_trainings
from compfeat.reports.summary import Tables as Files
from compfeat.reports.texts import FigureText
from compfeat.reports.words import NOTHING
from documents import config_of, description, experiment_of, fourth_task, settings_of, write_descriptions
from synthetic_summary import Variant, with_methods, write_summary

ACROSS = (Comparison("compressible", "sparse", "prior", "hevc"),)
VARIANTS = {
    "default": Variant(),
    "two seeds": Variant(seeds=(0, 1)),
    "like camvid": Variant(cuts=("c256",), tasks=("segmentation", "reconstruction")),
    "refused": Variant(flat=True, cuts=("c512",)),
    "one method": with_methods(1, cuts=("c256",)),
    "three methods": with_methods(3, cuts=("c256",), codecs=("png", "jpeg", "hevc", "prior"), across=ACROSS),
    "nine methods": with_methods(9),
    "image": Variant(methods=("baseline", "remote"), cuts=("c256",), seeds=(0, 1)),
}


def read(folder: Path) -> Tables:
    return Tables.read(Files.of([folder / name for name in NEEDS]))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: write_summary(tmp_path_factory.mktemp("run") / "summarise", v) for name, v in VARIANTS.items()}


def facts_for(experiment: Experiment, tables: Tables, figures: tuple[FigureText, ...] = ()) -> dict[str, Any]:
    described = [description(experiment, cut) for cut in experiment.cuts]
    return paper_facts(settings_of(experiment, figures), tables, described) | {"files": []}


def facts_of(runs: dict[str, Path], name: str) -> dict[str, Any]:
    return facts_for(experiment_of(VARIANTS[name]), read(runs[name]))


def leaves(value: Any) -> list[str]:
    """Return all text in nested facts."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list) else [str(value)]


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_every_run_gets_a_paper_and_twice_the_same(name: str, runs: dict[str, Path]) -> None:
    facts = facts_of(runs, name)
    made = build(facts, {})
    assert made.startswith(b"%PDF") and made == build(facts, {})


def test_the_stage_reads_its_files_and_shows_the_figures(runs: dict[str, Path], tmp_path: Path) -> None:
    experiment = experiment_of(VARIANTS["default"])
    figures = (
        FigureText(name="rate_accuracy@hevc", caption="Curves.", category="Rate and accuracy"),
        FigureText(name="own_figure", caption="What a user drew.", category="Own results"),
    )
    for figure in figures:
        (tmp_path / f"{figure.name}.pdf").write_bytes(build(facts_of(runs, "like camvid"), {}))
    settings = settings_of(experiment, figures).model_dump_json()
    argv = ["--settings", settings, "--tables", *[str(runs["default"] / name) for name in NEEDS]]
    argv += ["--networks", *map(str, write_descriptions(tmp_path, experiment)), "--pdf", str(tmp_path / "paper.pdf")]
    stage.main([*argv, "--figures", *[str(tmp_path / f"{figure.name}.pdf") for figure in figures]])
    assert (tmp_path / "paper.pdf").stat().st_size > 20_000
    with pytest.raises(DataError, match=r"rate_accuracy@hevc.pdf: not among --figures"):
        stage.main(argv)
    with pytest.raises(ConfigError, match="--settings"):
        stage.main(["--settings", "{", *argv[2:]])


def test_a_fourth_task_has_its_column_and_its_decoder(tmp_path: Path) -> None:
    variant = Variant(tasks=("segmentation", "disparity", "reconstruction", "normals"))
    with fourth_task():
        facts = facts_for(experiment_of(variant), read(write_summary(tmp_path, variant)))
    assert (
        facts["results"]["metrics"][-1] == "1/angular error"
        and facts["results"]["float_metrics"][-1] == "angular error (°)"
    )
    assert facts["data"]["n_tasks"] == "four tasks" and "surface normals" in facts["data"]["tasks"]
    assert facts["network"]["cuts"][0]["decoders"][-1] == {"task": "Surface normals", "widths": "64–32–16–8–4"}
    assert build(facts, {}).startswith(b"%PDF")


def test_figures_stand_where_their_category_says_and_others_get_a_section(runs: dict[str, Path]) -> None:
    texts = tuple(
        FigureText(name=n, caption=n, category=c) for n, c in (("a", "Training"), ("b", "Mine"), ("c", "Mine"))
    )
    figures = facts_for(experiment_of(VARIANTS["default"]), read(runs["default"]), texts)["figures"]
    assert [f["name"] for f in figures["training"]] == ["a"] and figures["results"] == []
    assert [(s["title"], [f["name"] for f in s["figures"]]) for s in figures["others"]] == [("Mine", ["b", "c"])]


NUMBERS = {
    "headline": ("bd_rate_percent",),
    "intervals": ("low_percent", "bd_rate_percent"),
    "floats": ("difference",),
    "details": ("cubic_percent", "bd_metric"),
    "claims": ("value",),
    "published": ("bd_rate_percent",),
    "published_intervals": ("high_percent",),
    "published_paired": ("saving_percent",),
    "points": ("miou", "side_info_bytes"),
    "seeds": ("bd_rate_percent",),
    "lengths": ("bd_rate_percent",),
}


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in NUMBERS.items() for c in columns])
def test_another_result_gives_another_text(table: str, column: str, runs: dict[str, Path]) -> None:
    tables, experiment = read(runs["default"]), experiment_of(VARIANTS["default"])
    before = leaves(facts_for(experiment, tables))
    changed: pd.DataFrame = getattr(tables, table)
    changed[column] = changed[column] * 1.5 + 1
    assert leaves(facts_for(experiment, tables)) != before


def test_the_template_has_no_number_and_no_name_of_a_run() -> None:
    """Digits are left to layout, to the original paper (its year, number, size and width) and to what a name contains."""
    text = "\n".join(line for line in TEMPLATE.read_text().splitlines() if not line.lstrip().startswith("//"))
    names = r"\b(baseline|hevc|jpeg|png|miou|psnr|rmse|segmentation|disparity|reconstruction|streets|warm.start|c512|c256)\b"
    assert re.findall(names, text, re.I) == []
    text = text.replace("compressible features, made anew", "")
    assert "compressible" not in text
    text = re.sub(r"(?<![\w.])-?[\d.]+(pt|mm|em|%|fr)", "", text)  # lengths
    text = re.sub(
        r"luma\(\d+\)|level: \d|at\(\d\)|numbering: \"1(\.1)?\"|x < \d|x == 0|len\(\) > 0|and-each\(\d,", "", text
    )
    text = re.sub(r"\(auto,\) \* (\d|\(if facts.seeds.recorded \{ 8 \} else \{ 7 \}\)|\(3 \+)", "", text)
    for name in ("ICIP 2019", '"a4"', "1902.05179", "ResNet-34", "SHA-256", "2018", "width 64"):
        text = text.replace(name, "")
    text = re.sub(r"columns: 2 \* items\.pos\(\)\.len\(\) - 1|radius: 2pt", "", text)
    assert re.findall(r".*\d.*", text) == []


OVERLAYS = (
    "camvid",
    "cityscapes",
    "codecs",
    "methods",
    "ratelog",
    "remote",
    "scratch",
    "seeds",
    "smoke",
    "start",
    "sweep",
)
"""Of config/; the default itself is the empty one."""
RECORD = ("run with several seeds and recorded", RECORDED)
START = ("of the same cut and seed", "warm_start")


def run_of(overlays: tuple[str, ...], folder: Path, record: bool, **changes: Any) -> tuple[Experiment, dict[str, Any]]:
    """Return a config with overlays of config/ and changes, and the facts of a run of it, with a record of seeds or without."""
    experiment = Experiment.of(config_of(overlays) | changes)
    variant = Variant(tuple(experiment.cuts), tuple(experiment.methods), experiment.seeds, experiment.tasks)
    tables = read(write_summary(folder, variant))
    if not record:
        tables = replace(tables, seeds=tables.seeds[:0], claims=tables.claims[tables.claims["source"] != RECORDED])
    return experiment, facts_for(experiment, tables)


@pytest.mark.slow
@pytest.mark.parametrize("overlay", ["", *OVERLAYS])
def test_no_sentence_is_false_for_an_overlay(overlay: str, tmp_path: Path) -> None:
    record = overlay == ""
    e, facts = run_of((overlay,) if overlay else (), tmp_path, record)
    assert build(facts, {}).startswith(b"%PDF")
    text_set = "\n".join(leaves({key: value for key, value in facts.items() if key != "config"}))
    started = [t for m in e.methods.values() if (t := e.trainings[m.training]).start in e.trainings]
    from_files = [t for m in e.methods.values() if str(e.trainings[m.training].start).endswith(".safetensors")]
    assert all((phrase in text_set) == record for phrase in RECORD)
    assert all((phrase in text_set) == bool(started) for phrase in START)
    assert ("from the weights in data/start" in text_set) == bool(from_files)
    assert ("rendered by this project" in text_set) == (e.dataset.name == "streets")
    from_nothing = [name for name in used_trainings(e) if e.trainings[name].start is None]
    assert "pretrained" not in text_set and ("random weights" in text_set) == bool(from_nothing)
    assert ("resample seeds and images" in text_set) == (len(e.seeds) > 1)
    assert ("may depend on the seed" in text_set) == (not record and len(e.seeds) == 1)
    assert ("No method is compared" in text_set) == (not e.comparisons)
    own = "\n".join(leaves([facts["data"], facts["network"], facts["results"], facts["metrics"]])).lower()
    assert all((task in own) == (task in e.tasks) for task in ("segmentation", "disparity", "reconstruction"))
    assert all((name in own) == (name in e.methods) for name in ("baseline", "compressible"))
    assert ("strength of the loss" in text_set) == any(
        "strength" in e.trainings[method.training].loss.options for method in e.methods.values()
    )
    template = TEMPLATE.read_text()
    for phrase in (*RECORD, *START, "rendered", "pretrained", "random weights", "both losses", "noise"):
        assert phrase not in template, phrase


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext on PATH (poppler-utils)")
@pytest.mark.parametrize("overlay", ["", *OVERLAYS])
def test_no_page_of_an_overlays_paper_speaks_of_what_it_does_not_have(overlay: str, tmp_path: Path) -> None:
    e, facts = run_of((overlay,) if overlay else (), tmp_path, record=overlay == "")
    (tmp_path / "paper.pdf").write_bytes(build(facts | {"config": []}, {}))
    subprocess.run(["pdftotext", tmp_path / "paper.pdf", tmp_path / "paper.txt"], check=True)
    text_set = " ".join((tmp_path / "paper.txt").read_text().split())
    assert ("the record confirms" in text_set or "over several seeds" in text_set) == (overlay in ("", "seeds"))
    assert ("The rule of each verdict" in text_set) == (len(facts["claims"]["rows"]) > 0)
    assert ("What stands beside each BD-rate" in text_set) == bool(e.comparisons)
    assert ("these methods:" in text_set) == (len(e.methods) > 1) and "Section ??" not in text_set


def test_weights_and_phases_are_told_as_they_are(tmp_path: Path) -> None:
    config = config_of()
    cuts = {"c512": {"encoder_weights": "~/w/resnet.safetensors", "width": 64}, "c256": {}}
    trainings = config["trainings"]
    trainings["warm_start"] = None
    trainings["baseline"]["start"] = "data/start/{cut}.safetensors"
    trainings["compressible"]["start"] = None
    config["training"]["noise_steps"] = 0
    _, facts = run_of((), tmp_path, False, cuts=cuts, trainings=trainings, training=config["training"])
    text_set = " ".join(facts["training"]["sentences"])
    assert (
        "from the weights in data/start/{cut}.safetensors." in text_set
        and "No noise is added" in text_set
        and "same phases" not in text_set
    )
    assert "compressible starts from the encoder's first weights" in text_set and "ImageNet" not in text_set
    assert "of cut c512 starts from the pretrained weights in resnet.safetensors" in facts["network"]["weights"]
    assert "of cut c256 starts from random weights" in facts["network"]["weights"]


@pytest.mark.parametrize(("images", "rendered"), [(3000, True), (None, False)])
def test_a_known_start_is_described(images: int | None, rendered: bool, tmp_path: Path) -> None:
    config, start = config_of(), "data/start/{cut}.safetensors"
    for name in ("baseline", "compressible"):
        config["trainings"][name]["start"] = start
    experiment, _ = run_of((), tmp_path, False, trainings=config["trainings"])
    recipe = experiment.trainings["baseline"].model_dump(exclude={"start"})
    trained_on = {"dataset": "streets", "rendered": rendered, "render_seed": 7, "images": images, "recipe": recipe}
    settings = settings_of(experiment).model_copy(update={"starts": {start: TrainedOn.model_validate(trained_on)}})
    (sentence, _) = start_sentences(settings, ["baseline", "compressible"])
    what = "3000 rendered scenes of seed 7" if rendered else "all images of streets"
    assert sentence == (
        f"The trainings baseline and compressible start from the weights in {start}, trained for 4 epochs on {what} "
        "with the loss baseline; the published networks started from ImageNet's weights."
    )


@pytest.mark.slow
def test_methods_that_send_images_and_codecs_without_frames_are_told(runs: dict[str, Path]) -> None:
    nine, three = facts_of(runs, "nine methods")["coding"], facts_of(runs, "three methods")["coding"]
    assert nine["rate"] == "bytes an image" and any(
        "remote inference sends the image" in s.lower() for s in nine["sentences"]
    )
    assert three["rate"] == "bits per feature element" and "PRIOR takes the features as they are." in three["sentences"]
    assert "PRIOR" not in three["tiled"] and not any("image:" in s for s in three["sentences"])


@pytest.mark.slow
def test_qualities_and_options_of_a_method_are_those_that_it_has(tmp_path: Path) -> None:
    e, facts = run_of(("methods",), tmp_path, False)
    rows = {row[0]: row[1] for row in facts["coding"]["rows"]}
    assert rows["png"] == "lossless"
    assert rows["hevc (baseline and compressible)"] == words.listed(list(e.codecs["hevc"].qualities))
    assert rows["hevc (klt and compressible_klt)"] == words.listed(list(e.methods["klt"].qualities["hevc"]))
    finest = [name for name, method in e.methods.items() if "q98" in method.qualities.get("jpeg", ())]
    assert rows[f"jpeg ({words.listed(finest)})"] == words.listed(list(e.methods["task_klt"].qualities["jpeg"]))
    transforms = {row[0]: row[2] for row in facts["training"]["methods"]}
    assert transforms["baseline"] == words.NOTHING and transforms["klt"] == "klt"
    assert (
        transforms["task_klt"] == "task_klt (balanced yes; weights segmentation 3; bands 4; floor 0.2; packing z_order)"
    )
    codecs = next(row[2] for row in facts["beside"]["differences"] if row[0] == "codecs")
    assert "qp43 and qp46, or lossless, qp4" in codecs
    assert "or lossless, qp10, qp16, qp22, qp28, qp31, qp34, qp37 and qp40 (klt and compressible_klt)" in codecs


@pytest.mark.parametrize("name", ["three methods", "nine methods"])
def test_every_comparison_has_its_own_row_with_its_own_numbers(name: str, runs: dict[str, Path]) -> None:
    tables, results = read(runs[name]), facts_of(runs, name)["results"]
    assert (
        len(results["rows"])
        == len(tables.comparisons) * len(VARIANTS[name].cuts)
        == len({tuple(r[:4]) for r in results["rows"]})
    )
    for r in tables.intervals.to_dict("records"):
        where = [r["cut"], tables.ladder(r), tables.method(r["method"]), tables.method(r["against"])]
        row = next(row for row in results["rows"] if row[:4] == where)
        column = 4 + results["metrics"].index(tables.curve_label(r["metric"]))
        assert row[column].startswith(words.percent(r["bd_rate_percent"]))
    if name == "three methods":
        assert any(row[1:4] == ["PRIOR against HEVC", "compressible", "sparse"] for row in results["rows"])


def test_sentences_follow_from_the_numbers(runs: dict[str, Path]) -> None:
    tables = read(runs["like camvid"])
    own = tables.headline[tables.headline["ladder"] == "hevc"].assign(bd_rate_percent=[-5.0, 3.0])
    intervals = tables.intervals.assign(low_percent=[-7.0, 1.0] * 2, high_percent=[-2.0, 5.0] * 2)
    text_set = Sum.of(replace(tables, intervals=intervals), own).sentence("HEVC")
    assert "1 of 2 BD-rates is below zero, 1 of them with their whole interval; 1 lies wholly above zero" in text_set
    assert f"mean is {words.MINUS}1.0 %" in text_set
    assert "no BD-rate could be formed" in Sum.of(tables, own.assign(bd_rate_percent=float("nan"))).sentence("HEVC")


def test_equal_quality_compares_the_same_points(runs: dict[str, Path]) -> None:
    tables = read(runs["default"])
    found = at_equal_quality(tables, "compressible", "baseline")
    n = len(tables.points[(tables.points["codec"] != "none") & (tables.points["method"] == "baseline")])
    assert len(found) == n and (found < 0).all()
    assert len(at_equal_quality(tables, "compressible", "nobody")) == 0


def test_every_key_of_the_config_is_listed() -> None:
    listed = dict(config_rows(experiment_of(Variant()).model_dump(mode="json")))
    assert listed["trainings.baseline.phases.0.epochs"] == "4" and listed["tools.ffmpeg"] == words.NOTHING
    assert listed["dataset.size"] == "128, 256" and listed["trainings.compressible.loss.strength.c512"] == "0.1"


def test_numbers_are_written_for_readers() -> None:
    assert words.percent(-12.34) == f"{words.MINUS}12.3 %" and words.percent(float("nan")) == "refused"
    assert words.interval(-1, 2) == f"{words.MINUS}1.0 to +2.0" and words.interval(float("nan"), 1) == ""
    assert words.listed(["a", "b", "c"]) == "a, b and c" and words.count(3) == "three" and words.count(12) == "12"


def test_a_template_that_does_not_fit_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "t.typ").write_text('#json("facts.json").nothing')
    with pytest.raises(ToolError, match="template and the facts do not fit"):
        build({}, {"p": TEMPLATE}, tmp_path / "t.typ")


def test_where_typst_fails_at_its_tags_the_same_pages_are_set_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "t.typ").write_text('A page, and #json("facts.json").word')
    tagged = build({"word": "a word"}, {}, tmp_path / "t.typ")
    real: Any = typst.compile
    internal = typst.TypstError("internal", "")
    internal.message = "internal error: parent group (occurred at build.rs:202:14)"

    def failing(*arguments: Any, pdf_tags: bool, **options: Any) -> object:
        if pdf_tags:
            raise internal
        return real(*arguments, pdf_tags=pdf_tags, **options)

    monkeypatch.setattr(typst, "compile", failing)
    plain = build({"word": "a word"}, {}, tmp_path / "t.typ")
    assert b"/StructTreeRoot" in tagged and b"/StructTreeRoot" not in plain
    assert plain.startswith(b"%PDF") and plain.count(b"/Type /Page\n") == tagged.count(b"/Type /Page\n")


def test_the_published_results_stand_beside_this_runs(runs: dict[str, Path]) -> None:
    facts = facts_of(runs, "default")["beside"]
    assert facts["ladders"] == ["PNG and JPEG", "HEVC"] and facts["fits"] == ["cubic", "PCHIP"]
    first = facts["rows"][0]
    assert (
        first[:2] == ["c256", "mIoU"] and first[2].startswith(f"{words.MINUS}20.7 % (") and first[4] == "compressible"
    )
    missing = {row[0]: row[5:] for row in facts_of(runs, "like camvid")["beside"]["rows"]}
    assert missing["c512"] == [words.NOTHING, words.NOTHING]
    differs = {row[0]: row[1:] for row in facts["differences"]}
    assert differs["training"][1] == "baseline and compressible: 4 epochs after data/start/{cut}.safetensors"
    assert differs["network's width"] == ["64", "16"] and differs["seeds"] == ["one", "one seed (0)"]


def test_a_record_of_several_seeds_stands_beside_this_run_only_where_there_is_one(runs: dict[str, Path]) -> None:
    tables, experiment = read(runs["default"]), experiment_of(VARIANTS["default"])
    every = tables.seeds[tables.seeds["seed"] == "all"]
    other = every.assign(seed="1", bd_rate_percent=every["bd_rate_percent"] + 50)
    record = pd.concat([every.assign(seed="0"), other, every])
    row = facts_for(experiment, replace(tables, seeds=record))["seeds"]["rows"][0]
    assert row[:3] == ["c512", "PNG and JPEG", "compressible"] and row[6] == "1 of 2" and "(" in row[7]
    none = facts_for(experiment, replace(tables, seeds=record[:0]))["seeds"]
    assert none["rows"] == [] and not none["recorded"] and "no run of several seeds is recorded" in none["sentence"]
    several = read(runs["two seeds"])
    own = facts_for(experiment_of(VARIANTS["two seeds"]), replace(several, seeds=several.seeds[:0]))["seeds"]
    assert "This run has two seeds" in own["sentence"] and len(own["rows"][0]) == 7


def test_the_length_of_training_is_told_where_it_differs(runs: dict[str, Path]) -> None:
    """Here: 2 points lower after 12 epochs than after 4, and 30 lower behind a transform."""
    tables, experiment = read(runs["default"]), experiment_of(VARIANTS["default"])
    facts = facts_for(experiment, tables)["length"]
    assert facts["epochs"] == ["4 epochs", "12 epochs"] and facts["recorded"]
    row = next(row for row in facts["rows"] if row[:4] == ["c256", "HEVC", words.NOTHING, "PSNR"])
    turned = next(row for row in facts["rows"] if row[:4] == ["c256", "HEVC", "turned", "PSNR"])
    first, longer, behind = (float(cell.split(" %")[0].replace(words.MINUS, "-")) for cell in (*row[4:6], turned[4]))
    assert longer == pytest.approx(first - 2, abs=0.11) and behind == pytest.approx(first - 30, abs=0.11)
    released = tables.published.query("cut == 'c256' and fit == @tables.published_intervals['fit'].iloc[0]")
    own = tables.lengths.query("cut == 'c256' and ladder == 'hevc' and epochs == 4 and transform.isna()")
    mean, published = own["bd_rate_percent"].mean(), released["bd_rate_percent"].mean()
    share = f"{words.percent(mean)} after 4 epochs ({100 * mean / published:.0f} % of what was published)"
    (sentence,) = [s for s in facts["sentences"] if s.startswith("The loss alone gives at c256 by HEVC")]
    assert share in sentence and sentence.endswith(f"; the published mean is {words.percent(published)}.")
    assert (
        row[-1] == words.percent(float(released.set_index("metric")["bd_rate_percent"]["psnr_db"]))
        and turned[-1] == words.NOTHING
    )
    equally = replace(tables, lengths=tables.lengths.query("epochs == 4"))
    assert facts_for(experiment, equally)["length"]["rows"] == []


def test_what_the_seeds_confirm_is_told_by_the_claims_own_rules(runs: dict[str, Path]) -> None:
    """Here: 20 % fewer bits for certain; over the seeds 20 % in one place, 10 to 20 % in another, and none in the third."""
    keys = {"group": "paper", "cut": "c256", "method": "compressible", "against": "baseline"}
    keys |= {"ladder": "hevc", "against_ladder": "hevc"}
    rows: list[dict[str, Any]] = []
    for metric, low, high, found in (
        ("miou", -25, -16, "supported"),
        ("psnr_db", -20, -10, "undecided"),
        ("inv_rmse", 1, 9, "not supported"),
    ):
        claim = keys | {"claim": "fewer_bits", "metric": metric}
        rows.append(claim | {"source": THIS_RUN, "seed": "0", "low": -22.0, "high": -18.0, "verdict": "supported"})
        rows.append(claim | {"source": RECORDED, "seed": "all", "low": low, "high": high, "verdict": found})
    for source in (THIS_RUN, RECORDED):
        kept = {"claim": "no_loss", "metric": "miou", "ladder": "", "against_ladder": "", "source": source, "seed": "0"}
        rows.append(keys | kept | {"low": 0.0, "high": 0.002, "verdict": "supported"})
    tables = read(runs["default"])
    assert survival_rows(replace(tables, claims=pd.DataFrame(rows))) == [
        ["fewer bits: BD-rate below 0", "2 of 3", "c256 HEVC: mIoU, PSNR", "–", "c256 HEVC: 1/RMSE"],
        ["the limit of the claim on bits", "1 of 3", "c256 HEVC: mIoU", "c256 HEVC: PSNR", "c256 HEVC: 1/RMSE"],
        ["no loss of task performance", "1 of 1", "c256: mIoU", "–", "–"],
        ["for several tasks", "0 of 0", "–", "–", "–"],
    ]
    ours = pd.DataFrame([row for row in rows if row["source"] == THIS_RUN])
    assert survival_rows(replace(tables, claims=ours)) == []


def test_shapes_are_those_of_the_method() -> None:
    assert tile_grid(512) == (16, 32) and tile_grid(256) == (16, 16)
    assert decoder_widths({"channels": 512, "stride": 32}, 1) == [512, 256, 128, 64, 32, 16]
    assert decoder_widths({"channels": 256, "stride": 16}, 2) == [256, 256, 128, 64, 32]


def test_claims_that_are_not_the_abstracts_go_beyond_the_paper(runs: dict[str, Path]) -> None:
    tables, facts = read(runs["three methods"]), facts_of(runs, "three methods")
    own = tables.claims[tables.claims["group"] == "beyond"]
    assert len(facts["beyond"]["claims"]) == len(own) and len(own) > 0
    assert len(facts["claims"]["rows"]) == len(tables.claims) - len(own)
    bits = own[(own["claim"] == "fewer_bits") & (own["source"] == THIS_RUN) & (own["ladder"] == "hevc")]
    sentence = next(text for text in facts["beyond"]["sentences"] if "HEVC)" in text)
    assert sentence.startswith("Fewer bits by something else (compressible against baseline, HEVC): ")
    assert f"of {len(bits)}, {words.percent(bits['value'].mean())} in the mean; over the recorded seeds " in sentence
    assert [row[2:] for row in facts["beyond"]["fitted"]] == [["transform turn", "33024"], ["codec jpeg", "9000"]]
    distances = tables.distances[(tables.distances["cut"] == "c256") & (tables.distances["method"] == "baseline")]
    for codec, rows in distances.groupby("codec"):
        ends = [
            f"+{value:.2f}" for value in (rows.distance_bpe.mean(), rows.distance_bpe.min(), rows.distance_bpe.max())
        ]
        assert ["c256", "baseline", codec, *ends] in facts["beyond"]["distances"]
    default = facts_of(runs, "default")["beyond"]
    assert default["claims"] == default["sentences"] == default["fitted"] == []


def test_crossovers_are_shown_where_an_image_is_sent(runs: dict[str, Path]) -> None:
    results = facts_of(runs, "image")["results"]
    assert results["crossover_metrics"] == ["mIoU", "1/RMSE", "PSNR", "PSNR against the decoded image's own"]
    assert results["crossovers"][0] == [
        *("c256", "PNG and JPEG", "baseline", "remote inference"),
        *["baseline below 1500 to 1501"] * 3,
        "remote inference throughout",
    ]
    assert facts_of(runs, "default")["results"]["crossovers"] == []


def test_crossovers_that_seeds_do_not_agree_on(runs: dict[str, Path]) -> None:
    tables = read(runs["image"])
    own = tables.crossovers[tables.crossovers["metric"] == "miou"].head(2)
    assert crossover_text(tables, own.assign(crossing=[1, 2], seed=0)) == "cross 2 times"
    assert crossover_text(tables, own.assign(better_below=["baseline", "remote"])) == "differs by seed"
    assert crossover_text(tables, own.assign(better_below=["baseline", float("nan")])) == NOTHING
    assert crossover_text(tables, own.iloc[:0]) == NOTHING
