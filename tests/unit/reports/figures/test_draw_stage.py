from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from PIL import Image

from compfeat.__main__ import call
from compfeat.errors import DataError
from compfeat.reports.figures.base import FIGURES
from synthetic_summary import Variant, write_summary


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_summary(
        tmp_path_factory.mktemp("summary"), Variant(cuts=("c256",), codecs=("hevc",), tasks=("segmentation",))
    )


def run(name: str, summary: Path, folder: Path) -> tuple[bytes, bytes]:
    pdf, png = folder / f"{name}.pdf", folder / f"{name}.png"
    tables = [str(summary / needed) for needed in FIGURES.get(name).needs]
    call("draw", ["--figure", name, "--tables", *tables, "--pdf", str(pdf), "--png", str(png)])
    return pdf.read_bytes(), png.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rate_accuracy@hevc", "task_outputs"])
def test_redrawing_gives_the_same_bytes(name: str, summary: Path, tmp_path: Path) -> None:
    first = run(name, summary, tmp_path / "first")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        assert run(name, summary, tmp_path / "second") == first
    assert sorted(p.name for p in (tmp_path / "first").iterdir()) == [f"{name}.pdf", f"{name}.png"]
    assert b"CreationDate" not in first[0] and b"/Type3" not in first[0]
    with Image.open(tmp_path / "first" / f"{name}.png") as image:
        assert image.size[0] == 1400  # 7 inches at 200 dpi


def test_failing_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"epochs\.csv: not found"):
        run("training_curves", tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
