"""Labels, ids and names are shown as they are, whatever they look like to matplotlib, HTML, CSV and tabulate."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from matplotlib.text import Text

import synthetic_summary
from compfeat.io import read_csv
from compfeat.reports.explorer.build import build
from compfeat.reports.explorer.tables import NEEDS, Tables
from compfeat.reports.figures.base import FIGURES
from compfeat.reports.figures.style import theme
from compfeat.reports.headline import NEEDS as HEADLINE
from compfeat.reports.headline import headline_text
from compfeat.reports.showcase import NEEDS as PICTURES
from compfeat.reports.showcase import Showcase
from compfeat.reports.summary import Tables as Files
from synthetic_summary import Variant, write_summary

LABELS = {
    "baseline": "under $5 and not $6^",
    "nan": "Ba$$in",
    "null": "_{hidden} 100 % \\frac",
    "true": "<b>&amp;</b>|{{ x }}",
    "inf": "007",
}
"""Names that a CSV reader takes for something else, with labels that others do."""
NUMBERS = {"baseline": "1e3", "nan": "007", "null": "True", "true": "0x10", "inf": "1_000"}
IDS = ["$a_{1}$", *(f"{i:03d}" for i in range(10)), "<i>_$x"]
LADDERS = {"published": ("jpeg",), "hevc": ("hevc",)}


def summary(folder: Path, monkeypatch: pytest.MonkeyPatch, labels: dict[str, str]) -> Path:
    monkeypatch.setattr(synthetic_summary, "LABELS", labels)
    monkeypatch.setattr(synthetic_summary, "IDS", IDS)
    monkeypatch.setattr(synthetic_summary, "CLASSES", ("$road$", "_sky", "a$$b", "c", "d", "e", "f"))
    variant = Variant(
        methods=tuple(labels),
        cuts=("c256",),
        codecs=("jpeg", "hevc"),
        ladders=LADDERS,
        image_senders=("inf",),
        pictures=(0,),
    )
    return write_summary(folder, variant)


def shown(figure: Any) -> Iterator[str]:
    """Yield all texts of a figure that have one."""
    figure.draw_without_rendering()
    yield from (" ".join(text.get_text().split()) for text in figure.findobj(Text) if text.get_text())


def test_figures_show_texts_and_no_formulas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = summary(tmp_path, monkeypatch, LABELS)
    found: dict[str, set[str]] = {}
    for module in FIGURES.names():
        name = f"{module}@hevc" if FIGURES.by_ladder(module) else module
        spec = FIGURES.get(name)
        with theme():
            figure = spec.draw(Files.of(folder / needed for needed in spec.needs))
            found[module] = set(shown(figure))
            assert not any(text.get_parse_math() or text.get_usetex() for text in figure.findobj(Text)), name
            assert not any("mathdefault" in text for text in found[module]), name
    assert set(LABELS.values()) <= found["rate_accuracy"]
    for module in ("bd_rate_intervals", "tradeoff", "image_sizes"):
        assert set(LABELS.values()) - {LABELS["baseline"]} <= found[module], module
    assert "cut c256, $a_{1}$" in found["task_outputs"] and {"$road$", "_sky", "a$$b"} <= found["task_outputs"]
    assert {"10⁻³", "10⁻¹"} <= found["feature_statistics"]


@pytest.mark.parametrize("labels", [LABELS, NUMBERS], ids=["texts", "numbers"])
def test_explorer_pages_and_headline_show_them_as_they_are(
    labels: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = summary(tmp_path, monkeypatch, labels)
    files = Files.of(folder / name for name in dict.fromkeys([*NEEDS, *PICTURES, *HEADLINE]))
    page = build(Tables.read(files), Showcase.every(files), files.csv("per_image.csv"))
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data
    facts = json.loads(data[1])
    assert {m["name"]: m["label"] for m in facts["methods"] if m["ours"]} == labels
    assert {row["method"] for row in facts["intervals"] if row["source"] == "this run"} == set(labels) - {"baseline"}
    assert facts["viewer"]["images"][0]["id"] == IDS[0]
    body = page.partition('id="data"')[0]
    for label in labels.values():
        assert html.escape(label).replace("&#x27;", "&#39;") in body
    assert "<b>" not in body
    headline = headline_text(files)
    assert all(
        f"{label} against {labels['baseline']}" in headline for name, label in labels.items() if name != "baseline"
    )
    crossed = read_csv(folder / "crossovers.csv", [])
    assert set(crossed["remote"]) == {"inf"} and set(crossed["split"]) == {"baseline"}
