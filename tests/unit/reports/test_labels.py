"""What comparisons are called in figures, explorer and headline."""

from __future__ import annotations

from pathlib import Path

import pytest

from compfeat.experiment.runs import Comparison
from compfeat.reports.explorer.tables import NEEDS, Tables, float_rows, interval_rows
from compfeat.reports.figures.base import FIGURES
from compfeat.reports.figures.style import theme
from compfeat.reports.headline import NEEDS as HEADLINE
from compfeat.reports.headline import headline_text
from compfeat.reports.labels import comparison_label, ladder_label
from compfeat.reports.summary import Tables as Files
from synthetic_summary import Variant, write_summary

METHODS, LADDERS = {"base": "Baseline", "klt": "Task KLT"}, {"hevc": "HEVC", "own": "Laplace"}


@pytest.mark.parametrize(
    ("comparison", "of_ladder", "of_both"),
    [
        (Comparison("klt", "base", "hevc", "hevc"), "HEVC", "Task KLT against Baseline"),
        (Comparison("klt", "base", "own", "hevc"), "Laplace against HEVC", "Task KLT against Baseline"),
        (Comparison("base", "base", "own", "hevc"), "Laplace against HEVC", "Laplace against HEVC, Baseline"),
        (Comparison("old", "base", "x", "hevc"), "x against HEVC", "old against Baseline"),
    ],
)
def test_a_comparison_is_called_by_what_differs(comparison: Comparison, of_ladder: str, of_both: str) -> None:
    assert ladder_label(comparison, LADDERS) == of_ladder
    assert comparison_label(comparison, METHODS, LADDERS) == of_both


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A summary in which a method is compared with itself on another ladder."""
    across = (Comparison("baseline", "baseline", "prior", "hevc"),)
    variant = Variant(cuts=("c256",), codecs=("hevc", "prior"), tasks=("reconstruction",), across=across)
    return write_summary(tmp_path_factory.mktemp("summary"), variant)


def test_a_method_is_never_said_to_be_against_itself(summary: Path) -> None:
    wanted = "PRIOR against HEVC, baseline"
    tables = Tables.read(Files.of(summary / name for name in NEEDS))
    assert [row["who"] for row in interval_rows(tables) if row["method"] == row["against"]] == [wanted] * 2
    assert {row["who"] for row in float_rows(tables)} == {"compressible against baseline"}
    assert wanted in headline_text(Files.of(summary / name for name in HEADLINE))
    with theme():
        spec = FIGURES.get("bd_rate_intervals")
        drawn = spec.draw(Files.of(summary / name for name in spec.needs))
    rows = [label.get_text().replace("\n", " ") for label in drawn.axes[0].get_yticklabels()]
    assert rows == [wanted, "compressible", "published"]
