from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from compfeat.errors import DataError
from compfeat.stages import figures
from synthetic_summary import Variant, write_summary


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_summary(
        tmp_path_factory.mktemp("summary"), Variant(cuts=("c256",), codecs=("hevc",), tasks=("segmentation",))
    )


def _run(name: str, summary: Path, folder: Path) -> tuple[bytes, bytes]:
    pdf, png = folder / f"{name}.pdf", folder / f"{name}.png"
    figures.main(["--figure", name, "--summary", str(summary), "--pdf", str(pdf), "--png", str(png)])
    return pdf.read_bytes(), png.read_bytes()


@pytest.mark.parametrize("name", ["rate_accuracy", "task_outputs"])
def test_redrawing_gives_the_same_bytes(name: str, summary: Path, tmp_path: Path) -> None:
    first = _run(name, summary, tmp_path / "first")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        assert _run(name, summary, tmp_path / "second") == first
    assert sorted(p.name for p in (tmp_path / "first").iterdir()) == [f"{name}.pdf", f"{name}.png"]
    assert b"CreationDate" not in first[0] and b"/Type3" not in first[0]
    with Image.open(tmp_path / "first" / f"{name}.png") as image:
        assert image.size[0] == 1400  # 7 inches at 200 dpi
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    if name == "task_outputs":
        assert (pixels == (128, 64, 128)).all(axis=1).sum() > 1000  # road


def test_failing_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"epochs\.csv: not found"):
        _run("training_curves", tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_declaring_figures_loads_no_plotting_library() -> None:
    code = (
        "import sys; from compfeat.figures import FIGURES; [FIGURES.get(n).needs for n in FIGURES.names()];"
        "print(sorted({'matplotlib', 'seaborn', 'scipy', 'torch'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "[]"
