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
from compfeat.io import write_csv
from compfeat.reports.explorer import pictures
from compfeat.reports.explorer.build import SCRIPTS, STYLE, TEMPLATE, build, explorer_facts
from compfeat.reports.explorer.tables import NEEDS, OURS, PUBLISHED, interval_rows, measured_by_task, rounded
from compfeat.reports.explorer.viewer import scores, viewer
from compfeat.reports.looks import looks
from compfeat.reports.settings import ExplorerSettings, FigureText, TableText
from compfeat.reports.showcase import NEEDS as PICTURES
from compfeat.reports.showcase import Showcase, ShownTask
from compfeat.reports.summary import POINT, Tables, codec_labels, methods
from compfeat.tasks.base import Metric
from documents import fourth_task
from synthetic_summary import METHODS, RUNS, summary_of, synthetic_experiment, write_summary

FILES = tuple(dict.fromkeys([*NEEDS, *PICTURES]))


def read(summary: Path) -> tuple[Tables, list[Showcase]]:
    tables = Tables.of([summary / name for name in FILES])
    return tables, Showcase.every(tables)


@cache
def facts_of(name: str) -> dict[str, Any]:
    """Return a run's facts, made once for all tests."""
    return explorer_facts(*read(summary_of(name)))


@cache
def page_of(name: str) -> str:
    return build(*read(summary_of(name)))


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def points_of(name: str, source: str) -> list[dict[str, Any]]:
    """Return the rows of a run's chart that are of one source."""
    (rows,) = facts_of(name)["chart"]["datasets"].values()
    return [row for row in rows if row["source"] == source]


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_every_run_gets_a_page_with_its_numbers(name: str) -> None:
    facts, (tables, _) = facts_of(name), read(summary_of(name))
    e = tables.resolved.experiment
    assert [m["label"] for m in facts["methods"]] == list(methods(tables).values())
    bound = {param["name"]: param["bind"] for param in facts["chart"]["params"] if "bind" in param}
    by_task = measured_by_task(tables).values()
    assert bound["cut"]["options"] == sorted(e.cuts)
    assert bound["metric"]["options"] == [metric.name for metrics in by_task for metric in metrics]
    codecs = [bind["name"] for key, bind in bound.items() if key.startswith("codec_")]
    assert codecs == list(codec_labels(tables).values())
    single = {tuple(r[k] for k in POINT): r for r in points_of(name, OURS)}
    assert len(points_of(name, PUBLISHED)) == 20
    for r in tables.csv("points.csv").astype({"seed": str}).to_dict("records"):
        row = single.pop(tuple(r[k] for k in POINT))
        rates_and_metric = [rounded(r[k]) for k in ("rate_bpe", "bytes_per_image", "miou")]
        assert [row["bpe"], row["bytes"], row["miou"]] == rates_and_metric
    assert {key[2] for key in single} == ({"mean"} if len(e.seeds) > 1 else set())
    intervals = tables.csv("intervals.csv")
    rows = {tuple(row[k] for k in intervals.columns[:7]): row for row in interval_rows(tables) if row["source"] == OURS}
    assert len(rows) == len(intervals)
    for r in intervals.astype({"seed": str}).to_dict("records"):
        row = rows[tuple(r[k] for k in intervals.columns[:7])]
        assert (row["bd_rate"], row["low"]) == (rounded(r["bd_rate_percent"]), rounded(r["low_percent"]))
    shown = {task for image in facts["viewer"]["images"] for p in image["points"] for task in p["pictures"]}
    assert shown == {"sent", *e.tasks} and [t["name"] for t in facts["viewer"]["tasks"]] == list(e.tasks)


@pytest.mark.slow
def test_the_stage_writes_one_file_and_twice_the_same(tmp_path: Path) -> None:
    folder, made = summary_of("like_camvid"), []
    Image.new("RGB", (30, 20), (200, 10, 10)).save(tmp_path / "own@hevc.png")
    settings = ExplorerSettings(
        figures=(FigureText(name="own@hevc", caption="What a user drew.", category="Own"),),
        pages=(TableText(name="epochs", title="Own table", caption="What a user counted."),),
    )
    argv = ["--settings", settings.model_dump_json(), "--tables", *[str(folder / name) for name in FILES]]
    more = ["--figures", str(tmp_path / "own@hevc.png"), "--pages", str(folder / "epochs.csv")]
    for name in ("a", "b"):
        call("explorer", [*argv, *more, "--html", str(tmp_path / f"{name}.html")])
        made.append((tmp_path / f"{name}.html").read_bytes())
    assert made[0] == made[1] and len(made[0]) < 15_000_000
    data = data_of(made[0].decode())
    assert data["chart"] == json.loads(json.dumps(facts_of("like_camvid")))["chart"]
    assert "Figure: own, hevc" in made[0].decode() and '<p class="caption">What a user counted.</p>' in made[0].decode()
    head = made[0].decode().partition("<script")[0]
    assert not re.search(r'(src|href)="(?!#|data:|(paper\.html|paper\.pdf|supplement\.pdf)")', head)
    with pytest.raises(DataError, match=r"own@hevc.png: not among the declared inputs"):
        call("explorer", [*argv, "--html", str(tmp_path / "c.html")])


@pytest.mark.slow
def test_methods_look_as_in_the_figures_and_those_that_send_images_have_no_bits() -> None:
    shown = facts_of("nine_methods")["methods"]
    assert [m["colour"] for m in shown] == [look.colour for look in looks(METHODS).values()]
    assert len({tuple(m["dash"]) for m in shown}) == 9
    assert facts_of("nine_methods")["without_bits"] == ["remote"]
    for name, rate in (("nine_methods", "bytes"), ("one_method", "bpe")):
        assert [p["value"] for p in facts_of(name)["chart"]["params"] if p["name"] == "rate"] == [rate]
    sent = [p for p in facts_of("nine_methods")["viewer"]["images"][0]["points"] if p["image"]]
    assert {p["method"] for p in sent} == {"remote"} and all(p["rate"] is None for p in sent)


@pytest.mark.slow
def test_what_has_no_number_or_no_interval_says_why(tmp_path: Path) -> None:
    rows = [row for row in interval_rows(read(summary_of("refused"))[0]) if row["source"] == OURS]
    assert rows and all(r["bd_rate"] is None and r["verdict"].startswith("refused:") for r in rows)
    assert not any("see bd_rate.csv" in r["verdict"] for r in rows)
    reason = rows[0]["verdict"].replace("refused: ", "no number: ")
    assert page_of("refused").partition('id="data"')[0].count(reason) == len(rows)
    folder = write_summary(tmp_path, synthetic_experiment(cuts=("c256",), codecs=("hevc",), tasks=("reconstruction",)))
    for name, nothing in (
        ("intervals", {"low_percent": np.nan, "high_percent": np.nan, "n_resamples": 0, "verdict": "no interval: few"}),
        ("float_intervals", {"low": np.nan, "high": np.nan}),
        ("point_intervals", {"low": np.nan, "high": np.nan}),
    ):
        write_csv(folder / f"{name}.csv", pd.read_csv(folder / f"{name}.csv").assign(**nothing))
    page = build(*read(folder)).partition('id="data"')[0]
    assert page.count('<td colspan="2" class="refused">no interval: few</td>') == 1
    assert "This run has no intervals" in page and "Whiskers" not in page
    assert "–  to" not in page and "– to –" not in page


def test_bytes_and_scores_are_of_the_image() -> None:
    per_image = pd.read_csv(summary_of("default") / "per_image.csv")
    image = facts_of("default")["viewer"]["images"][1]
    assert image["id"] == "scene_000005"
    point = next(p for p in image["points"] if p["codec"] == "jpeg" and p["method"] == "compressible")
    keys = ["cut", "method", "codec", "quality"]
    own = per_image[(per_image[keys] == [point[k] for k in keys]).all(axis=1) & (per_image["image_id"] == image["id"])]
    assert point["payload_bytes"] == own["payload_bytes"].iloc[0]
    assert point["bytes"] == own[["payload_bytes", "header_bytes", "side_info_bytes"]].sum(axis=1).iloc[0]
    error = np.sqrt(own["sse_disparity"].iloc[0] / own["n_disparity"].iloc[0])
    assert point["scores"]["disparity"] == f"RMSE {error:.4f} px"
    assert point["scores"]["reconstruction"].endswith(" dB")


@pytest.mark.slow
def test_a_fourth_task_is_shown_beside_the_others(tmp_path: Path) -> None:
    tasks = ("segmentation", "disparity", "reconstruction", "normals")
    with fourth_task():
        summary = write_summary(tmp_path, synthetic_experiment(cuts=("c256",), codecs=("hevc",), tasks=tasks))
        facts = explorer_facts(*read(summary))
    metrics = next(param["value"] for param in facts["chart"]["params"] if param["name"] == "metrics")
    assert metrics["angle_deg"]["curve"] == "inv_angle_deg"
    assert facts["viewer"]["tasks"][-1] == {"name": "normals", "title": "Surface normals"}
    image = facts["viewer"]["images"][0]
    assert "normals" in image["truth"] and all("normals" in point["pictures"] for point in image["points"])


def test_scores_are_what_the_tasks_own_measure_says() -> None:
    class Measured:
        def measure(self, scores: dict[str, Any], weights: Any) -> dict[str, Any]:
            return {"own": weights @ (scores["a"] + scores["b"])}

    shown = ShownTask("mine", Measured(), (Metric("own", "own", "u", 1),))
    assert scores(shown, {"a_mine": 1.0, "b_mine": 2.5, "a_other": 9.0}) == "own 3.5 u"
    assert scores(shown, {"a_mine": 1.0}) == "" and scores(shown, {}) == "" and scores(shown, None) == ""


def test_qualities_go_from_fine_to_coarse_and_lossless_shows_what_was_coded() -> None:
    points = facts_of("default")["viewer"]["images"][0]["points"]
    own = [p for p in points if p["cut"] == "c256" and p["method"] == "baseline"]
    assert [p["quality"] for p in own if p["codec"] == "hevc"] == ["lossless", "qp10", "qp22", "qp34"]
    by_key = {(p["codec"], p["quality"]): p for p in own}
    assert by_key["png", "lossless"]["pictures"] == by_key["none", ""]["pictures"]
    assert by_key["none", ""]["error"] == 0 and by_key["none", ""]["bytes"] is None


def test_pictures_are_kept_once_are_what_they_show_and_shrink_until_they_fit() -> None:
    made = facts_of("default")["viewer"]
    assert len(set(made["pictures"])) == len(made["pictures"])
    tables, showcases = read(summary_of("default"))
    point = made["images"][0]["points"][0]
    wanted = showcases[0].uncoded("c256", point["method"])
    assert wanted is not None and point["codec"] == "none"
    data = base64.b64decode(made["pictures"][point["pictures"]["reconstruction"]])
    shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.array_equal(shown, np.asarray(showcases[0].output(wanted, "reconstruction")))
    per_image, tasks = tables.csv("per_image.csv"), measured_by_task(tables)
    weight = sum(map(len, made["pictures"]))
    assert made["shrunk"] == 1 and made["left_out"] == 0
    assert viewer(showcases, per_image, tasks, weight - 1)["shrunk"] == 2
    with pytest.raises(DataError, match=r"pictures.npz: pictures of \d+ bytes.*show fewer images"):
        viewer(showcases, per_image, tasks, 1000)
    with pytest.raises(DataError, match=r"pictures.npz: no images in it"):
        viewer([], per_image, tasks)


def test_shrinking_takes_means_of_photos_and_pixels_of_drawings() -> None:
    array = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert pictures.shrink(array, 2).tolist() == [[0, 2], [8, 10]]
    assert pictures.shrink(array[..., None], 2, smooth=True)[..., 0].tolist() == [[2, 4], [10, 12]]
    drawn = np.zeros((4, 4, 3), dtype=np.uint8)
    drawn[1:, 1:] = (200, 100, 50)
    small = np.asarray(Image.open(io.BytesIO(pictures.png(drawn, 2))).convert("RGB"))
    assert small.shape == (2, 2, 3) and {tuple(c) for c in small.reshape(-1, 3).tolist()} <= {(0, 0, 0), (200, 100, 50)}
    photo = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(pictures.png(photo)))), photo)


def test_the_page_has_no_number_and_no_name_of_a_run() -> None:
    names = r"\bqp\d|\bc(256|512)\b|https?://|\b(baseline|hevc|jpeg|png|miou|psnr|rmse|segmentation|disparity)\b"
    for path in (TEMPLATE, STYLE, *SCRIPTS):
        text = path.read_text().replace("image/png", "")
        assert not re.search(names, text, re.I), path.name
        assert "compressible" not in text.replace("compressible features", ""), path.name


@pytest.mark.slow
def test_a_name_cannot_end_the_script(tmp_path: Path) -> None:
    folder = write_summary(tmp_path, synthetic_experiment(cuts=("c512",), codecs=("hevc",)), flat=True)
    for name, nasty in (
        ("points", {"dataset": "</script><b>"}),
        ("bd_rate", {"verdict": "</script><script>alert(1)"}),
    ):
        write_csv(folder / f"{name}.csv", pd.read_csv(folder / f"{name}.csv").assign(**nasty))
    page = build(*read(folder))
    assert "</script><b>" not in page and "<script>alert" not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
