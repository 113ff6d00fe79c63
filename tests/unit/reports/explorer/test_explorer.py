"""The explorer's data and page: made for any run, from its numbers alone, and the same to the byte."""

from __future__ import annotations

import base64
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from compfeat.__main__ import call
from compfeat.errors import DataError
from compfeat.experiment.runs import Comparison
from compfeat.reports.explorer import pictures
from compfeat.reports.explorer.build import ASSETS, build, explorer_facts
from compfeat.reports.explorer.settings import Settings
from compfeat.reports.explorer.tables import NEEDS, OURS, PUBLISHED, Tables, rounded
from compfeat.reports.explorer.viewer import Shown, viewer
from compfeat.reports.looks import looks
from compfeat.reports.showcase import NEEDS as PICTURES
from compfeat.reports.showcase import Showcase
from compfeat.reports.summary import Tables as Files
from compfeat.reports.texts import FigureText, TableText
from compfeat.tasks.base import Metric
from documents import fourth_task
from synthetic_summary import RUNS, Variant, with_methods, write_summary

ACROSS = (Comparison("sparse", "compressible", "published", "hevc"),)
VARIANTS = {**RUNS, "three_methods": with_methods(3, cuts=("c256",), codecs=("jpeg", "hevc"), across=ACROSS)}
FILES = tuple(dict.fromkeys([*NEEDS, *PICTURES]))
Read = tuple[Tables, list[Showcase], pd.DataFrame]


def read(summary: Path) -> Read:
    files = Files.of([summary / name for name in FILES])
    return Tables.read(files), Showcase.every(files), files.csv("per_image.csv")


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: write_summary(tmp_path_factory.mktemp("run") / "summarise", v) for name, v in VARIANTS.items()}


@cache
def facts_at(summary: Path) -> dict[str, Any]:
    return explorer_facts(*read(summary))


@cache
def page_at(summary: Path) -> str:
    return build(*read(summary))


def facts_of(summaries: dict[str, Path], name: str) -> dict[str, Any]:
    """Return a run's facts, which are made once for all tests."""
    return facts_at(summaries[name])


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_every_run_gets_a_page(name: str, summaries: dict[str, Path]) -> None:
    facts, variant = facts_of(summaries, name), VARIANTS[name]
    assert facts["cuts"] == sorted(variant.cuts)
    assert [m["name"] for m in facts["methods"] if m["ours"]] == list(variant.methods)
    assert [m["name"] for m in facts["metrics"]] == [metric.name for metric in variant.compared()]
    assert [codec["name"] for codec in facts["codecs"]] == list(variant.codecs)
    ours = [row for row in facts["points"] if row["source"] == OURS]
    assert len(ours) == len(variant.points()) and sum(r["source"] == PUBLISHED for r in facts["points"]) == 20
    tasks = {task for image in facts["viewer"]["images"] for p in image["points"] for task in p["pictures"]}
    assert tasks == {"sent", *variant.tasks} and [t["name"] for t in facts["viewer"]["tasks"]] == list(variant.tasks)


@pytest.mark.slow
def test_the_stage_writes_one_file_and_twice_the_same(summaries: dict[str, Path], tmp_path: Path) -> None:
    folder, made = summaries["like_camvid"], []
    Image.new("RGB", (30, 20), (200, 10, 10)).save(tmp_path / "own@hevc.png")
    settings = Settings(
        figures=(FigureText(name="own@hevc", caption="What a user drew.", category="Own"),),
        pages=(TableText(name="epochs", title="Own table", caption="What a user counted."),),
    )
    argv = ["--settings", settings.model_dump_json(), "--tables", *[str(folder / name) for name in FILES]]
    argv += ["--figures", str(tmp_path / "own@hevc.png"), "--pages", str(folder / "epochs.csv")]
    for name in ("a", "b"):
        call("explorer", [*argv, "--html", str(tmp_path / f"{name}.html")])
        made.append((tmp_path / f"{name}.html").read_bytes())
    assert made[0] == made[1] and len(made[0]) < 15_000_000
    data = data_of(made[0].decode())
    assert data["points"] == json.loads(json.dumps(facts_of(summaries, "like_camvid")))["points"]
    assert [f["title"] for f in data["figures"]] == ["own, hevc"] and data["tables"][0]["rows"][0][1] == "baseline"
    assert not re.search(r'(src|href)="(?!#|data:)', made[0].decode().partition("<script")[0])
    with pytest.raises(DataError, match=r"own@hevc.png: not among the declared inputs"):
        call("explorer", [*argv[:2], *argv[2 : 3 + len(FILES)], "--html", str(tmp_path / "c.html")])


def test_numbers_are_those_of_the_tables(summaries: dict[str, Path]) -> None:
    tables, _, _ = read(summaries["default"])
    facts = facts_of(summaries, "default")
    row = next(r for r in facts["points"] if r["source"] == OURS and r["quality"] == "qp22" and r["cut"] == "c512")
    keys = ["cut", "method", "codec", "quality"]
    wanted = tables.points[(tables.points[keys] == [row[k] for k in keys]).all(axis=1)].iloc[0]
    assert row["bpe"] == pytest.approx(wanted["rate_bpe"]) and row["miou"] == pytest.approx(wanted["miou"])
    assert row["bytes"] == pytest.approx(wanted["bytes_per_image"])
    assert row["between"]["miou"] == pytest.approx([0.9 * row["miou"], 1.1 * row["miou"]], rel=1e-5)


@pytest.mark.parametrize("name", ["default", "three_methods", "nine_methods"])
def test_every_comparison_has_its_own_row(name: str, summaries: dict[str, Path]) -> None:
    tables, _, _ = read(summaries[name])
    ours = [r for r in facts_of(summaries, name)["intervals"] if r["source"] == OURS]
    keys = ("cut", "method", "against", "seed", "ladder", "against_ladder", "metric")
    by_key = {tuple(r[key] for key in keys): r for r in ours}
    assert len(by_key) == len(ours) == len(tables.intervals)
    for r in tables.intervals.to_dict("records"):
        mine = by_key[tuple(str(r[key]) for key in keys)]
        assert mine["bd_rate"] == rounded(r["bd_rate_percent"]) and mine["low"] == rounded(r["low_percent"])
    if name == "three_methods":
        assert any(r["who"] == "sparse against compressible" and " against " in r["ladder_title"] for r in ours)


@pytest.mark.slow
def test_methods_look_as_in_the_figures_and_those_that_send_images_have_no_bits(summaries: dict[str, Path]) -> None:
    methods = facts_of(summaries, "nine_methods")["methods"]
    names = list(VARIANTS["nine_methods"].methods)
    assert [m["colour"] for m in methods] == [look.colour for look in looks(names).values()]
    assert len({tuple(m["dash"]) for m in methods}) == 9
    assert [m["name"] for m in methods if not m["bits"]] == ["remote"]
    assert 'name="rate" value="bytes" checked' in page_at(summaries["nine_methods"])
    assert 'name="rate" value="bpe" checked' in page_at(summaries["one_method"])


@pytest.mark.slow
def test_refused_cells_tell_why(summaries: dict[str, Path]) -> None:
    rows = [r for r in facts_of(summaries, "refused")["intervals"] if r["source"] == OURS]
    assert rows and all(r["bd_rate"] is None and r["verdict"].startswith("refused:") for r in rows)
    assert not any("see bd_rate.csv" in r["verdict"] for r in rows)
    assert page_at(summaries["refused"]).count("no number: the metric ranges share too little") == len(rows)


def test_what_has_no_interval_says_why(tmp_path: Path) -> None:
    folder = write_summary(tmp_path, Variant(cuts=("c256",), codecs=("hevc",), tasks=("reconstruction",)))
    for name, nothing in (
        ("intervals", {"low_percent": np.nan, "high_percent": np.nan, "n_resamples": 0, "verdict": "no interval: few"}),
        ("float_intervals", {"low": np.nan, "high": np.nan}),
        ("point_intervals", {"low": np.nan, "high": np.nan}),
    ):
        pd.read_csv(folder / f"{name}.csv").assign(**nothing).to_csv(folder / f"{name}.csv", index=False)
    page = page_at(folder).partition('id="data"')[0]
    assert page.count('<td colspan="2" class="refused">no interval: few</td>') == 1
    assert (
        "This run has no intervals" in page and "Whiskers" not in page and "–  to" not in page and "– to –" not in page
    )


def test_bytes_and_scores_are_of_the_image(summaries: dict[str, Path]) -> None:
    per_image = pd.read_csv(summaries["default"] / "per_image.csv")
    image = facts_of(summaries, "default")["viewer"]["images"][1]
    assert image["id"] == "scene_000005"
    point = next(p for p in image["points"] if p["codec"] == "jpeg" and p["method"] == "compressible")
    keys = ["cut", "method", "codec", "quality"]
    own = per_image[(per_image[keys] == [point[k] for k in keys]).all(axis=1) & (per_image["image_id"] == image["id"])]
    assert point["payload_bytes"] == own["payload_bytes"].iloc[0]
    assert point["bytes"] == own[["payload_bytes", "header_bytes", "side_info_bytes"]].sum(axis=1).iloc[0]
    assert point["scores"]["disparity"] == f"RMSE {np.sqrt(own['sse_disparity'].iloc[0]):.2f} px"
    assert point["scores"]["reconstruction"].endswith(" dB")


@pytest.mark.slow
def test_a_fourth_task_is_shown_beside_the_others(tmp_path: Path) -> None:
    tasks = ("segmentation", "disparity", "reconstruction", "normals")
    summary = write_summary(tmp_path, Variant(cuts=("c256",), codecs=("hevc",), tasks=tasks))
    with fourth_task():
        facts = explorer_facts(*read(summary))
    assert facts["metrics"][-1]["bd_name"] == "inv_angle_deg" and facts["charts"]["angle_deg"]
    assert facts["viewer"]["tasks"][-1] == {"name": "normals", "title": "Surface normals"}
    image = facts["viewer"]["images"][0]
    assert "normals" in image["truth"] and all("normals" in point["pictures"] for point in image["points"])


def test_scores_are_what_the_tasks_own_measure_says() -> None:
    class Measured:
        def measure(self, scores: dict[str, Any], weights: Any) -> dict[str, Any]:
            return {"own": weights @ (scores["a"] + scores["b"])}

    shown = Shown("mine", Measured(), (_metric("own"),))
    assert shown.scores({"a_mine": 1.0, "b_mine": 2.5, "a_other": 9.0}) == "own 3.5 u"
    assert shown.scores({"a_mine": 1.0}) == "" and shown.scores({}) == "" and shown.scores(None) == ""


def _metric(name: str) -> Any:
    return Metric(name, name, "u", 1)


def test_qualities_go_from_fine_to_coarse_and_lossless_shows_what_was_coded(summaries: dict[str, Path]) -> None:
    points = facts_of(summaries, "default")["viewer"]["images"][0]["points"]
    own = [p for p in points if p["cut"] == "c256" and p["method"] == "baseline"]
    qualities = [p["quality"] for p in own if p["codec"] == "hevc"]
    assert qualities == ["lossless", "qp4", "qp10", "qp16", "qp22", "qp28", "qp34"]
    by_key = {(p["codec"], p["quality"]): p for p in own}
    assert by_key["png", "lossless"]["pictures"] == by_key["none", ""]["pictures"]
    assert by_key["none", ""]["error"] == 0 and by_key["none", ""]["bytes"] is None


def test_an_image_that_is_sent_is_shown_as_one(summaries: dict[str, Path]) -> None:
    points = facts_of(summaries, "nine_methods")["viewer"]["images"][0]["points"]
    sent = [p for p in points if p["method"] == "remote"]
    assert sent and all(p["image"] and p["rate"] is None for p in sent)
    assert not any(p["image"] for p in points if p["method"] != "remote")


def test_pictures_are_kept_once_and_are_what_they_show(summaries: dict[str, Path]) -> None:
    made = facts_of(summaries, "default")["viewer"]
    assert len(set(made["pictures"])) == len(made["pictures"])
    _, showcases, _ = read(summaries["default"])
    point = made["images"][0]["points"][0]
    data = base64.b64decode(made["pictures"][point["pictures"]["reconstruction"]])
    wanted = showcases[0].uncoded("c256", point["method"])
    assert wanted is not None and point["codec"] == "none"
    shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.array_equal(shown, np.asarray(showcases[0].output(wanted, "reconstruction")))


def test_pictures_shrink_until_they_fit(summaries: dict[str, Path]) -> None:
    tables, showcases, per_image = read(summaries["one_method"])
    full = viewer(showcases, per_image, tables.tasks)
    weight = sum(map(len, full["pictures"]))
    assert full["shrunk"] == 1 and full["left_out"] == 0
    assert viewer(showcases, per_image, tables.tasks, weight - 1)["shrunk"] == 2
    with pytest.raises(DataError, match=r"pictures.npz: pictures of \d+ bytes.*show fewer images"):
        viewer(showcases, per_image, tables.tasks, 1000)
    with pytest.raises(DataError, match=r"pictures.npz: no images in it"):
        viewer([], per_image, tables.tasks)


def test_shrinking_takes_means_or_pixels() -> None:
    array = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert pictures.shrink(array, 2).tolist() == [[0, 2], [8, 10]]
    assert pictures.shrink(array[..., None], 2, smooth=True)[..., 0].tolist() == [[2, 4], [10, 12]]


def test_drawn_pictures_keep_their_colours_when_they_shrink() -> None:
    drawn = np.zeros((4, 4, 3), dtype=np.uint8)
    drawn[1:, 1:] = (200, 100, 50)
    small = np.asarray(Image.open(io.BytesIO(pictures.png(drawn, 2))).convert("RGB"))
    assert small.shape == (2, 2, 3) and {tuple(c) for c in small.reshape(-1, 3).tolist()} <= {(0, 0, 0), (200, 100, 50)}
    photo = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(pictures.png(photo)))), photo)


def test_the_page_has_no_number_and_no_name_of_a_run() -> None:
    names = r"\bqp\d|\bc(256|512)\b|https?://|\b(baseline|hevc|jpeg|png|miou|psnr|rmse|segmentation|disparity)\b"
    for path in ASSETS:
        text = path.read_text().replace("image/png", "")
        assert not re.search(names, text, re.I), path.name
        assert "compressible" not in text.replace("compressible features", ""), path.name


@pytest.mark.slow
def test_a_name_cannot_end_the_script(summaries: dict[str, Path]) -> None:
    tables, showcases, per_image = read(summaries["refused"])
    tables.points["dataset"] = "</script><b>"
    tables.bd_rate["verdict"] = "</script><script>alert(1)"
    page = build(tables, showcases, per_image)
    assert "</script><b>" not in page and "<script>alert" not in page
    assert data_of(page)["intervals"][0]["verdict"].startswith("</script>")
