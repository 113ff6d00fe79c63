"""The readers of Cityscapes and CamVid: encodings, order, and what is wrong with which file."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from compfeat.datasets.base import DATASETS, IGNORE
from compfeat.datasets.plugins.camvid import CamVid
from compfeat.datasets.plugins.cityscapes import Cityscapes
from compfeat.errors import DataError

SIZE = (32, 64)
FIELDS = ("image", "labels", "disparity_px")


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


def _read(root: Path, fields: tuple[str, ...] = FIELDS) -> str:
    """Return the message of the DataError that reading every sample raises."""
    dataset = Cityscapes()
    with pytest.raises(DataError) as caught:
        for sample in dataset.samples(root, "val", fields):
            dataset.read(sample)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_encodings_and_order(root: Path) -> None:
    dataset = DATASETS.get("cityscapes")()
    samples = dataset.samples(root, "val", FIELDS)
    assert [sample.image_id for sample in samples] == ["lindau_000000_000019", "munster_000001_000019"]
    scene = dataset.read(samples[0])
    known = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
    expected = [known.index(i) if i in known else IGNORE for i in range(34)]
    assert scene["labels"].ravel()[:34].tolist() == expected
    assert scene["disparity_px"].dtype == np.float32
    assert scene["disparity_px"].ravel()[:3].tolist() == [0, 19 / 256, 39 / 256]
    assert dataset.class_names[0] == "road" and dataset.class_names[18] == "bicycle"


@pytest.mark.parametrize(("folder", "field"), [("gtFine", "labels"), ("disparity", "disparity_px")])
def test_a_missing_folder_matters_only_to_its_field(root: Path, folder: str, field: str) -> None:
    shutil.rmtree(root / folder)
    assert str(root / folder) in _read(root, (field,))
    others = tuple(name for name in FIELDS if name != field)
    dataset = Cityscapes()
    assert set(dataset.read(dataset.samples(root, "val", others)[0])) == set(others)


def test_missing_root_split_and_images(root: Path) -> None:
    assert "nowhere" in _read(root / "nowhere")
    dataset = Cityscapes()
    with pytest.raises(DataError, match="leftImg8bit/train"):
        dataset.samples(root, "train", FIELDS)
    for path in (root / "leftImg8bit").rglob("*.png"):
        path.unlink()
    assert "contains no image" in _read(root)


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
    _png(disparity, np.ones(SIZE, np.uint8))
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
    samples = dataset.samples(tmp_path, "val", dataset.fields)
    assert [sample.image_id for sample in samples] == ["a", "b"]
    scene = dataset.read(samples[0])
    assert scene["labels"].ravel()[:12].tolist() == [*range(11), IGNORE]
    assert set(scene) == {"image", "labels"} and len(dataset.class_names) == 11


def test_camvid_errors(tmp_path: Path) -> None:
    _camvid(tmp_path)
    dataset, fields = CamVid(), ("image", "labels")
    _png(tmp_path / "valannot/a.png", np.full(SIZE, 12, np.uint8))
    with pytest.raises(DataError, match="found label id 12; expected ids 0 to 11"):
        dataset.read(dataset.samples(tmp_path, "val", fields)[0])
    (tmp_path / "valannot/a.png").unlink()
    with pytest.raises(DataError, match=r"valannot/a\.png: not found"):
        dataset.samples(tmp_path, "val", fields)
    shutil.rmtree(tmp_path / "valannot")
    assert set(dataset.read(dataset.samples(tmp_path, "val", ("image",))[0])) == {"image"}
    with pytest.raises(DataError, match="valannot: no such folder"):
        dataset.samples(tmp_path, "val", fields)
    shutil.rmtree(tmp_path / "val")
    (tmp_path / "val").mkdir()
    with pytest.raises(DataError, match="contains no image"):
        dataset.samples(tmp_path, "val", ("image",))


def _indexed(path: Path, ids: NDArray[np.uint8], grey: bool) -> None:
    """Write a label map as an optimiser does: a palette of the values that occur, in the order of their counts."""
    values, counts = np.unique(ids, return_counts=True)
    order = values[np.argsort(-counts, kind="stable")]
    index = np.zeros(256, np.uint8)
    index[order] = np.arange(len(order))
    image = Image.fromarray(index[ids], mode="P")
    image.putpalette([c for v in order for c in ((v, v, v) if grey else (v, 255 - v, 7))])
    image.save(path)


def test_an_indexed_grey_label_map_is_read_by_its_grey_values(root: Path) -> None:
    labels = _files(root, "lindau_000000_000019")[1]
    dataset = Cityscapes()
    before = dataset.read(dataset.samples(root, "val", FIELDS)[0])["labels"]
    ids = np.array(Image.open(labels))
    ids[:20] = 7
    _png(labels, ids)
    plain = dataset.read(dataset.samples(root, "val", FIELDS)[0])["labels"]
    _indexed(labels, ids, grey=True)
    assert Image.open(labels).mode == "P"
    found = dataset.read(dataset.samples(root, "val", FIELDS)[0])["labels"]
    assert np.array_equal(found, plain) and not np.array_equal(found, before)


def _raw_png(path: Path, bits: int, kind: int, row: bytes, palette: bytes = b"") -> None:
    """Write a PNG of equal rows byte by byte: ``kind`` 0 is grey, 3 indexed, of ``bits`` a pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = SIZE
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + row) * height))
    colours = chunk(b"PLTE", palette) if palette else b""
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + colours + pixels + chunk(b"IEND", b""))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_an_indexed_map_of_few_bits_is_read_by_its_grey_values(bits: int, root: Path) -> None:
    """The palette has a colour that no pixel uses, which does not make it a colour map."""
    labels = _files(root, "lindau_000000_000019")[1]
    palette = [7, 11] if bits == 1 else [7, None, 23] if bits == 2 else [7, None, 23, 26]
    colours = bytes(v for grey in palette for v in ((1, 2, 3) if grey is None else (grey, grey, grey)))
    last = len(palette) - 1
    indices = [i for i, grey in enumerate(palette) if grey is not None] + [last]
    row = np.resize(np.array(indices, np.uint8), SIZE[1])
    packed = np.packbits(np.unpackbits(row[:, None], axis=1)[:, 8 - bits :].ravel()).tobytes()
    _raw_png(labels, bits, 3, packed, colours)
    dataset = Cityscapes()
    found = dataset.read(dataset.samples(root, "val", FIELDS)[0])["labels"]
    ids = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26]
    assert (found == [ids.index(palette[i] or 0) for i in row]).all()


@pytest.mark.parametrize("which", [0, 1])
def test_a_pixel_beyond_the_palette_is_damage(which: int, root: Path) -> None:
    path = _files(root, "lindau_000000_000019")[which]
    _raw_png(path, 4, 3, b"\x05" * (SIZE[1] // 2), bytes([7, 7, 7, 11, 11, 11]))
    assert f"{path}: found palette index 5 of a palette of 2 colours" in _read(root)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_labels_of_few_bits_are_refused(bits: int, root: Path) -> None:
    """Whether a sample of 1 of 15 is the id 1 or the shade 17 is for the user to say."""
    labels = _files(root, "lindau_000000_000019")[1]
    _raw_png(labels, bits, 0, b"\x11" * (SIZE[1] * bits // 8))
    assert "this looks like a grey map of fewer than 8 bits a pixel" in _read(root)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_grey_labels_with_more_channels_are_refused_as_what_they_are(channels: int, root: Path) -> None:
    labels = _files(root, "lindau_000000_000019")[1]
    ids = np.array(Image.open(labels))
    _png(labels, np.stack([ids] * channels, axis=-1))
    assert "this looks like a grey map that was stored with" in _read(root)


@pytest.mark.parametrize(("bits", "kind"), [(1, 0), (2, 0), (8, 0), (1, 3)])
def test_a_frame_without_any_disparity_may_have_fewer_bits(bits: int, kind: int, root: Path) -> None:
    disparity = _files(root, "lindau_000000_000019")[2]
    _raw_png(disparity, bits, kind, bytes(SIZE[1] * bits // 8), bytes(3) if kind == 3 else b"")
    dataset = Cityscapes()
    scene = dataset.read(dataset.samples(root, "val", FIELDS)[0])
    assert scene["disparity_px"].dtype == np.float32 and not scene["disparity_px"].any()
    _raw_png(disparity, 8, 0, b"\x01" * SIZE[1])
    assert "this looks like an 8-bit map, whose fractions of a pixel are lost" in _read(root)


def test_other_maps_are_refused_with_what_they_look_like(root: Path) -> None:
    labels = _files(root, "lindau_000000_000019")[1]
    ids = np.array(Image.open(labels))
    _indexed(labels, ids, grey=False)
    assert "this looks like a colour map with a palette" in _read(root)
    _png(labels, np.stack([ids, 255 - ids, ids], axis=-1))
    assert "this looks like a colour map (as *_color.png)" in _read(root)
    _png(labels, (ids.astype(np.uint16) * 1000))
    assert "this looks like instance ids" in _read(root)
    train_ids = np.where(ids < 19, ids, 255).astype(np.uint8)
    _png(labels, train_ids)
    assert "this looks like train ids" in _read(root)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
@pytest.mark.parametrize("which", [0, 1])
def test_another_format_named_png_is_refused(root: Path, kind: str, which: int) -> None:
    path = _files(root, "lindau_000000_000019")[which]
    image = Image.open(path).copy()
    image.save(path, format=kind)
    assert f"{path}: is a {kind} picture" in _read(root)


def test_equal_names_in_two_folders_are_refused(root: Path) -> None:
    for end, folder in (("leftImg8bit", "leftImg8bit"), ("gtFine_labelIds", "gtFine"), ("disparity", "disparity")):
        source = root / f"{folder}/val/lindau/lindau_000000_000019_{end}.png"
        other = root / f"{folder}/val/munster/{source.name}"
        shutil.copy(source, other)
    message = _read(root)
    assert "image id 'lindau_000000_000019' stands for" in message and "val/munster" in message


def test_what_systems_leave_in_folders_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _camvid(tmp_path)
    for name in (".DS_Store", "._a.png", "Thumbs.db"):
        (tmp_path / "val" / name).write_bytes(b"clutter")
    (tmp_path / "val/b.png").rename(tmp_path / "val/b.PNG")
    (tmp_path / "val/c.jpg").write_bytes(b"a photograph of another format")
    samples = CamVid().samples(tmp_path, "val", ("image", "labels"))
    assert [sample.image_id for sample in samples] == ["a", "b"]
    assert "passed over 1 files that do not end with .png" in capsys.readouterr().err


def test_a_picture_of_too_many_pixels_is_refused_for_its_size(root: Path) -> None:
    """The header alone decides, so that nobody waits for the pixels; a damaged one may say anything."""
    for which in (0, 1, 2):
        path = _files(root, "lindau_000000_000019")[which]
        before = path.read_bytes()
        _raw_png(path, 8, 0, b"")
        data = bytearray(path.read_bytes())
        data[16:24] = struct.pack(">II", 20000, 10000)
        data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
        path.write_bytes(bytes(data))
        message = _read(root)
        assert f"{path}: is too large (Image size (200000000 pixels) exceeds limit of" in message
        assert "cannot be decoded" not in message and "scale it down" in message
        path.write_bytes(before)


def test_each_kind_of_picture_has_its_own_remedy(root: Path) -> None:
    image = _files(root, "lindau_000000_000019")[0]
    _raw_png(image, 16, 2, bytes(6 * SIZE[1]))
    assert "mode RGB, 16 bits a sample; expected an 8-bit RGB image; convert it" in _read(root)
    _raw_png(image, 8, 6, bytes(4 * SIZE[1]))
    assert "this looks like a photograph with transparency" in _read(root)
    Image.new("CMYK", SIZE[::-1]).save(image, format="JPEG")
    assert "is a JPEG picture" in _read(root) and "take the original file" in _read(root)
    metadata = PngInfo()
    metadata.add_text("notes", "x" * 3_000_000, zip=True)
    Image.new("RGB", SIZE[::-1]).save(image, pnginfo=metadata)
    assert "cannot be decoded" in _read(root) and "save it without its metadata" in _read(root)
    _raw_png(image, 8, 2, bytes(3 * SIZE[1]))
    image.write_bytes(image.read_bytes().replace(struct.pack(">II", *SIZE[::-1]), struct.pack(">II", 0, 32), 1))
    assert "cannot be decoded" in _read(root) and "fetch the file again" in _read(root)


ACCENTED = ("caf\u00e9", "cafe\u0301")
"""One name, with the accent in its letter and beside it."""


@pytest.mark.parametrize(("image", "label"), [ACCENTED, ACCENTED[::-1]])
def test_accents_may_be_put_together_otherwise_in_labels(image: str, label: str, tmp_path: Path, root: Path) -> None:
    _png(tmp_path / f"val/{image}.png", np.zeros((*SIZE, 3), np.uint8))
    _png(tmp_path / f"valannot/{label.upper()}.png", np.zeros(SIZE, np.uint8))
    (sample,) = CamVid().samples(tmp_path, "val", ("image", "labels"))
    assert sample.files["labels"].name == f"{label.upper()}.png" and CamVid().read(sample)
    paths = _files(root, f"{image}_1")
    for path, name in zip(paths, (image, label, label), strict=True):
        city = path.parent.with_name(name)
        shutil.copytree(next(folder for folder in path.parent.parent.iterdir() if folder.name == "lindau"), city)
        for file in city.iterdir():
            file.rename(city / file.name.replace("lindau", name))
    samples = Cityscapes().samples(root, "val", FIELDS)
    assert samples[0].image_id == f"{image}_000000_000019" and len(samples) == 3
    assert all(path.is_file() for sample in samples for path in sample.files.values())


def test_two_images_whose_names_look_alike_are_refused(tmp_path: Path) -> None:
    for name in ACCENTED:
        _png(tmp_path / f"val/{name}.png", np.zeros((*SIZE, 3), np.uint8))
    with pytest.raises(DataError, match="expected every file name once"):
        CamVid().samples(tmp_path, "val", ("image",))


@pytest.mark.parametrize("where", ["image", "label", "city"])
def test_a_name_in_another_encoding_is_refused(where: str, tmp_path: Path, root: Path) -> None:
    latin = os.fsdecode(b"caf\xe9")
    if where == "city":
        shutil.copytree(root / "leftImg8bit/val/lindau", root / f"leftImg8bit/val/{latin}")
        assert f"{root}/leftImg8bit/val/caf\\xe9/" in _read(root) and "expected UTF-8; rename" in _read(root)
        return
    names = (latin, latin) if where == "image" else ("CAF\u00c9", latin)
    _png(tmp_path / f"val/{names[0]}.png", np.zeros((*SIZE, 3), np.uint8))
    _png(tmp_path / f"valannot/{names[1]}.png", np.zeros(SIZE, np.uint8))
    with pytest.raises(DataError) as caught:
        CamVid().samples(tmp_path, "val", ("image", "labels"))
    message = str(caught.value)
    assert message.encode() and "\n" not in message
    expected = (
        "valannot/CAF\u00c9.png: not found"
        if where == "label"
        else "val/caf\\xe9.png: found a name in another encoding"
    )
    assert expected in message


def test_numeric_names_keep_their_zeros(tmp_path: Path) -> None:
    for number in (7, 10):
        _png(tmp_path / f"val/{number:06d}.png", np.zeros((*SIZE, 3), np.uint8))
    assert [sample.image_id for sample in CamVid().samples(tmp_path, "val", ("image",))] == ["000007", "000010"]
