"""Figures, documents and headline of a run with awkward names, and of one without any disparity."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

import synthetic_summary
from compfeat.arrays import read_arrays, write_arrays
from compfeat.experiment.entries import LadderConfig
from compfeat.io import read_csv
from compfeat.reports.explorer.build import build as build_explorer
from compfeat.reports.explorer.tables import NEEDS, interval_rows
from compfeat.reports.figures.base import FIGURES
from compfeat.reports.figures.style import theme
from compfeat.reports.headline import NEEDS as HEADLINE
from compfeat.reports.headline import headline_text
from compfeat.reports.labels import codec_label, comparison_label
from compfeat.reports.paper.build import build as build_paper
from compfeat.reports.paper.facts import TABLES, paper_facts
from compfeat.reports.showcase import NEEDS as PICTURES
from compfeat.reports.showcase import Showcase
from compfeat.reports.summary import Tables
from compfeat.settings.runs import Comparison
from documents import description, settings_of
from synthetic_summary import summary_of, synthetic_experiment, write_summary
from tiny_results import BYTES, NEW, OLD, PAIRS, TinyRun, tiny_experiment

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
FIGURE_NAMES = [f"{name}@hevc" if FIGURES.by_ladder(name) else name for name in FIGURES.names()]


def explorer_tables(folder: Path) -> Tables:
    return Tables.of([folder / name for name in dict.fromkeys([*NEEDS, *PICTURES, *HEADLINE])])


def shown(name: str, folder: Path) -> set[str]:
    """Return all texts of a figure; none is read as a formula."""
    spec = FIGURES.get(name)
    with theme():
        figure = spec.draw(Tables.of(folder / needed for needed in spec.needs))
        figure.draw_without_rendering()
        found = [text for text in figure.findobj(Text) if isinstance(text, Text)]
        assert not any(text.get_parse_math() or text.get_usetex() for text in found), name
    return {" ".join(text.get_text().split()) for text in found if text.get_text()}


@pytest.fixture(scope="module", params=[LABELS, NUMBERS], ids=["texts", "numbers"])
def awkward(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, str]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic_summary, "IDS", IDS)
        patch.setattr(synthetic_summary, "CLASSES", ("$road$", "_sky", "a$$b"))
        labels = request.param
        e = synthetic_experiment(
            tuple(labels), ("c256",), codecs=("jpeg", "hevc"), senders=("inf",), labels=labels, pictures=(0,)
        )
        yield write_summary(tmp_path_factory.mktemp("run"), e), labels


def test_figures_show_texts_and_no_formulas(awkward: tuple[Path, dict[str, str]]) -> None:
    folder, labels = awkward
    found = {name.partition("@")[0]: shown(name, folder) for name in FIGURE_NAMES}
    assert not any("mathdefault" in text for texts in found.values() for text in texts)
    assert set(labels.values()) <= found["rate_accuracy"]
    assert set(labels.values()) - {labels["baseline"]} <= found["tradeoff"]
    assert {"cut c256, $a_{1}$: ground truth (top) and outputs", "$road$", "_sky"} <= found["task_outputs"]
    assert {"10⁻³", "10⁻¹"} <= found["feature_statistics"]


def test_explorer_and_headline_show_them_letter_by_letter(awkward: tuple[Path, dict[str, str]]) -> None:
    folder, labels = awkward
    tables = explorer_tables(folder)
    page = build_explorer(tables, Showcase.every(tables))
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data
    facts = json.loads(data[1])
    assert {m["name"]: m["label"] for m in facts["methods"]} == labels
    assert {row["method"] for row in interval_rows(tables) if row["source"] == "this run"} == set(labels) - {"baseline"}
    assert facts["viewer"]["images"][0]["id"] == IDS[0]
    body = page.partition('id="data"')[0]
    for label in labels.values():
        assert html.escape(label).replace("&#x27;", "&#39;") in body
    assert "<b>" not in body
    headline = headline_text(tables)
    *shown_labels, _ = labels.values()
    assert f"against {shown_labels[0]} + HEVC" in headline and "1 more comparison" in headline
    assert all(f"  {label} + HEVC" in headline for label in shown_labels[1:])
    crossed = read_csv(folder / "crossovers.csv", [])
    assert set(crossed["remote"]) == {"inf"} and set(crossed["split"]) == {"baseline"}


def test_a_comparison_is_called_by_both_sides_everywhere() -> None:
    methods, ladders = {"base": "Baseline", "klt": "Task KLT"}, {"hevc": "HEVC", "own": "Laplace"}
    for comparison, both in (
        (Comparison("klt", "base", "hevc", "hevc"), "Task KLT + HEVC vs Baseline + HEVC"),
        (Comparison("base", "base", "own", "hevc"), "Baseline + Laplace vs Baseline + HEVC"),
        (Comparison("old", "base", "x", "hevc"), "old + x vs Baseline + HEVC"),
        (Comparison("klt", "base", "", ""), "Task KLT vs Baseline"),
    ):
        assert comparison_label(comparison, methods, ladders) == both
    tables, wanted = explorer_tables(summary_of("three_methods")), "baseline + LAPLACE vs baseline + HEVC"
    assert {row["who"] for row in interval_rows(tables) if row["method"] == row["against"]} == {wanted}
    assert "against baseline + HEVC" in headline_text(tables) and "  baseline + LAPLACE" in headline_text(tables)


def test_a_codec_is_called_as_its_own_ladder_is() -> None:
    ladders = {
        "published": LadderConfig(codecs=("png", "jpegxl"), label="PNG and JPEG XL"),
        "xl": LadderConfig(codecs=("jpegxl",), label="JPEG XL"),
        "own": LadderConfig(codecs=("laplace",), label=""),
    }
    assert [codec_label(name, ladders) for name in ("png", "jpegxl", "laplace")] == ["PNG", "JPEG XL", "LAPLACE"]


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's tables without any disparity: neither in the pictures' ground truth nor a number of it."""
    folder = write_summary(tmp_path_factory.mktemp("run"), synthetic_experiment(cuts=("c256",)))
    arrays = read_arrays(folder / "pictures.npz")
    truths = [name for name in arrays if name.endswith("/disparity_px")]
    assert truths
    write_arrays(folder / "pictures.npz", arrays | {name: np.zeros_like(arrays[name]) for name in truths})
    for path in folder.glob("*.csv"):
        table = pd.read_csv(path, dtype={"image_id": str}, keep_default_na=False, na_values=[""])
        own = [name for name in table if "rmse" in str(name) or "disparity" in str(name)]
        empty: dict[str, Any] = {str(name): float("nan") for name in own if table[name].dtype.kind == "f"}
        table.assign(**empty).to_csv(path, index=False)
    return folder


@pytest.mark.slow
def test_figures_and_documents_without_disparity(gaps: Path) -> None:
    for name in FIGURE_NAMES:
        assert shown(name, gaps)
    tables = explorer_tables(gaps)
    assert build_explorer(tables, Showcase.every(tables))
    e = tables.resolved.experiment
    facts = paper_facts(e, settings_of(e, ()), [description(e, cut) for cut in e.cuts], {})
    assert build_paper(facts, [gaps / name for name in (*TABLES, "experiment.json")]).startswith(b"%PDF")


def test_tables_without_disparity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(path: Path, arrays: dict[str, Any]) -> None:
        write_arrays(
            path, {k: np.zeros_like(v) if "/disparity/" in k and v.ndim == 1 else v for k, v in arrays.items()}
        )

    monkeypatch.setattr("tiny_results.write_arrays", without)
    run = TinyRun(tmp_path, tiny_experiment([OLD, NEW], PAIRS), BYTES)
    run.write()
    run.gather()
    assert run.read("points.csv")["rmse"].isna().all() and run.read("points.csv")["miou"].notna().all()
    verdicts = run.read("headline.csv").set_index("metric")["verdict"]
    assert verdicts["inv_rmse"].str.startswith("refused: the anchor lacks this metric").all()
