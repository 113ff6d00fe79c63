"""The paper: made for any run from its tables and its config, the same to the byte, and with no number that is not so."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import product
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
from compfeat.io import write_csv, write_text
from compfeat.networks.base import NETWORKS, feature_shape
from compfeat.networks.files import build_tasks
from compfeat.networks.split import SplitNetwork
from compfeat.reports.paper.build import PAPER, SUPPLEMENT, build, laid_out, templates
from compfeat.reports.paper.facts import TABLES, cut_facts, paper_facts
from compfeat.reports.paper.recorded import FILES as RECORD
from compfeat.reports.settings import FigureText
from compfeat.reports.summary import Tables, ladder_labels, methods, metrics
from compfeat.results.resolved import EXPERIMENT, Resolved
from compfeat.results.tables.base import all_tables
from documents import config_of, description, fourth_task, settings_of, write_descriptions
from helpers import PROJECT
from synthetic_summary import RUNS, summary_of, synthetic_experiment, write_summary
from tiny_results import TASKS

NASTY = r"""*a* _b_ #c $d$ @e \f "g" <h> `i` [j] 'k' ~ -- // = + - x"""
Table = tuple[list[str], list[list[str]]]
"""Header and rows of a table, as they are set."""


def experiment_of(name: str) -> Experiment:
    return synthetic_experiment(**RUNS[name])


def copy_of(name: str, folder: Path) -> Path:
    """Return a copy of a run's tables that a test may change."""
    return Path(shutil.copytree(summary_of(name), folder / "summarise"))


def facts_for(experiment: Experiment, figures: tuple[FigureText, ...] = (), **more: Any) -> dict[str, Any]:
    described = [description(experiment, cut) for cut in experiment.cuts]
    return paper_facts(experiment, settings_of(experiment, figures), described, more.pop("starts", {}), **more)


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
    """Return the tables of the paper and of its supplement, in their order."""
    found = []
    for template in templates(Tables.of(files_of(folder)).resolved.experiment).values():
        with laid_out(facts, [*files_of(folder), *figures], template) as path:
            found += json.loads(typst.query(path, "table", root=path.parent, ignore_system_fonts=True))
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


@cache
def paper_of(name: str) -> list[Table]:
    return tables_in(facts_for(experiment_of(name)), summary_of(name))


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""])


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_every_run_gets_a_paper_and_twice_the_same(name: str) -> None:
    facts = facts_for(experiment_of(name))
    for template in templates(experiment_of(name)).values():
        made = build(facts, files_of(summary_of(name)), template)
        assert made.startswith(b"%PDF") and made == build(facts, files_of(summary_of(name)), template)


def test_the_stage_reads_its_files_and_shows_the_figures(tmp_path: Path) -> None:
    experiment = experiment_of("default")
    figures = tuple(
        FigureText(name=name, caption=f"{name} {NASTY}", category=category)
        for name, category in (("rate_accuracy@hevc", "Rate and accuracy"), ("own_figure", f"Own {NASTY}"))
    )
    picture = build(facts_for(experiment_of("like_camvid")), files_of(summary_of("like_camvid")))
    for figure in figures:
        (tmp_path / f"{figure.name}.pdf").write_bytes(picture)
    shown = [tmp_path / f"{figure.name}.pdf" for figure in figures]
    pdfs = [tmp_path / f"{name}.pdf" for name in ("paper", "supplement")]
    page = tmp_path / "paper.html"
    argv = ["--settings", settings_of(experiment, figures).model_dump_json(), "--html", str(page)]
    argv += ["--pdf", *map(str, pdfs), "--networks", *map(str, write_descriptions(tmp_path, experiment)), "--tables"]
    tables = list(map(str, files_of(summary_of("default"))))
    call("paper", [*argv, *tables, "--starts", "--figures", *map(str, shown)])
    assert all(path.stat().st_size > 20_000 for path in [*pdfs, page])
    with pytest.raises(DataError, match=r"rate_accuracy@hevc.pdf: not among --figures"):
        call("paper", [*argv, *tables])
    with pytest.raises(DataError, match=r"points.csv: not among"):
        call("paper", [*argv, *tables[1:], "--figures", *map(str, shown)])
    with pytest.raises(ConfigError, match="--settings"):
        call("paper", ["--settings", "{", *argv[2:], *tables])
    query = []
    for template in (PAPER, SUPPLEMENT):
        with laid_out(facts_for(experiment, figures), [*files_of(summary_of("default")), *shown], template) as path:
            query += json.loads(typst.query(path, "figure", root=path.parent, ignore_system_fonts=True))
    captions = [text_of(figure["caption"]["body"]) for figure in query]
    assert [caption for caption in captions if NASTY in caption] == [figure.caption for figure in figures]


@pytest.mark.parametrize("name", ["default", "image"])
def test_the_html_is_one_file_that_links_to_the_explorer(name: str, tmp_path: Path) -> None:
    figure = FigureText(name="overview", caption="A figure", category="Rate and accuracy")
    picture = tmp_path / f"{figure.name}.pdf"
    picture.write_bytes(build(facts_for(experiment_of("like_camvid")), files_of(summary_of("like_camvid"))))
    facts, template = facts_for(experiment_of(name), (figure,)), templates(experiment_of(name))["paper"]
    made = [build(facts, [*files_of(summary_of(name)), picture], template, "html") for _ in range(2)]
    assert made[0] == made[1]
    page = made[0].decode()
    assert page.startswith("<!DOCTYPE html>") and "<title>" in page and 'name="viewport"' in page and "<math" in page
    assert set(re.findall(r'src="(.{11})', page)) == {"data:image/"}
    assert not re.search(r"<script|<link|url\(['\"]?http", page)
    links = re.findall(r'href="([^"#]*)(#[^"]*)?"', re.sub(r"<svg.*?</svg>", "", page, flags=re.S))
    assert {file for file, _ in links if file} == {"explorer.html", "paper.pdf", "supplement.pdf"}
    shown = {f"#table-{Path(spec.file).stem}" for spec in all_tables() if spec.title} | {f"#figure-{figure.name}"}
    named = {anchor for file, anchor in links if file == "explorer.html" and anchor}
    assert named and named <= shown
    assert all(f'id="{anchor[1:]}"' in page for file, anchor in links if not file)


def test_photographs_are_shown_where_they_are_recorded(tmp_path: Path) -> None:
    methods = ("baseline", "remote", "klt", "task_klt")
    pairs = (("klt", "baseline", "hevc", "hevc"), ("task_klt", "remote", "hevc", "hevc"))
    e = synthetic_experiment(
        methods, ("s32", "s16"), (0, 1), ("segmentation", "reconstruction"), ("hevc",), across=pairs
    )
    record = write_summary(tmp_path, e)
    rates = read(record, "intervals").astype({"seed": str})
    of_klt = rates.query("seed == 'all' and cut == 's16' and method == 'klt' and metric == 'miou'")
    own = of_klt["bd_rate_percent"].iloc[0]
    facts = facts_for(experiment_of("default"), records={"photographs": Tables.of(record / name for name in RECORD)})
    found = facts["records"]["photographs"]
    assert (found["seeds"], found["cuts"]) == (2, ["s16", "s32"])
    assert list(found["rows"]) == ["baseline + HEVC", "picture + HEVC", "PCA + HEVC", "task KLT + HEVC"]
    assert found["rows"]["PCA + HEVC"][0]["own"]["miou"] == own
    assert found["rows"]["baseline + HEVC"][0]["own"] == {"miou": None, "psnr_db": None}
    floats = read(record, "points").query("cut == 's16' and method == 'klt' and codec == 'none' and quality == 'float'")
    assert found["uncoded"]["klt"][0]["psnr_db"] == pytest.approx(floats["psnr_db"].mean())
    rows = table(tables_in(facts, summary_of("default")), "sent", "s16: mIoU", "s32: PSNR", "bytes")
    assert [row["sent"] for row in rows] == list(found["rows"])
    assert rows[2]["s16: mIoU"] == f"{own:+.1f}".replace("-", "−") and rows[0]["s16: mIoU"] == "–"
    assert not table(paper_of("default"), "sent")


def test_recorded_seeds_have_a_section_of_their_own(tmp_path: Path) -> None:
    folder = copy_of("default", tmp_path)
    rates = read(folder, "intervals").assign(seed="all", bd_rate_percent=-12.34)
    write_csv(folder / "seeds_intervals.csv", rates.reindex(columns=[*rates, "equal_loss_percent"]))
    headers = [header for header, _ in tables_in(facts_for(experiment_of("default")), folder)]
    without = copy_of("default", tmp_path / "without")
    write_csv(without / "seeds_intervals.csv", rates.iloc[:0])
    assert len(headers) > len(tables_in(facts_for(experiment_of("default")), without))


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


@pytest.mark.parametrize("name", ["default", "two_seeds", "three_methods", "nine_methods"])
def test_every_comparison_has_its_own_row_with_its_own_numbers(name: str) -> None:
    rows = table(paper_of(name), "cut", "test", "anchor", "mIoU")
    shown = Tables.of([summary_of(name) / EXPERIMENT])
    labels, curves = methods(shown), {metric.curve_name: metric.curve_label for metric in metrics(shown)}
    known = ladder_labels(shown)
    found = {(row["cut"], row["test"], row["anchor"]): row for row in rows}
    assert len(found) == len(rows) and all(row["test"] != row["anchor"] for row in rows)
    intervals = read(summary_of(name), "intervals").astype({"seed": str})
    together = intervals[intervals["seed"] == "all"] if "all" in set(intervals["seed"]) else intervals
    for r in together.to_dict("records"):
        sides = (f"{labels[r[m]]} + {known[r[on]]}" for m, on in (("method", "ladder"), ("against", "against_ladder")))
        value, low, high = (f"{r[f'{k}_percent']:+.1f}".replace("-", "−") for k in ("bd_rate", "low", "high"))
        assert found[r["cut"], *sides][curves[r["metric"]]] == f"{value}\u00a0% \n ({low} to {high})"


def test_what_was_refused_has_its_reason_and_no_number() -> None:
    tables = paper_of("refused")
    refused = table(tables, "test", "anchor", "metric", "reason")
    assert sum(len(row["metric"].split(", ")) for row in refused) == len(read(summary_of("refused"), "headline"))
    assert {row["mIoU"] for row in table(tables, "test", "anchor", "mIoU")} == {"refused"}


def test_numbers_without_an_interval_are_set_alone(tmp_path: Path) -> None:
    folder = copy_of("like_camvid", tmp_path)
    write_csv(folder / "intervals.csv", read(folder, "intervals").assign(bd_rate_percent=-0.04, low_percent=np.nan))
    rows = table(tables_in(facts_for(experiment_of("like_camvid")), folder), "test", "anchor", "mIoU")
    assert {row["mIoU"] for row in rows} == {"+0.0\u00a0%"}


def test_differences_that_are_zero_by_construction_are_left_out(tmp_path: Path) -> None:
    folder = copy_of("three_methods", tmp_path)
    floats = read(folder, "float_intervals")
    floats.loc[floats["method"].isin(["compressible", "baseline"]), ["difference", "low", "high"]] = 1e-9
    floats.loc[floats["method"] == "sparse", "difference"] = 0.01
    write_csv(folder / "float_intervals.csv", floats)
    rows = table(tables_in(facts_for(experiment_of("three_methods")), folder), "method", "less")
    assert {row["method"] for row in rows} == {"sparse"}


def test_labels_are_set_letter_by_letter(tmp_path: Path) -> None:
    folder = copy_of("default", tmp_path)
    values = json.loads((folder / EXPERIMENT).read_text())
    for section in ("methods", "ladders"):
        for i, entry in enumerate(values[section].values()):
            entry["label"] = f"{i} {NASTY}"
    write_text(folder / EXPERIMENT, json.dumps(values))
    claims = read(folder, "claims")
    write_csv(folder / "claims.csv", claims.assign(text=NASTY, group=NASTY))
    tables = tables_in(facts_for(experiment_of("default")), folder)
    assert [row["method"] for row in table(tables, "method", "sends")] == [f"0 {NASTY}", f"1 {NASTY}"]
    row = table(tables, "test", "anchor", "mIoU")[0]
    assert row["test"].startswith(f"1 {NASTY} + ") and row["anchor"].startswith(f"0 {NASTY} + ")
    assert table(tables, "metric", "this run", "verdict")[0]["cut"].startswith(f"{NASTY}: ")


def test_a_fourth_task_has_its_columns_and_its_decoder(tmp_path: Path) -> None:
    e = synthetic_experiment(tasks=(*TASKS, "normals"), cuts=("c256",), codecs=("hevc",))
    with fourth_task():
        facts = facts_for(e)
        tables = tables_in(facts, write_summary(tmp_path, e))
    assert table(tables, "test", "anchor", "1/angular error") and table(tables, "method", "angular error (°)")
    assert list(facts["cuts"][0]["decoders"])[-1] == "Surface normals"


OVERLAYS = ("", *sorted(path.stem for path in (PROJECT / "config").glob("*.yaml") if path.stem != "config"))
"""Of config/; the default itself is the empty one."""


def summary_for(e: Experiment, folder: Path) -> Path:
    """Return tables with points of all codecs and methods of an experiment; the other tables are another run's."""
    folder = copy_of("default", folder)
    write_text(folder / EXPERIMENT, json.dumps(Resolved.of(e).dumped()))
    points = read(folder, "points").query("cut == 'c512' and method == 'baseline'")
    like, own = points[points["quality"] == "qp22"], [read(folder, "points").query("codec == 'none'")]
    for cut, name in product(e.cuts, e.methods):
        for codec, qualities in e.qualities(name).items():
            own += [like.assign(cut=cut, method=name, codec=codec, quality=quality) for quality in qualities]
    write_csv(folder / "points.csv", pd.concat(own))
    return folder


def assert_true_to(e: Experiment, folder: Path) -> None:
    """Check all that the tables of the documents state of an experiment."""
    facts, folder = facts_for(e), summary_for(e, folder)
    assert build(facts, files_of(folder)).startswith(b"%PDF")
    tables = tables_in(facts, folder)
    by_label = {facts["codecs"][name]["label"]: name for name in e.codecs}
    used = [codec for codec in e.codecs if any(codec in e.qualities(name) for name in e.methods)]
    codecs = [row | {"codec": by_label[row["codec"]]} for row in table(tables, "codec", "module", "options")]
    assert list(dict.fromkeys(row["codec"] for row in codecs)) == used
    for row in codecs:
        entry = e.codecs[row["codec"]]
        assert row["module"] == (entry.codec or row["codec"])
        brackets = str.maketrans("[{]}", "(())", "':")
        for key, value in entry.options.items():
            written = {"True": "yes", "False": "no"}.get(str(value), str(value).translate(brackets))
            assert f", {key} {written}, " in f", {row['options']}, "
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
    outside = {t.cut for t in e.trained() if e.start_file(t.cut, t.training) or e.encoder_file(t.cut, t.training)}
    assert {row["cut"] for row in table(tables, "part", "file")} == outside
    setup = {row[""]: row["this run"] for row in table(tables, "", "published", "this run")}
    assert setup["seeds"] == ", ".join(map(str, e.seeds)) and setup["dataset"].startswith(e.dataset.name)
    assert ("rendered" in setup["dataset"]) == facts["rendered"]
    for (name, method), row in zip(e.methods.items(), table(tables, "method", "sends", "codecs"), strict=True):
        transform = "–" if method.transform is None else method.transform.name
        codecs_of = [label for label, codec in by_label.items() if codec in e.qualities(name)]
        assert list(row.values())[1:3] == [method.training, transform] and row["sends"] == method.sends
        assert row["codecs"] == ("; ".join(codecs_of) or "–")


@pytest.mark.slow
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_the_paper_states_of_an_overlay_is_so(overlay: str, tmp_path: Path) -> None:
    assert_true_to(Experiment.of(config_of((overlay,) if overlay else ())), tmp_path)


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
    assert_true_to(Experiment.of(config | {"comparisons": [], "claims": None}), tmp_path)


def test_start_weights_are_described_where_their_description_is_theirs(tmp_path: Path) -> None:
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
    rows = table(tables_in(facts_for(e, starts=known), summary_of("default")), "cut", "part", "file")
    cells = {(row["cut"], row["part"], Path(row["file"]).name): list(row.values())[3:] for row in rows}
    assert cells == {
        ("c512", "network", "c512.safetensors"): ["streets", "7", "3000", "24", "baseline"],
        ("c256", "network", "c256.safetensors"): ["–"] * 5,
        ("c256", "encoder", "imagenet.safetensors"): ["–"] * 5,
    }


def test_claims_are_grouped_by_rule_and_comparison() -> None:
    claims = read(summary_of("default"), "claims")
    tables = [found for found in paper_of("default") if "verdict" in found[0]]
    assert [header[2::2] for header, _ in tables] == [["published"], ["this run"]]
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


def test_several_seeds_are_shown_together_and_one_by_one() -> None:
    tables = [found for found in paper_of("two_seeds") if found[0][:3] == ["cut", "test", "anchor"]]
    seeds = next(rows for header, rows in tables[1:] if "mIoU" in header and header[3] == "mIoU")
    assert all("2 < 0" in row[3] or "of 2" in row[3] for row in seeds)


def test_sections_stand_where_the_run_has_something_for_them(tmp_path: Path) -> None:
    folder, default = copy_of("image", tmp_path / "image"), paper_of("default")
    crossed = read(folder, "crossovers").assign(crossing_bytes=1500.4, better_below="baseline", better_above="remote")
    fitted = {"cut": ["c256"], "method": ["baseline"], "seed": [0]}
    write_csv(folder / "crossovers.csv", crossed)
    write_csv(folder / "transforms.csv", pd.DataFrame(fitted | {"transform": ["turn"], "model_bytes": [33024]}))
    write_csv(folder / "codec_states.csv", pd.DataFrame(fitted | {"codec": ["jpeg"], "array_bytes": [9000]}))
    image = tables_in(facts_for(experiment_of("image")), folder)
    crossings = table(image, "features", "image", "crossing")
    assert len(crossings) == len(crossed) and not table(default, "features", "crossing")
    assert crossings[0]["crossing"] == "1500" and crossings[0]["better below"] == "baseline"
    assert [row["bytes"] for row in table(image, "fitted", "bytes")] == ["33024", "9000"]
    assert {row["epochs"] for row in table(default, "test", "anchor", "transform", "epochs")} == {"4", "12"}
    folder = copy_of("default", tmp_path)
    lengths = read(folder, "training_length")
    write_csv(folder / "training_length.csv", lengths[lengths["epochs"] == 4])
    write_csv(folder / "claims.csv", read(folder, "claims").iloc[:0])
    write_csv(folder / "seeds_intervals.csv", read(folder, "seeds_intervals").iloc[:0])
    without = tables_in(facts_for(experiment_of("default")), folder)
    assert not table(without, "test", "epochs") and not table(without, "verdict")


def test_what_does_not_fit_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "t.typ").write_text('#json("facts.json").nothing')
    with pytest.raises(ToolError, match="the tables and the facts do not fit"):
        build({}, [PAPER], tmp_path / "t.typ")


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
