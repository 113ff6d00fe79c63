from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from compfeat.errors import DataError
from compfeat.features.archive import write_arrays
from compfeat.features.quantise import quantise
from compfeat.features.store import FeatureWriter
from compfeat.grid import Layout, Point, Run
from compfeat.stages import collect
from helpers import write_split

SHAPE = (4, 2, 4)
POINTS = [
    Point(Run("c256", loss, seed), *key)
    for loss in ("baseline", "compressible")
    for seed in (0, 1)
    for key in (("none", "float"), ("none", "u8"), ("hevc", "qp22"), ("hevc", "lossless"))
]


@pytest.fixture
def argv(tmp_path: Path) -> list[str]:
    layout = Layout(str(tmp_path / "results"), str(tmp_path / "prepared"))
    write_split(Path(layout.prepared), "val", 3)
    rng = np.random.default_rng(0)
    for run in sorted({point.run for point in POINTS}):
        Path(layout.description(run)).parent.mkdir(parents=True)
        Path(layout.description(run)).write_text(json.dumps({"channels": SHAPE[0]}))
        with FeatureWriter(Path(layout.features(run)), 3, SHAPE) as writer:
            for _ in range(3):
                writer.append(quantise(rng.random(SHAPE, dtype=np.float32), 8))
    for point in POINTS:
        write_arrays(Path(layout.showcase(point)), {"2/tiles": np.full((4, 8), 7, dtype=np.uint8)})
    flags = ["--output", layout.output, "--prepared", layout.prepared, "--showcase-images", "2"]
    return [*flags, "--points", *(point.id for point in POINTS)]


def test_gathers_pictures_and_statistics(argv: list[str]) -> None:
    collect.main(argv)
    folder = Path(argv[1]) / "summarise"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(first) == ["feature_statistics.csv", "showcase.npz"]
    with np.load(folder / "showcase.npz", allow_pickle=False) as arrays:
        assert arrays["2/image_id"] == "val_000002" and arrays["2/image"].shape == (32, 64, 3)
        tiles = [name for name in arrays.files if name.endswith("/tiles")]
        assert len(arrays["class_names"]) == 19
    losses = ("baseline", "compressible")
    points = ("hevc/qp22", "none/u8")
    assert tiles == [f"2/c256/{loss}/seed0/{point}/tiles" for loss in losses for point in points]
    table = pd.read_csv(folder / "feature_statistics.csv")
    assert table.groupby(["loss", "seed"]).ngroups == 4
    shares = table[table["statistic"] == "code_share"].groupby(["loss", "seed"])["value"].sum()
    assert np.allclose(shares, 1.0)
    collect.main(argv)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_missing_pictures_are_told(argv: list[str]) -> None:
    path = Layout(argv[1], "").showcase(POINTS[1])
    write_arrays(Path(path), {"1/tiles": np.zeros((4, 8), dtype=np.uint8)})
    with pytest.raises(DataError, match=r"showcase.npz: holds images 1; expected image 2; rerun the stage evaluate"):
        collect.main(argv)
    Path(path).unlink()
    with pytest.raises(DataError, match=r"none/u8/showcase.npz: not found"):
        collect.main(argv)


def test_images_beyond_the_split_are_told(argv: list[str]) -> None:
    argv[argv.index("2")] = "5"
    with pytest.raises(DataError, match=r"has 3 images; expected image 5"):
        collect.main(argv)
