"""The paper: made for any run from its tables and its config, the same to the byte, and with no number that is not so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typst
from torch.nn import ConvTranspose2d

from compfeat.__main__ import call
from compfeat.cli.pipeline.paper import known_starts
from compfeat.codecs.tiling import tile
from compfeat.errors import ConfigError, DataError, ToolError
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.experiment.runs import Comparison
from compfeat.io import write_csv, write_text
from compfeat.networks.base import NETWORKS, feature_shape
from compfeat.networks.files import build_tasks
from compfeat.networks.split import SplitNetwork
from compfeat.reports.paper.build import TEMPLATE, build, laid_out
from compfeat.reports.paper.facts import TABLES, cut_facts, paper_facts
from compfeat.reports.summary import Tables, ladders, methods, metrics
from compfeat.reports.texts import FigureText
from compfeat.results.resolved import EXPERIMENT, Resolved
from documents import config_of, description, experiment_of, fourth_task, settings_of, write_descriptions
from helpers import PROJECT
from synthetic_summary import Variant, with_methods, write_summary

ITSELF = (Comparison("baseline", "baseline", "prior", "hevc"),)
VARIANTS = {
    "default": Variant(),
    "two seeds": Variant(seeds=(0, 1)),
    "like camvid": Variant(cuts=("c256",), tasks=("segmentation", "reconstruction")),
    "refused": Variant(flat=True, cuts=("c512",)),
    "one method": with_methods(1, cuts=("c256",)),
    "three methods": with_methods(3, cuts=("c256",), codecs=("png", "jpeg", "hevc", "prior"), across=ITSELF),
    "nine methods": with_methods(9),
    "image": Variant(methods=("baseline", "remote"), cuts=("c256",), seeds=(0, 1)),
}
NASTY = r"""*a* _b_ #c $d$ @e \f "g" <h> `i` [j] 'k' ~ -- // = + - x"""
Table = tuple[list[str], list[list[str]]]
"""Header and rows of a table, as they are set."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: write_summary(tmp_path_factory.mktemp("run") / "summarise", v) for name, v in VARIANTS.items()}


def facts_for(experiment: Experiment, figures: tuple[FigureText, ...] = (), **more: Any) -> dict[str, Any]:
    described = [description(experiment, cut) for cut in experiment.cuts]
    return paper_facts(experiment, settings_of(experiment, figures), described, more.get("starts", {}))


def files_of(folder: Path) -> list[Path]:
    return [folder / name for name in (*TABLES, EXPERIMENT)]


def text_of(content: Any) -> str:
    """Return the text of content as Typst tells it."""
    if isinstance(content, str):
        return content
    if content["func"] in ("space", "linebreak"):
        return "\n" if content["func"] == "linebreak" else " "
    if content["func"] == "symbol":
        return str(content["text"])
    parts = content.get("children") or [content.get("body") or content.get("text") or content.get("child") or ""]
    return "".join(map(text_of, parts))


def tables_in(facts: dict[str, Any], folder: Path, figures: Iterable[Path] = ()) -> list[Table]:
    """Return the tables of the paper, in their order."""
    with laid_out(facts, [*files_of(folder), *figures]) as path:
        found = json.loads(typst.query(path, "table", root=path.parent, ignore_system_fonts=True))
    return [table_of(content) for content in found]


def table_of(content: Mapping[str, Any]) -> Table:
    (header,) = (child["children"] for child in content["children"] if child["func"] == "header")
    cells = [child for child in content["children"] if child["func"] == "cell"]
    rows: list[list[str]] = [[]]
    for cell in cells:
        full = len(rows[-1]) == len(header) or (rows[-1] and cell.get("colspan", 1) > 1) or rows[-1][1:] == [""]
        if full:
            rows.append([])
        rows[-1] += [text_of(cell["body"]).strip(), *[""] * (cell.get("colspan", 1) - 1)]
    return [text_of(cell["body"]) for cell in header], rows


def table(tables: list[Table], *columns: str) -> list[dict[str, str]]:
    """Return the rows of the first table that has some columns; no rows where none has."""
    for header, rows in tables:
        if set(columns) <= set(header):
            return [dict(zip(header, row, strict=True)) for row in rows]
    return []


def paper_of(runs: dict[str, Path], name: str) -> list[Table]:
    return tables_in(facts_for(experiment_of(VARIANTS[name])), runs[name])


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""])


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_every_run_gets_a_paper_and_twice_the_same(name: str, runs: dict[str, Path]) -> None:
    facts = facts_for(experiment_of(VARIANTS[name]))
    made = build(facts, files_of(runs[name]))
    assert made.startswith(b"%PDF") and made == build(facts, files_of(runs[name]))


def test_the_stage_reads_its_files_and_shows_the_figures(runs: dict[str, Path], tmp_path: Path) -> None:
    experiment = experiment_of(VARIANTS["default"])
    figures = tuple(
        FigureText(name=name, caption=f"{name} {NASTY}", category=category)
        for name, category in (("rate_accuracy@hevc", "Rate and accuracy"), ("own_figure", f"Own {NASTY}"))
    )
    page = build(facts_for(experiment_of(VARIANTS["like camvid"])), files_of(runs["like camvid"]))
    for figure in figures:
        (tmp_path / f"{figure.name}.pdf").write_bytes(page)
    shown = [tmp_path / f"{figure.name}.pdf" for figure in figures]
    argv = ["--settings", settings_of(experiment, figures).model_dump_json(), "--pdf", str(tmp_path / "paper.pdf")]
    argv += ["--networks", *map(str, write_descriptions(tmp_path, experiment)), "--tables"]
    tables = list(map(str, files_of(runs["default"])))
    call("paper", [*argv, *tables, "--starts", "--figures", *map(str, shown)])
    assert (tmp_path / "paper.pdf").stat().st_size > 20_000
    with pytest.raises(DataError, match=r"rate_accuracy@hevc.pdf: not among --figures"):
        call("paper", [*argv, *tables])
    with pytest.raises(DataError, match=r"points.csv: not among"):
        call("paper", [*argv, *tables[1:], "--figures", *map(str, shown)])
    with pytest.raises(ConfigError, match="--settings"):
        call("paper", ["--settings", "{", *argv[2:], *tables])
    with laid_out(facts_for(experiment, figures), [*files_of(runs["default"]), *shown]) as path:
        query = json.loads(typst.query(path, "figure", root=path.parent, ignore_system_fonts=True))
    captions = [text_of(figure["caption"]["body"]) for figure in query]
    assert [caption for caption in captions if NASTY in caption] == [figure.caption for figure in figures]


def shapes(cut: str, width: int) -> tuple[dict[str, Any], tuple[int, int, int]]:
    """Return the facts of a cut of ResNet-34, and the shape of its features."""
    shape = feature_shape("resnet34", cut, width, 128, 256)
    e = Experiment.of(config_of() | {"cuts": {cut: {"width": width}}})
    named = dict(zip(("channels", "feature_height", "feature_width"), shape, strict=True))
    (facts,) = cut_facts(e, [description(e, cut) | named | {"stride": NETWORKS.get("resnet34").cuts[cut].stride}])
    return facts, shape


@pytest.mark.parametrize("width", range(8, 129, 4))
@pytest.mark.parametrize("cut", ["c256", "c512"])
def test_tiles_are_those_that_the_codec_makes(cut: str, width: int) -> None:
    facts, shape = shapes(cut, width)
    image = tile(np.ones(shape, np.uint8))
    used = np.unique(np.nonzero(image)[0] // shape[1])
    assert facts["image"] == image.shape and facts["tiles"] == (len(used), image.shape[1] // shape[2])


@pytest.mark.parametrize("cut", ["c256", "c512"])
def test_decoders_are_those_of_the_network(cut: str) -> None:
    tasks = build_tasks(("segmentation", "disparity", "reconstruction"), ["road", "sky"])
    network = SplitNetwork("resnet34", cut, 12, tasks, 1)
    stages = {
        network.tasks[name].title: tuple(m.out_channels for m in decoder.children() if isinstance(m, ConvTranspose2d))
        for name, decoder in network.decoders.items()
    }
    assert shapes(cut, 12)[0]["decoders"] == stages


@pytest.mark.parametrize("name", ["default", "two seeds", "three methods", "nine methods"])
def test_every_comparison_has_its_own_row_with_its_own_numbers(name: str, runs: dict[str, Path]) -> None:
    rows = table(paper_of(runs, name), "cut", "test", "anchor", "mIoU")
    shown = Tables.of([runs[name] / EXPERIMENT])
    labels, curves = methods(shown), {metric.curve_name: metric.curve_label for metric in metrics(shown)}
    known = {name: ladder.label for name, ladder in ladders(shown).items()}
    found = {(row["cut"], row["test"], row["anchor"]): row for row in rows}
    assert len(found) == len(rows) and all(row["test"] != row["anchor"] for row in rows)
    intervals = read(runs[name], "intervals").astype({"seed": str})
    together = intervals[intervals["seed"] == "all"] if "all" in set(intervals["seed"]) else intervals
    for r in together.to_dict("records"):
        sides = (f"{labels[r[m]]} + {known[r[on]]}" for m, on in (("method", "ladder"), ("against", "against_ladder")))
        value, low, high = (f"{r[f'{k}_percent']:+.1f}".replace("-", "−") for k in ("bd_rate", "low", "high"))
        assert found[r["cut"], *sides][curves[r["metric"]]] == f"{value}\u00a0% \n ({low} to {high})"


def test_what_was_refused_has_its_reason_and_no_number(runs: dict[str, Path]) -> None:
    tables = paper_of(runs, "refused")
    refused = table(tables, "test", "anchor", "metric", "reason")
    assert sum(len(row["metric"].split(", ")) for row in refused) == len(read(runs["refused"], "headline"))
    assert {row["mIoU"] for row in table(tables, "test", "anchor", "mIoU")} == {"refused"}


def test_numbers_without_an_interval_are_set_alone(runs: dict[str, Path], tmp_path: Path) -> None:
    folder = write_summary(tmp_path, VARIANTS["like camvid"])
    write_csv(folder / "intervals.csv", read(folder, "intervals").assign(bd_rate_percent=-0.04, low_percent=np.nan))
    rows = table(tables_in(facts_for(experiment_of(VARIANTS["like camvid"])), folder), "test", "anchor", "mIoU")
    assert {row["mIoU"] for row in rows} == {"+0.0\u00a0%"}


def test_differences_that_are_zero_by_construction_are_left_out(tmp_path: Path) -> None:
    variant = VARIANTS["three methods"]
    folder = write_summary(tmp_path, variant)
    floats = read(folder, "float_intervals")
    floats.loc[floats["method"].isin(["compressible", "baseline"]), ["difference", "low", "high"]] = 1e-9
    write_csv(folder / "float_intervals.csv", floats)
    rows = table(tables_in(facts_for(experiment_of(variant)), folder), "method", "less")
    assert [row["method"] for row in rows] == ["sparse"]


def test_labels_are_set_letter_by_letter(tmp_path: Path) -> None:
    folder = write_summary(tmp_path, VARIANTS["default"])
    values = json.loads((folder / EXPERIMENT).read_text())
    for section in ("methods", "ladders"):
        for i, entry in enumerate(values[section].values()):
            entry["label"] = f"{i} {NASTY}"
    write_text(folder / EXPERIMENT, json.dumps(values))
    claims = read(folder, "claims")
    write_csv(folder / "claims.csv", claims.assign(text=NASTY, group=NASTY))
    tables = tables_in(facts_for(experiment_of(VARIANTS["default"])), folder)
    assert [row["method"] for row in table(tables, "method", "sends")] == [f"0 {NASTY}", f"1 {NASTY}"]
    row = table(tables, "test", "anchor", "mIoU")[0]
    assert row["test"].startswith(f"1 {NASTY} + ") and row["anchor"].startswith(f"0 {NASTY} + ")
    assert table(tables, "metric", "this run", "verdict")[0]["cut"].startswith(f"{NASTY}: ")


def test_a_fourth_task_has_its_columns_and_its_decoder(tmp_path: Path) -> None:
    variant = Variant(tasks=("segmentation", "disparity", "reconstruction", "normals"))
    with fourth_task():
        facts = facts_for(experiment_of(variant))
    tables = tables_in(facts, write_summary(tmp_path, variant))
    assert table(tables, "test", "anchor", "1/angular error") and table(tables, "method", "angular error (°)")
    assert list(facts["cuts"][0]["decoders"])[-1] == "Surface normals"


OVERLAYS = ("", *sorted(path.stem for path in (PROJECT / "config").glob("*.yaml") if path.stem != "config"))
"""Of config/; the default itself is the empty one."""


def summary_of(experiment: Experiment, folder: Path) -> Path:
    """Write the summary of a run of an experiment, with points of all of its codecs and methods, and names of its own."""
    e = experiment
    senders = tuple(name for name, method in e.methods.items() if method.sends == "image")
    write_summary(folder, Variant(tuple(e.cuts), tuple(e.methods), e.seeds, e.tasks, image_senders=senders))
    write_text(folder / EXPERIMENT, json.dumps(Resolved.of(e).dumped()))
    points, own = read(folder, "points"), [read(folder, "points").query("codec == 'none'")]
    like = points[(points["codec"] == "hevc") & (points["quality"] == "qp22")]
    for codec in e.codecs:
        given = {name: e.qualities(name).get(codec, ()) for name in e.methods}
        own += [like[like["method"] == m].assign(codec=codec, quality=q) for m, found in given.items() for q in found]
    write_csv(folder / "points.csv", pd.concat(own))
    return folder


def assert_true_to(e: Experiment, tables: list[Table], facts: dict[str, Any]) -> None:
    """Check all that the tables state of an experiment."""
    used = [codec for codec in e.codecs if any(codec in e.qualities(name) for name in e.methods)]
    codecs = table(tables, "codec", "module", "options")
    assert list(dict.fromkeys(row["codec"] for row in codecs)) == used
    for row in codecs:
        entry = e.codecs[row["codec"]]
        assert row["module"] == (entry.codec or row["codec"])
        for key, value in entry.options.items():
            assert f"{key} {'yes' if value is True else value}" in row["options"].split(", ")
    listed = {(row["codec"], row["qualities"]) for row in codecs}
    assert listed == {(codec, ", ".join(q)) for name in e.methods for codec, q in e.qualities(name).items()}
    features = {codec for name, m in e.methods.items() if m.sends == "features" for codec in e.qualities(name)}
    tiled = [codec for codec in features if facts["codecs"][codec]["tiles"]]
    cuts = table(tables, "cut", "parameters")
    assert [row["cut"] for row in cuts] == list(e.cuts) and ("tiled image (H × W)" in cuts[0]) == bool(tiled)
    metrics = {"segmentation": "mIoU", "disparity": "RMSE", "reconstruction": "PSNR"}
    assert [row["metric"] for row in table(tables, "task", "better")] == [metrics[task] for task in e.tasks]
    trainings = {row["training"]: row["starts from"] for row in table(tables, "training", "starts from")}
    assert trainings == {t.training: e.trainings[t.training].start or "–" for t in e.trained()}
    outside = {t.cut for t in e.trained() if e.start_file(t.cut, t.training)}
    assert {row["cut"] for row in table(tables, "part", "file")} == outside
    setup = {row[""]: row["this run"] for row in table(tables, "published", "this run")}
    assert setup["seeds"] == ", ".join(map(str, e.seeds)) and setup["dataset"].startswith(e.dataset.name)
    assert ("rendered" in setup["dataset"]) == facts["rendered"]
    for (name, method), row in zip(e.methods.items(), table(tables, "method", "sends", "codecs"), strict=True):
        transform = "–" if method.transform is None else method.transform.name
        codecs_of = [codec for codec in e.codecs if codec in e.qualities(name)]
        assert list(row.values())[1:3] == [method.training, transform] and row["sends"] == method.sends
        assert row["codecs"] == (", ".join(codecs_of) or "–")


@pytest.mark.slow
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_the_paper_states_of_an_overlay_is_so(overlay: str, tmp_path: Path) -> None:
    e = Experiment.of(config_of((overlay,) if overlay else ()))
    facts = facts_for(e)
    folder = summary_of(e, tmp_path)
    assert build(facts, files_of(folder)).startswith(b"%PDF")
    assert_true_to(e, tables_in(facts, folder), facts)


OWN = {
    "width 12": "network: {width: 12}",
    "no codec of pictures": "{codecs: {png: null, jpeg: null, hevc: null}, ladders: {hevc: null, published: null}, "
    "methods: {remote: null}}",
    "pictures of images alone": "{codecs: {png: null, jpeg: null}, ladders: {published: null}, methods: {compressible: null, "
    "task_klt: null, baseline: {codecs: {laplace: [d0, d4]}}}}",
    "options": "{codecs: {hevc: {clip: 0.01, bits: 6, packing: z_order}}, bd_rate: {frontier: false}}",
}
"""Configurations of users' own."""


@pytest.mark.parametrize("name", OWN)
def test_what_the_paper_states_of_a_users_own_config_is_so(name: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN[name] + "\n")
    config = load_config([PROJECT / "config/config.yaml", tmp_path / "own.yaml"])
    e = Experiment.of(config | {"comparisons": [], "claims": None})
    facts = facts_for(e)
    assert_true_to(e, tables_in(facts, summary_of(e, tmp_path)), facts)


def test_start_weights_are_described_where_their_description_is_theirs(runs: dict[str, Path], tmp_path: Path) -> None:
    config = config_of()
    config["trainings"]["compressible"]["start"] = None
    config["trainings"]["baseline"]["start"] = f"{tmp_path}/{{cut}}.safetensors"
    config["cuts"]["c256"] = {"encoder_weights": "~/w/imagenet.safetensors"}
    e = Experiment.of(config)
    text = json.loads((PROJECT / "data/start/c512.json").read_text())
    for cut, sha256 in (("c512", hashlib.sha256(b"weights").hexdigest()), ("c256", "0" * 64)):
        (tmp_path / f"{cut}.safetensors").write_bytes(b"weights")
        (tmp_path / f"{cut}.json").write_text(json.dumps(text | {"sha256": sha256}))
    known = known_starts([tmp_path / f"{cut}.safetensors" for cut in e.cuts])
    rows = table(tables_in(facts_for(e, starts=known), runs["default"]), "cut", "part", "file")
    cells = {(row["cut"], row["part"], Path(row["file"]).name): list(row.values())[3:] for row in rows}
    assert cells == {
        ("c512", "network", "c512.safetensors"): ["streets", "7", "3000", "24", "baseline"],
        ("c256", "network", "c256.safetensors"): ["–"] * 5,
        ("c256", "encoder", "imagenet.safetensors"): ["–"] * 5,
    }


def test_claims_are_grouped_by_rule_and_comparison(runs: dict[str, Path]) -> None:
    claims = read(runs["default"], "claims")
    tables = [found for found in paper_of(runs, "default") if "verdict" in found[0]]
    assert [header[2::2] for header, _ in tables] == [["published"], ["this run", "recorded seeds"]]
    assert tables[0][1][1][0] == "released points"
    _, rows = tables[1]
    titles = [row[0] for row in rows if set(row[1:]) == {""}]
    own = claims[claims["source"] == "this run"]
    rules = (own["text"] + ": " + own["rule"]).drop_duplicates()
    assert [title for title in titles if ": " in title] == list(rules)
    first = own.iloc[0]
    value, low, high = (f"{first[k]:+.1f}".replace("-", "−") for k in ("value", "low", "high"))
    row = next(row for row in rows if set(row[1:]) != {""})
    assert row[2:4] == [f"{value} ({low} to {high})", first["verdict"]]
    assert sum(set(row[1:]) != {""} for row in rows) == len(own)


def test_several_seeds_are_shown_together_and_one_by_one(runs: dict[str, Path]) -> None:
    tables = [found for found in paper_of(runs, "two seeds") if found[0][:3] == ["cut", "test", "anchor"]]
    seeds = next(rows for header, rows in tables[1:] if "mIoU" in header and header[3] == "mIoU")
    assert all("2 < 0" in row[3] or "of 2" in row[3] for row in seeds)


def test_sections_stand_where_the_run_has_something_for_them(runs: dict[str, Path], tmp_path: Path) -> None:
    image, default = paper_of(runs, "image"), paper_of(runs, "default")
    crossings = table(image, "features", "image", "crossing")
    assert len(crossings) == len(read(runs["image"], "crossovers")) and not table(default, "features", "crossing")
    assert crossings[0]["crossing"] == "1500" and crossings[0]["better below"] == "baseline"
    assert [row["bytes"] for row in table(paper_of(runs, "three methods"), "fitted", "bytes")] == ["33024", "9000"]
    assert {row["epochs"] for row in table(default, "test", "anchor", "transform", "epochs")} == {"4", "12"}
    folder = write_summary(tmp_path, VARIANTS["default"])
    lengths = read(folder, "training_length")
    write_csv(folder / "training_length.csv", lengths[lengths["epochs"] == 4])
    write_csv(folder / "claims.csv", read(folder, "claims").iloc[:0])
    write_csv(folder / "seeds_intervals.csv", read(folder, "seeds_intervals").iloc[:0])
    without = tables_in(facts_for(experiment_of(VARIANTS["default"])), folder)
    assert not table(without, "test", "epochs") and not table(without, "verdict")


def test_what_does_not_fit_is_told_in_one_line(runs: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "t.typ").write_text('#json("facts.json").nothing')
    with pytest.raises(ToolError, match="the tables and the facts do not fit"):
        build({}, [TEMPLATE], tmp_path / "t.typ")


def test_where_typst_fails_at_its_tags_the_same_pages_are_set_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "t.typ").write_text('A page, and #json("facts.json").word')
    tagged = build({"word": "a word"}, [], tmp_path / "t.typ")
    real: Any = typst.compile
    internal = typst.TypstError("internal", "")
    internal.message = "internal error: parent group (occurred at build.rs:202:14)"

    def failing(*arguments: Any, pdf_tags: bool, **options: Any) -> object:
        if pdf_tags:
            raise internal
        return real(*arguments, pdf_tags=pdf_tags, **options)

    monkeypatch.setattr(typst, "compile", failing)
    plain = build({"word": "a word"}, [], tmp_path / "t.typ")
    assert b"/StructTreeRoot" in tagged and b"/StructTreeRoot" not in plain
    assert plain.startswith(b"%PDF") and plain.count(b"/Type /Page\n") == tagged.count(b"/Type /Page\n")
