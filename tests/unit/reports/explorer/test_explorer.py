"""The explorer's data and page: made for any run, from its numbers alone, and the same to the byte."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from compfeat.analysis.claims import PUBLISHED
from compfeat.documents.explorer import pictures
from compfeat.documents.explorer.build import ASSETS, build, explorer_facts
from compfeat.documents.explorer.tables import OURS, Tables, rounded
from compfeat.documents.explorer.viewer import viewer
from compfeat.errors import DataError
from compfeat.figures import Tables as Files
from compfeat.figures._pictures import Showcase
from compfeat.io import read_csv
from compfeat.stages import explorer as stage
from synthetic_summary import Variant, write_summary

VARIANTS = {
    "default": Variant(pictures=(3, 5)),
    "two seeds": Variant(seeds=(0, 1), cuts=("c256",)),
    "like camvid": Variant(cuts=("c256",), tasks=("segmentation", "reconstruction")),
    "refused": Variant(flat=True, cuts=("c512",)),
    "baseline alone": Variant(losses=("baseline",), cuts=("c256",), codecs=("hevc",), tasks=("segmentation",)),
    "three losses": Variant(losses=("baseline", "compressible", "sparse"), cuts=("c256",), codecs=("jpeg", "png")),
}


def read(summary: Path) -> tuple[Tables, list[Showcase]]:
    tables = {name: read_csv(summary / file, stage.columns(file)) for name, file in stage.TABLES.items()}
    return Tables(**tables), Showcase.every(Files(summary, stage.PICTURES))


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: write_summary(tmp_path_factory.mktemp("run") / "summarise", v) for name, v in VARIANTS.items()}


def facts_of(summaries: dict[str, Path], name: str) -> dict[str, Any]:
    return explorer_facts(*read(summaries[name]))


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.parametrize("name", VARIANTS)
def test_every_run_gets_a_page(name: str, summaries: dict[str, Path]) -> None:
    facts, variant = facts_of(summaries, name), VARIANTS[name]
    assert facts["cuts"] == sorted(variant.cuts) and [loss["name"] for loss in facts["losses"]] == list(variant.losses)
    assert len(facts["metrics"]) == len(variant.tasks) and facts["codecs"] == sorted(variant.codecs)
    ours = [row for row in facts["points"] if row["source"] == OURS]
    assert len(ours) == len(variant.points()) and sum(r["source"] == PUBLISHED for r in facts["points"]) == 20
    tasks = {task for image in facts["viewer"]["images"] for p in image["points"] for task in p["pictures"]}
    assert tasks == {"decoded", *variant.tasks}


def test_the_stage_writes_one_file_and_twice_the_same(summaries: dict[str, Path], tmp_path: Path) -> None:
    folder = summaries["default"].parent
    made = []
    for name in ("a", "b"):
        stage.main(["--output", str(folder), "--html", str(tmp_path / f"{name}.html")])
        made.append((tmp_path / f"{name}.html").read_bytes())
    assert made[0] == made[1] and len(made[0]) < 15_000_000
    page = made[0].decode()
    assert data_of(page) == json.loads(json.dumps(facts_of(summaries, "default")))
    assert not re.search(r'(src|href)="(?!#|data:)', page.partition("<script")[0])


def test_numbers_are_those_of_the_tables(summaries: dict[str, Path]) -> None:
    tables, _ = read(summaries["default"])
    facts = facts_of(summaries, "default")
    row = next(r for r in facts["points"] if r["source"] == OURS and r["quality"] == "qp22" and r["cut"] == "c512")
    keys = ["cut", "loss", "codec", "quality"]
    wanted = tables.points[(tables.points[keys] == [row[k] for k in keys]).all(axis=1)].iloc[0]
    assert row["rate"] == pytest.approx(wanted["rate_bpe"]) and row["miou"] == pytest.approx(100 * wanted["miou"])
    assert row["between"]["miou"] == pytest.approx([0.9 * row["miou"], 1.1 * row["miou"]], rel=1e-5)
    told = {(r["cut"], r["ladder"], r["metric"]): r for r in facts["intervals"] if r["source"] == OURS}
    for r in tables.intervals.to_dict("records"):
        mine = told[(r["cut"], r["ladder"], r["metric"])]
        assert mine["bd_rate"] == rounded(r["bd_rate_percent"]) and mine["low"] == rounded(r["low_percent"])


def test_refused_cells_tell_why(summaries: dict[str, Path]) -> None:
    rows = [r for r in facts_of(summaries, "refused")["intervals"] if r["source"] == OURS]
    assert rows and all(r["bd_rate"] is None and r["verdict"].startswith("refused:") for r in rows)
    assert not any("see bd_rate.csv" in r["verdict"] for r in rows)
    page = build(*read(summaries["refused"]))
    assert page.count("no number: the anchor has 1 points") == len(rows)


def test_bytes_and_scores_are_of_the_image(summaries: dict[str, Path]) -> None:
    per_image = pd.read_csv(summaries["default"] / "per_image.csv")
    image = facts_of(summaries, "default")["viewer"]["images"][1]
    assert image["id"] == "scene_000005"
    point = next(p for p in image["points"] if p["codec"] == "jpeg" and p["loss"] == "compressible")
    keys = ["cut", "loss", "codec", "quality"]
    own = per_image[(per_image[keys] == [point[k] for k in keys]).all(axis=1) & (per_image["image_id"] == image["id"])]
    assert point["payload_bytes"] == own["payload_bytes"].iloc[0]
    assert point["bytes"] == own[["payload_bytes", "header_bytes", "side_info_bytes"]].sum(axis=1).iloc[0]
    assert point["scores"]["disparity"] == pytest.approx(np.sqrt(own["sse_disparity"].iloc[0]))
    assert 0 < point["scores"]["segmentation"] <= 100


def test_qualities_go_from_fine_to_coarse_and_lossless_shows_the_quantised(summaries: dict[str, Path]) -> None:
    facts = facts_of(summaries, "default")["viewer"]["images"][0]["points"]
    own = [p for p in facts if p["cut"] == "c256" and p["loss"] == "baseline"]
    sizes = [p["bytes"] for p in own if p["codec"] == "hevc"]
    assert len(sizes) == 7 and sizes == sorted(sizes, reverse=True)
    by_key = {(p["codec"], p["quality"]): p for p in own}
    assert by_key["png", "lossless"]["pictures"] == by_key["none", "u8"]["pictures"]
    assert by_key["none", "u8"]["code_error"] == 0 and by_key["none", "u8"]["bytes"] is None


def test_pictures_are_held_once_and_are_what_they_show(summaries: dict[str, Path]) -> None:
    made = facts_of(summaries, "default")["viewer"]
    assert len(set(made["pictures"])) == len(made["pictures"])
    _, showcases = read(summaries["default"])
    point = made["images"][0]["points"][0]
    data = base64.b64decode(made["pictures"][point["pictures"]["reconstruction"]])
    shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    wanted = next(p for p in showcases[0].points if (p.run.cut, p.run.loss, p.codec) == ("c256", point["loss"], "none"))
    assert np.array_equal(shown, np.asarray(showcases[0].output(wanted, "reconstruction")))


def test_pictures_shrink_until_they_fit(summaries: dict[str, Path]) -> None:
    _, showcases = read(summaries["default"])
    full = viewer(showcases)
    weight = sum(map(len, full["pictures"]))
    assert full["shrunk"] == 1 and full["left_out"] == 0
    assert viewer(showcases, weight - 1)["shrunk"] == 2
    assert viewer(showcases, weight // 3)["left_out"] == 1
    with pytest.raises(DataError, match=r"showcase.npz: pictures of \d+ bytes.*show fewer images"):
        viewer(showcases, 1000)
    with pytest.raises(DataError, match=r"showcase.npz: holds no images"):
        viewer([])


def test_shrinking_takes_means_or_pixels() -> None:
    array = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert pictures.shrink(array, 2).tolist() == [[0, 2], [8, 10]]
    assert pictures.shrink(array[..., None], 2, smooth=True)[..., 0].tolist() == [[2, 4], [10, 12]]
    assert pictures.css([(255, 0, 16)]) == ["#ff0010"]


def test_disparities_without_a_truth_are_grey() -> None:
    image = pictures.disparities(np.array([[0.0, 5.0]]), 5.0, 1, missing=np.array([[True, False]]))
    assert np.asarray(image.convert("RGB"))[0].tolist() == [list(pictures.NO_TRUTH_RGB), [253, 231, 37]]


def test_the_page_has_no_number_of_a_run() -> None:
    for path in ASSETS:
        text = path.read_text()
        assert not re.search(r"\bqp\d|\bc(256|512)\b|https?://", text), path.name


def test_a_name_cannot_end_the_script(summaries: dict[str, Path]) -> None:
    tables, showcases = read(summaries["refused"])
    tables.points["dataset"] = "</script><b>"
    tables.bd_rate["verdict"] = "</script><script>alert(1)"
    page = build(tables, showcases)
    assert "</script><b>" not in page and "<script>alert" not in page
    assert data_of(page)["intervals"][0]["verdict"].startswith("</script>")
