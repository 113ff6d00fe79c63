"""The readers of Cityscapes and CamVid: encodings, order, and what is wrong with which file."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from compfeat.datasets import DATASETS, IGNORE, TASKS
from compfeat.datasets.camvid import CamVid
from compfeat.datasets.cityscapes import Cityscapes
from compfeat.errors import DataError

SIZE = (32, 64)


def _png(path: Path, pixels: NDArray[np.generic]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def _files(root: Path, name: str) -> tuple[Path, Path, Path]:
    city = name.split("_")[0]
    return (
        root / f"leftImg8bit/val/{city}/{name}_leftImg8bit.png",
        root / f"gtFine/val/{city}/{name}_gtFine_labelIds.png",
        root / f"disparity/val/{city}/{name}_disparity.png",
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A Cityscapes folder of two images, at an odd path."""
    folder = tmp_path / "my 'data'; \"v1\" $HOME"
    ids = (np.arange(SIZE[0] * SIZE[1]) % 34).reshape(SIZE).astype(np.uint8)
    codes = (np.arange(SIZE[0] * SIZE[1]) * 20).reshape(SIZE).astype(np.uint16)
    for name in ("munster_000001_000019", "lindau_000000_000019"):
        image, labels, disparity = _files(folder, name)
        _png(image, np.full((*SIZE, 3), 80, np.uint8))
        _png(labels, ids)
        _png(disparity, codes)
    return folder


def _read(root: Path, tasks: tuple[str, ...] = TASKS) -> str:
    """Return the message of the DataError that reading every sample raises."""
    dataset = Cityscapes()
    with pytest.raises(DataError) as caught:
        for sample in dataset.samples(root, "val", tasks):
            dataset.read(sample)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_encodings_and_order(root: Path) -> None:
    dataset = DATASETS.get("cityscapes")()
    samples = dataset.samples(root, "val", TASKS)
    assert [sample.image_id for sample in samples] == ["lindau_000000_000019", "munster_000001_000019"]
    scene = dataset.read(samples[0])
    known = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
    expected = [known.index(i) if i in known else IGNORE for i in range(34)]
    assert scene.labels.ravel()[:34].tolist() == expected
    assert scene.disparity_px is not None and scene.disparity_px.dtype == np.float32
    assert scene.disparity_px.ravel()[:3].tolist() == [0, 19 / 256, 39 / 256]
    assert dataset.class_names[0] == "road" and dataset.class_names[18] == "bicycle"


@pytest.mark.parametrize(("folder", "task"), [("gtFine", "segmentation"), ("disparity", "disparity")])
def test_a_missing_folder_matters_only_to_its_task(root: Path, folder: str, task: str) -> None:
    shutil.rmtree(root / folder)
    assert str(root / folder) in _read(root, (task,))
    others = tuple(name for name in TASKS if name != task)
    dataset = Cityscapes()
    scene = dataset.read(dataset.samples(root, "val", others)[0])
    assert scene.disparity_px is None if task == "disparity" else (scene.labels == IGNORE).all()


def test_missing_root_split_and_images(root: Path) -> None:
    assert "nowhere" in _read(root / "nowhere")
    dataset = Cityscapes()
    with pytest.raises(DataError, match="leftImg8bit/train"):
        dataset.samples(root, "train", TASKS)
    with pytest.raises(DataError, match="no split 'test'"):
        dataset.samples(root, "test", TASKS)
    for path in (root / "leftImg8bit").rglob("*.png"):
        path.unlink()
    assert "holds no image" in _read(root)


@pytest.mark.parametrize("which", [1, 2])
def test_an_image_without_ground_truth(root: Path, which: int) -> None:
    path = _files(root, "munster_000001_000019")[which]
    path.unlink()
    assert str(path) in _read(root)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("keep", [0, 20, 60, -20])
def test_a_truncated_png(root: Path, which: int, keep: int) -> None:
    path = _files(root, "lindau_000000_000019")[which]
    path.write_bytes(path.read_bytes()[:keep])
    message = _read(root)
    assert str(path) in message and "cannot be decoded" in message and "expected" in message


@pytest.mark.parametrize(("which", "kind"), [(1, np.uint8), (2, np.uint16)])
def test_a_wrong_size(root: Path, which: int, kind: type[np.generic]) -> None:
    path = _files(root, "lindau_000000_000019")[which]
    _png(path, np.zeros((16, 64), kind))
    message = _read(root)
    assert str(path) in message and "16 x 64" in message and "32 x 64" in message


def test_a_label_id_out_of_range(root: Path) -> None:
    path = _files(root, "lindau_000000_000019")[1]
    _png(path, np.full(SIZE, 34, np.uint8))
    assert f"{path}: found label id 34; expected ids 0 to 33" in _read(root)


def test_pictures_of_the_wrong_kind(root: Path) -> None:
    image, labels, disparity = _files(root, "lindau_000000_000019")
    _png(disparity, np.zeros(SIZE, np.uint8))
    message = _read(root)
    assert str(disparity) in message and "16-bit" in message and "mode L" in message
    _png(labels, np.zeros((*SIZE, 3), np.uint8))
    assert str(labels) in _read(root)
    _png(image, np.zeros(SIZE, np.uint8))
    assert str(image) in _read(root) and "RGB" in _read(root)


def _camvid(root: Path) -> None:
    ids = (np.arange(SIZE[0] * SIZE[1]) % 12).reshape(SIZE).astype(np.uint8)
    for name in ("b", "a"):
        _png(root / f"val/{name}.png", np.zeros((*SIZE, 3), np.uint8))
        _png(root / f"valannot/{name}.png", ids)


def test_camvid(tmp_path: Path) -> None:
    _camvid(tmp_path)
    dataset = DATASETS.get("camvid")()
    samples = dataset.samples(tmp_path, "val", dataset.tasks)
    assert [sample.image_id for sample in samples] == ["a", "b"]
    scene = dataset.read(samples[0])
    assert scene.labels.ravel()[:12].tolist() == [*range(11), IGNORE]
    assert scene.disparity_px is None and len(dataset.class_names) == 11


def test_camvid_errors(tmp_path: Path) -> None:
    _camvid(tmp_path)
    dataset = CamVid()
    with pytest.raises(DataError, match="disparity: no such folder"):
        dataset.samples(tmp_path, "val", ("disparity",))
    with pytest.raises(DataError, match="no split"):
        dataset.samples(tmp_path, "dev", ())
    _png(tmp_path / "valannot/a.png", np.full(SIZE, 12, np.uint8))
    with pytest.raises(DataError, match="found label id 12; expected ids 0 to 11"):
        dataset.read(dataset.samples(tmp_path, "val", ("segmentation",))[0])
    (tmp_path / "valannot/a.png").unlink()
    with pytest.raises(DataError, match=r"valannot/a\.png: not found"):
        dataset.samples(tmp_path, "val", ("segmentation",))
    shutil.rmtree(tmp_path / "valannot")
    assert (dataset.read(dataset.samples(tmp_path, "val", ())[0]).labels == IGNORE).all()
    with pytest.raises(DataError, match="valannot: no such folder"):
        dataset.samples(tmp_path, "val", ("segmentation",))
    shutil.rmtree(tmp_path / "val")
    (tmp_path / "val").mkdir()
    with pytest.raises(DataError, match="holds no image"):
        dataset.samples(tmp_path, "val", ())
