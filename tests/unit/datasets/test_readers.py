"""The readers of Cityscapes and CamVid: encodings, order, and what is wrong with which file."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
ENDS = {"image": "leftImg8bit", "labels": "gtFine_labelIds", "disparity_px": "disparity"}
FOLDERS = {"image": "leftImg8bit", "labels": "gtFine", "disparity_px": "disparity"}
IDS = (np.arange(SIZE[0] * SIZE[1]) % 34).reshape(SIZE).astype(np.uint8)
KNOWN = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
"""Label ids of Cityscapes that are classes, in the order of their numbers."""
GREY, COLOUR = np.zeros(SIZE, np.uint8), np.zeros((*SIZE, 3), np.uint8)


def png(path: Path, pixels: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def file_of(root: Path, field: str, name: str = "lindau_000000_000019") -> Path:
    return root / f"{FOLDERS[field]}/val/{name.split('_')[0]}/{name}_{ENDS[field]}.png"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A Cityscapes folder of two images, at an odd path."""
    folder = tmp_path / "my 'data'; \"v1\" $HOME"
    codes = (np.arange(SIZE[0] * SIZE[1]) * 20).reshape(SIZE).astype(np.uint16)
    for name in ("munster_000001_000019", "lindau_000000_000019"):
        pictures: dict[str, NDArray[Any]] = {"image": COLOUR + 80, "labels": IDS, "disparity_px": codes}
        for field, pixels in pictures.items():
            png(file_of(folder, field, name), pixels)
    return folder


def read(root: Path) -> dict[str, Any]:
    """Return the first scene."""
    return dict(Cityscapes().read(Cityscapes().samples(root, "val", FIELDS)[0]))


def refused(root: Path, fields: tuple[str, ...] = FIELDS) -> str:
    """Return the message of the DataError that reading every sample raises."""
    dataset = Cityscapes()
    with pytest.raises(DataError, match=r"^[^\n]+$") as caught:
        for sample in dataset.samples(root, "val", fields):
            dataset.read(sample)
    return str(caught.value)


def test_encodings_and_order(root: Path) -> None:
    dataset = DATASETS.get("cityscapes")()
    samples = dataset.samples(root, "val", FIELDS)
    assert [sample.image_id for sample in samples] == ["lindau_000000_000019", "munster_000001_000019"]
    scene = dataset.read(samples[0])
    assert scene["labels"].ravel()[:34].tolist() == [KNOWN.index(i) if i in KNOWN else IGNORE for i in range(34)]
    assert scene["disparity_px"].dtype == np.float32
    assert scene["disparity_px"].ravel()[:3].tolist() == [0, 19 / 256, 39 / 256]
    assert dataset.class_names[0] == "road" and dataset.class_names[18] == "bicycle"


@pytest.mark.parametrize("field", ["labels", "disparity_px"])
def test_a_missing_folder_matters_only_to_its_field(root: Path, field: str) -> None:
    shutil.rmtree(root / FOLDERS[field])
    assert str(root / FOLDERS[field]) in refused(root, (field,))
    others = tuple(name for name in FIELDS if name != field)
    dataset = Cityscapes()
    assert set(dataset.read(dataset.samples(root, "val", others)[0])) == set(others)


def test_missing_root_split_and_images(root: Path) -> None:
    assert "nowhere" in refused(root / "nowhere")
    with pytest.raises(DataError, match="leftImg8bit/train"):
        Cityscapes().samples(root, "train", FIELDS)
    for path in (root / "leftImg8bit").rglob("*.png"):
        path.unlink()
    assert "contains no image" in refused(root)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("keep", [0, 20, 60, -20])
def test_a_truncated_png(root: Path, field: str, keep: int) -> None:
    path = file_of(root, field)
    path.write_bytes(path.read_bytes()[:keep])
    message = refused(root)
    assert str(path) in message and "cannot be decoded" in message and "expected" in message


def indexed(path: Path, ids: NDArray[np.uint8], grey: bool) -> None:
    """Write a label map as an optimiser does: a palette of the values that occur, in the order of their counts."""
    values, counts = np.unique(ids, return_counts=True)
    order = values[np.argsort(-counts, kind="stable")]
    index = np.zeros(256, np.uint8)
    index[order] = np.arange(len(order))
    image = Image.fromarray(index[ids], mode="P")
    image.putpalette([c for v in order for c in ((v, v, v) if grey else (v, 255 - v, 7))])
    image.save(path)


def raw_png(path: Path, bits: int, kind: int, row: bytes, palette: bytes = b"", size: tuple[int, int] = SIZE) -> None:
    """Write a PNG of equal rows byte by byte: ``kind`` 0 is grey, 2 RGB, 3 indexed, 6 RGBA, of ``bits`` a sample."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", size[1], size[0], bits, kind, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + row) * SIZE[0]))
    colours = chunk(b"PLTE", palette) if palette else b""
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + colours + pixels + chunk(b"IEND", b""))


def test_an_indexed_grey_label_map_is_read_by_its_grey_values(root: Path) -> None:
    ids = IDS.copy()
    ids[:20] = 7
    png(file_of(root, "labels"), ids)
    plain = read(root)["labels"]
    indexed(file_of(root, "labels"), ids, grey=True)
    assert Image.open(file_of(root, "labels")).mode == "P"
    assert np.array_equal(read(root)["labels"], plain)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_an_indexed_map_of_few_bits_is_read_by_its_grey_values(bits: int, root: Path) -> None:
    """The palette has a colour that no pixel uses, which does not make it a colour map."""
    palette = [7, 11] if bits == 1 else [7, None, 23] if bits == 2 else [7, None, 23, 26]
    colours = bytes(v for grey in palette for v in ((1, 2, 3) if grey is None else (grey, grey, grey)))
    used = [i for i, grey in enumerate(palette) if grey is not None]
    row = np.resize(np.array([*used, used[-1]], np.uint8), SIZE[1])
    packed = np.packbits(np.unpackbits(row[:, None], axis=1)[:, 8 - bits :].ravel()).tobytes()
    raw_png(file_of(root, "labels"), bits, 3, packed, colours)
    assert (read(root)["labels"] == [KNOWN.index(palette[i] or 0) for i in row]).all()


@pytest.mark.parametrize(("bits", "kind"), [(1, 0), (2, 0), (8, 0), (1, 3)])
def test_a_frame_without_any_disparity_may_have_fewer_bits(bits: int, kind: int, root: Path) -> None:
    row, palette = bytes(SIZE[1] * bits // 8), bytes(3) if kind == 3 else b""
    raw_png(file_of(root, "disparity_px"), bits, kind, row, palette)
    found = read(root)["disparity_px"]
    assert found.dtype == np.float32 and not found.any()


def saved_as(kind: str, mode: str | None = None) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        image = Image.open(path)
        (image.convert(mode) if mode else image.copy()).save(path, format=kind)

    return write


def with_much_text(path: Path) -> None:
    metadata = PngInfo()
    metadata.add_text("notes", "x" * 3_000_000, zip=True)
    Image.new("RGB", SIZE[::-1]).save(path, pnginfo=metadata)


def without_width(path: Path) -> None:
    raw_png(path, 8, 2, bytes(3 * SIZE[1]))
    path.write_bytes(path.read_bytes().replace(struct.pack(">II", *SIZE[::-1]), struct.pack(">II", 0, 32), 1))


def too_large(path: Path) -> None:
    """The header alone decides, so that nobody waits for the pixels; a damaged one may say anything."""
    raw_png(path, 8, 0, b"", size=(10000, 20000))


LARGE = ": is too large (Image size (200000000 pixels) exceeds limit of"
SHADES = "this looks like a grey map of fewer than 8 bits per pixel"
"""Whether a sample of 1 of 15 is the id 1 or the shade 17 is for the user to say."""
BEYOND = "found palette index 5 of a palette of 2 colours"
PALETTE = (b"\x05" * (SIZE[1] // 2), bytes([7, 7, 7, 11, 11, 11]))
REFUSED: list[tuple[str, Callable[[Path], Any], str]] = [
    ("labels", Path.unlink, ""),
    ("disparity_px", Path.unlink, ""),
    ("labels", lambda path: png(path, GREY[:16]), "16 x 64"),
    ("disparity_px", lambda path: png(path, GREY[:16].astype(np.uint16)), "16 x 64"),
    ("labels", lambda path: png(path, GREY + 34), ": found label id 34; expected ids 0 to 33"),
    ("labels", lambda path: indexed(path, IDS, grey=False), "this looks like a colour map with a palette"),
    ("labels", lambda path: png(path, np.stack([IDS, 255 - IDS, IDS], axis=-1)), "colour map (as *_color.png)"),
    ("labels", lambda path: png(path, IDS.astype(np.uint16) * 1000), "this looks like instance ids"),
    ("labels", lambda path: png(path, np.where(IDS < 19, IDS, 255).astype(np.uint8)), "this looks like train ids"),
    *(("labels", lambda path, n=n: raw_png(path, n, 0, b"\x11" * (SIZE[1] * n // 8)), SHADES) for n in (1, 2, 4)),
    *(("labels", lambda path, n=n: png(path, np.stack([IDS] * n, axis=-1)), "a grey map that was") for n in (2, 3, 4)),
    *((field, lambda path: raw_png(path, 4, 3, *PALETTE), BEYOND) for field in ("image", "labels")),
    *((field, saved_as(kind), f": is a {kind} pic") for field in ("image", "labels") for kind in ("JPEG", "TIFF")),
    ("image", saved_as("JPEG", "CMYK"), "take the original file"),
    ("disparity_px", lambda path: png(path, GREY + 1), "this looks like an 8-bit map, whose fractions of a pixel"),
    *((field, too_large, LARGE) for field in FIELDS),
    ("image", lambda path: png(path, GREY), "RGB"),
    ("image", lambda path: raw_png(path, 16, 2, bytes(6 * SIZE[1])), "mode RGB, 16 bits per sample; expected an 8-bit"),
    ("image", lambda path: raw_png(path, 8, 6, bytes(4 * SIZE[1])), "this looks like a photograph with transparency"),
    ("image", with_much_text, "save it without its metadata"),
    ("image", without_width, "fetch the file again"),
]


@pytest.mark.parametrize(("field", "spoil", "expected"), REFUSED)
def test_another_picture_is_refused_as_what_it_is(
    field: str, spoil: Callable[[Path], Any], expected: str, root: Path
) -> None:
    path = file_of(root, field)
    spoil(path)
    message = refused(root)
    assert str(path) in message and expected in message


def test_equal_names_in_two_folders_are_refused(root: Path) -> None:
    for field in FIELDS:
        source = file_of(root, field)
        shutil.copy(source, source.parent.with_name("munster"))
    message = refused(root)
    assert "image id 'lindau_000000_000019' stands for" in message and "val/munster" in message


@pytest.fixture
def camvid(tmp_path: Path) -> Path:
    """A CamVid folder of two images."""
    for name in ("b", "a"):
        png(tmp_path / f"camvid/val/{name}.png", COLOUR)
        png(tmp_path / f"camvid/valannot/{name}.png", (np.arange(GREY.size) % 12).reshape(SIZE).astype(np.uint8))
    return tmp_path / "camvid"


def test_camvid_passes_over_what_systems_leave_in_folders(camvid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (".DS_Store", "._a.png", "Thumbs.db"):
        (camvid / "val" / name).write_bytes(b"clutter")
    (camvid / "val/b.png").rename(camvid / "val/b.PNG")
    (camvid / "val/c.jpg").write_bytes(b"a photograph of another format")
    png(camvid / "val/000007.png", COLOUR)
    png(camvid / "valannot/000007.png", GREY)
    dataset = DATASETS.get("camvid")()
    samples = dataset.samples(camvid, "val", dataset.fields)
    assert [sample.image_id for sample in samples] == ["000007", "a", "b"]
    assert "passed over 1 files that do not end with .png" in capsys.readouterr().err
    scene = dataset.read(samples[1])
    assert scene["labels"].ravel()[:12].tolist() == [*range(11), IGNORE]
    assert set(scene) == {"image", "labels"} and len(dataset.class_names) == 11


def test_camvid_errors(camvid: Path) -> None:
    dataset, fields = CamVid(), ("image", "labels")
    png(camvid / "valannot/a.png", GREY + 12)
    with pytest.raises(DataError, match="found label id 12; expected ids 0 to 11"):
        dataset.read(dataset.samples(camvid, "val", fields)[0])
    (camvid / "valannot/a.png").unlink()
    with pytest.raises(DataError, match=r"valannot/a\.png: not found"):
        dataset.samples(camvid, "val", fields)
    shutil.rmtree(camvid / "valannot")
    assert set(dataset.read(dataset.samples(camvid, "val", ("image",))[0])) == {"image"}
    with pytest.raises(DataError, match="valannot: no such folder"):
        dataset.samples(camvid, "val", fields)
    for name in ACCENTED:
        png(camvid / f"val/{name}.png", COLOUR)
    with pytest.raises(DataError, match="expected every file name once"):
        dataset.samples(camvid, "val", ("image",))
    for path in (camvid / "val").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="contains no image"):
        dataset.samples(camvid, "val", ("image",))


ACCENTED = ("caf\u00e9", "cafe\u0301")
"""One name, with the accent in its letter and beside it."""


@pytest.mark.parametrize(("image", "label"), [ACCENTED, ACCENTED[::-1]])
def test_accents_may_be_put_together_otherwise_in_labels(image: str, label: str, tmp_path: Path, root: Path) -> None:
    png(tmp_path / f"val/{image}.png", COLOUR)
    png(tmp_path / f"valannot/{label.upper()}.png", GREY)
    (sample,) = CamVid().samples(tmp_path, "val", ("image", "labels"))
    assert sample.files["labels"].name == f"{label.upper()}.png" and CamVid().read(sample)
    for field, name in zip(FIELDS, (image, label, label), strict=True):
        png(file_of(root, field, f"{name}_000000_000019"), COLOUR)
    samples = Cityscapes().samples(root, "val", FIELDS)
    assert samples[0].image_id == f"{image}_000000_000019" and len(samples) == 3
    assert all(path.is_file() for sample in samples for path in sample.files.values())


LATIN = os.fsdecode(b"caf\xe9")


@pytest.mark.parametrize(
    ("image", "label", "expected"),
    [
        (LATIN, LATIN, "val/caf\\xe9.png: found a name in another encoding; expected UTF-8; rename"),
        ("CAF\u00c9", LATIN, "valannot/CAF\u00c9.png: not found"),
    ],
)
def test_a_name_in_another_encoding_is_refused(image: str, label: str, expected: str, camvid: Path, root: Path) -> None:
    png(camvid / f"val/{image}.png", COLOUR)
    png(camvid / f"valannot/{label}.png", GREY)
    with pytest.raises(DataError, match=r"^[^\n]+$") as caught:
        CamVid().samples(camvid, "val", ("image", "labels"))
    assert str(caught.value).encode() and expected in str(caught.value)
    shutil.copytree(root / "leftImg8bit/val/lindau", root / f"leftImg8bit/val/{LATIN}")
    assert f"{root}/leftImg8bit/val/caf\\xe9/" in refused(root)
