"""A run whose frames have no disparity at all: every table, figure and document is made, and the metric is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from compfeat.arrays import read_arrays, write_arrays
from compfeat.reports.explorer.build import explorer_facts
from compfeat.reports.explorer.tables import NEEDS as OF_EXPLORER
from compfeat.reports.explorer.tables import Tables as ExplorerTables
from compfeat.reports.figures.base import FIGURES
from compfeat.reports.figures.style import theme
from compfeat.reports.paper.build import build
from compfeat.reports.paper.facts import TABLES, paper_facts
from compfeat.reports.showcase import NEEDS as OF_PICTURES
from compfeat.reports.showcase import Showcase
from compfeat.reports.summary import Tables as Files
from documents import description, experiment_of, settings_of
from synthetic_summary import Variant, write_summary
from tiny_results import BYTES, NEW, OLD, PAIRS, TinyRun, tiny_experiment

VARIANT = Variant(cuts=("c256",))
FIGURE_NAMES = [f"{name}@hevc" if FIGURES.by_ladder(name) else name for name in FIGURES.names()]


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's tables without any disparity: neither in the pictures' ground truth nor a number of it."""
    folder = write_summary(tmp_path_factory.mktemp("run") / "summarise", VARIANT)
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


@pytest.mark.parametrize("name", FIGURE_NAMES)
def test_figures(name: str, summary: Path) -> None:
    with theme():
        drawn = FIGURES.get(name).draw(Files.of(summary / needed for needed in FIGURES.get(name).needs))
    drawn.canvas.draw()
    assert drawn.get_axes()


@pytest.mark.slow
def test_documents(summary: Path) -> None:
    files = Files.of([summary / name for name in dict.fromkeys([*OF_EXPLORER, *OF_PICTURES])])
    facts = explorer_facts(ExplorerTables.read(files), Showcase.every(files), files.csv("per_image.csv"))
    assert facts["viewer"]["images"]
    experiment = experiment_of(VARIANT)
    described = [description(experiment, cut) for cut in experiment.cuts]
    facts = paper_facts(experiment, settings_of(experiment, ()), described, {})
    assert build(facts, [summary / name for name in (*TABLES, "experiment.json")]).startswith(b"%PDF")


def test_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep: Callable[..., None] = write_arrays

    def without(path: Path, arrays: dict[str, Any]) -> None:
        keep(path, {k: np.zeros_like(v) if "/disparity/" in k and v.ndim == 1 else v for k, v in arrays.items()})

    monkeypatch.setattr("tiny_results.write_arrays", without)
    run = TinyRun(tmp_path, tiny_experiment([OLD, NEW], PAIRS), BYTES)
    run.write()
    run.gather()
    assert run.read("points.csv")["rmse"].isna().all() and run.read("points.csv")["miou"].notna().all()
    verdicts = run.read("headline.csv").set_index("metric")["verdict"]
    assert verdicts["inv_rmse"].str.startswith("refused: the anchor lacks this metric").all()
