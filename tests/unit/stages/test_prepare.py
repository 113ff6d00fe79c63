"""The stage prepare: what it writes, that it repeats, and how it fails."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from compfeat.datasets.packed import open_packed
from compfeat.datasets.streets import render_scene, scene_paths, write_scene
from compfeat.errors import ConfigError, DataError
from compfeat.stages.prepare import COLUMNS, main

ALL = ["segmentation", "disparity", "reconstruction"]


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rendered scenes at an odd path."""
    root = tmp_path_factory.mktemp("streets") / 'it\'s; "odd" here'
    for index in range(3):
        write_scene(root, "val", index, 0, (64, 128))
    return root


def _prepare(
    root: Path,
    out: Path,
    *more: str,
    dataset: str = "streets",
    tasks: list[str] = ALL,
    size: tuple[int, int] = (32, 64),
) -> None:
    outputs = [
        text
        for key, end in (("arrays", "npy"), ("index", "csv"), ("info", "json"))
        for text in (f"--{key}", f"{out}/val.{end}")
    ]
    shape = ["--height", str(size[0]), "--width", str(size[1])]
    main(["--dataset", dataset, "--root", str(root), "--split", "val", "--tasks", *tasks, *shape, *outputs, *more])


def test_what_is_written(streets: Path, tmp_path: Path) -> None:
    out = tmp_path / "x; 'y'"
    _prepare(streets, out)
    assert open_packed(out / "val.npy")["disparity_px"].shape == (3, 32, 64)
    index = pd.read_csv(out / "val.csv")
    assert list(index.columns) == COLUMNS
    source = scene_paths(streets, "val", 1)
    row = index.iloc[1]
    for kind in ("image", "labels", "disparity"):
        assert row[f"{kind}_sha256"] == hashlib.sha256(source[kind].read_bytes()).hexdigest()
    assert (row["source_height"], row["source_width"]) == (64, 128)
    info = json.loads((out / "val.json").read_text())
    assert (info["dataset"], info["split"], info["n_images"], info["tasks"]) == ("streets", "val", 3, ALL)
    assert (info["height"], info["width"], len(info["class_names"])) == (32, 64, 19)
    assert str(tmp_path) not in (out / "val.json").read_text() + (out / "val.csv").read_text()


def test_it_repeats_byte_for_byte(streets: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        _prepare(streets, tmp_path / name)
    for end in ("npy", "csv", "json"):
        assert (tmp_path / f"a/val.{end}").read_bytes() == (tmp_path / f"b/val.{end}").read_bytes()


def test_native_size_keeps_every_pixel(streets: Path, tmp_path: Path) -> None:
    _prepare(streets, tmp_path, size=(64, 128))
    packed = open_packed(tmp_path / "val.npy")
    np.testing.assert_array_equal(packed["image"][2], render_scene("val", 2, 0, (64, 128))[0].image)
    np.testing.assert_array_equal(packed["disparity_px"], packed["disparity_authors_px"])


def test_limit_and_fewer_tasks(streets: Path, tmp_path: Path) -> None:
    _prepare(streets, tmp_path, "--limit", "2", tasks=["reconstruction", "segmentation"])
    packed = open_packed(tmp_path / "val.npy")
    assert packed.dtype.names == ("image", "labels") and len(packed) == 2
    assert pd.read_csv(tmp_path / "val.csv")["disparity_sha256"].isna().all()
    assert json.loads((tmp_path / "val.json").read_text())["tasks"] == ["segmentation", "reconstruction"]


def test_errors_leave_no_output(streets: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such folder"):
        _prepare(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(ConfigError, match="expected one of camvid, cityscapes, streets"):
        _prepare(streets, tmp_path / "out", dataset="kitti")
    for flags in (("--limit", "0"), ("--limit", "-1")):
        with pytest.raises(ConfigError, match="--limit"):
            _prepare(streets, tmp_path / "out", *flags)
    with pytest.raises(ConfigError, match="--height"):
        _prepare(streets, tmp_path / "out", size=(0, 64))
    assert not list(tmp_path.rglob("*.*"))


def test_a_task_that_the_dataset_lacks(tmp_path: Path) -> None:
    for folder in ("val", "valannot"):
        (tmp_path / folder).mkdir()
        mode = "RGB" if folder == "val" else "L"
        Image.new(mode, (64, 32)).save(tmp_path / folder / "a.png")
    with pytest.raises(DataError, match="disparity: no such folder"):
        _prepare(tmp_path, tmp_path / "out", dataset="camvid")
    _prepare(tmp_path, tmp_path / "out", dataset="camvid", tasks=["segmentation", "reconstruction"])
    assert len(open_packed(tmp_path / "out/val.npy")) == 1
