"""What is true of every codec, fed with what methods send: features in floating point, or images."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codec_helpers import FRAME_CODECS, finest
from compfeat.codecs.base import CODECS, LOSSLESS, Codec, ImageBytes, Item
from compfeat.codecs.frames import FrameCodec, FrameOptions
from compfeat.codecs.plugins.hevc import Hevc
from compfeat.codecs.plugins.jpeg import Jpeg
from compfeat.codecs.plugins.png import Png
from compfeat.codecs.quantiser import dequantise, quantise
from compfeat.codecs.tiling import tiled_shape
from compfeat.errors import BitstreamError, ConfigError, DataError
from compfeat.settings.runs import FLOAT, QUANTISED
from compfeat.settings.section import options_of

COUNT = 3
SHAPES: dict[str, tuple[int, ...]] = {"features": (5, 4, 3), "image": (18, 33, 3)}  # both end in 3: nothing is guessed
LOSSY = {"hevc": "qp22", "av1": "q20", "avif": "q80", "jpeg2000": "db40", "jpegxl": "d1", "webp": "q80"}
"""A quality of those whose finest is lossless."""
CASES = [
    (name, sent, quality)
    for name in CODECS.names()
    for sent in sorted(CODECS.get(name).sends)
    for quality in dict.fromkeys((CODECS.get(name).qualities[0], LOSSY.get(name, CODECS.get(name).qualities[0])))
]
Coded = tuple[Codec[Any], Path, Path, list[ImageBytes]]


def items(sent: str, count: int = COUNT) -> list[Item]:
    """Return features, or smooth images."""
    rng = np.random.default_rng(3)
    if sent == "features":
        return list(rng.standard_normal((count, *SHAPES[sent])).astype(np.float32))
    ramp = np.linspace(40, 200, SHAPES[sent][1])[None, :, None] + np.zeros(SHAPES[sent])
    return [(ramp + rng.integers(0, 20, 3)).astype(np.uint8) for _ in range(count)]


@pytest.fixture(scope="module", params=CASES, ids="/".join)
def coded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Coded:
    name, sent, quality = request.param
    codec = finest(name, items(sent), sent, quality)
    stream = tmp_path_factory.mktemp("a 'folder'; \"quoted\" %d") / "-s: tream"
    sizes = codec.encode(iter(items(sent)), stream, stream.with_name("i"))
    return codec, stream, stream.with_name("i"), sizes


def test_items_come_back_in_shape_and_order(coded: Coded) -> None:
    codec, stream, side_info, _ = coded
    decoded = list(codec.decode(stream, side_info, SHAPES[codec.sent]))
    for received, item in zip(decoded, items(codec.sent), strict=True):
        assert received.item.shape == item.shape and received.item.dtype == item.dtype
        worst = {"features": 0.2 if isinstance(codec, FrameCodec) else 0.5, "image": 6}[codec.sent]
        assert np.abs(received.item.astype(float) - item).mean() < worst
        assert received.picture is None or received.picture.dtype == np.uint8


def test_lossless_qualities_give_their_reference(coded: Coded) -> None:
    codec, stream, side_info, _ = coded
    reference = codec.reference(codec.quality, codec.sent)
    if reference is None:
        pytest.skip("the quality is lossy")
    sent = items(codec.sent)
    expected = {FLOAT: sent, QUANTISED: [dequantise(*quantise(item)) for item in sent if codec.sent == "features"]}
    decoded = [received.item for received in codec.decode(stream, side_info, SHAPES[codec.sent])]
    assert np.array_equal(decoded, expected[reference])


def test_every_byte_of_both_files_is_accounted_for(coded: Coded) -> None:
    codec, stream, side_info, sizes = coded
    assert len(sizes) == COUNT and codec.measure(stream, side_info) == sizes
    assert sum(size.stream_bytes for size in sizes) == stream.stat().st_size
    assert all(size.payload_bytes > 0 and size.header_bytes > 0 for size in sizes)
    each = 8 if isinstance(codec, FrameCodec) and codec.sent == "features" else 0
    assert [size.side_info_bytes for size in sizes] == [each] * COUNT and side_info.stat().st_size == each * COUNT


def test_two_runs_write_the_same_bytes(coded: Coded, tmp_path: Path) -> None:
    codec, stream, side_info, _ = coded
    codec.encode(iter(items(codec.sent)), tmp_path / "s", tmp_path / "i")
    assert (tmp_path / "s").read_bytes() == stream.read_bytes()
    assert (tmp_path / "i").read_bytes() == side_info.read_bytes()


def test_missing_empty_and_foreign_streams_are_refused(coded: Coded, tmp_path: Path) -> None:
    codec, _, side_info, _ = coded
    stream = tmp_path / "stream"
    for data in (None, b"", b"garbage" * 20):
        if data is not None:
            stream.write_bytes(data)
        for use in (
            lambda: codec.measure(stream, side_info),
            lambda: list(codec.decode(stream, side_info, SHAPES[codec.sent])),
        ):
            with pytest.raises(BitstreamError, match="rerun the encode stage") as error:
                use()
            assert str(error.value).startswith(f"{stream}: ") and "\n" not in str(error.value)


def test_a_stream_cut_short_never_measures_the_same(coded: Coded, tmp_path: Path) -> None:
    codec, whole, side_info, sizes = coded
    data, first = whole.read_bytes(), sizes[0].stream_bytes
    for end in {*range(1, len(data), 97), *range(len(data) - 5, len(data)), first, first + 20}:
        (tmp_path / "cut").write_bytes(data[:end])
        try:
            assert codec.measure(tmp_path / "cut", side_info) != sizes
        except BitstreamError:
            continue


def test_items_of_another_shape_are_refused(coded: Coded) -> None:
    codec, stream, side_info, _ = coded
    for other in {"features": [(5, 16, 16)], "image": [(40, 18, 3), (33, 18, 3)]}[codec.sent]:
        with pytest.raises(BitstreamError, match="expected"):
            list(codec.decode(stream, side_info, other))


def test_wrong_input_leaves_no_file(coded: Coded, tmp_path: Path) -> None:
    codec, (first, *_) = coded[0], items(coded[0].sent)

    def failing() -> Iterator[Item]:
        yield first
        raise KeyError

    for given, error, message in (
        ([], DataError, "no images to code"),
        ([first, first[:1, :1]], DataError, r"(frame|image|features) .*of shape \(\d"),
        (failing(), KeyError, None),
        *([([first, first.astype(float)], DataError, "float64")] if isinstance(codec, FrameCodec) else []),
    ):
        with pytest.raises(error, match=message):
            codec.encode(given, tmp_path / "s", tmp_path / "i")
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", CODECS.names())
def test_names_of_qualities_fit_into_paths_and_differ_from_the_uncoded_ones(name: str) -> None:
    qualities = CODECS.get(name).qualities
    assert qualities and len(set(qualities)) == len(qualities)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", quality) for quality in qualities)
    assert not {FLOAT, QUANTISED} & set(qualities)


REFERENCES = {
    **dict.fromkeys(("png", "jpeg2000", "jpegxl", "webp"), (QUANTISED, FLOAT)),
    **dict.fromkeys(("hevc", "av1", "avif"), (QUANTISED, None)),
}
"""The uncoded points of features and of images that lossless coding equals; conversions of colours are not lossless."""


def test_lossless_qualities_name_the_uncoded_point_that_they_equal() -> None:
    for name in FRAME_CODECS:
        codec = CODECS.get(name)
        if LOSSLESS in codec.qualities and not codec.fitted:
            assert (codec.reference(LOSSLESS, "features"), codec.reference(LOSSLESS, "image")) == REFERENCES[name]
        else:
            assert name in ("jpeg", "vvc", "hevc_restored")
    four = FrameOptions.model_validate({"bits": 4})
    assert Png.reference(LOSSLESS, "features", Png.options_type()) == QUANTISED
    assert Png.reference(LOSSLESS, "features", four) is None and Png.reference(LOSSLESS, "image", four) == FLOAT
    assert Hevc.reference("qp10", "features") is None and Jpeg.reference("q100", "image") is None


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_the_quantiser_has_the_bits_of_the_options(bits: int, tmp_path: Path) -> None:
    codec = Png(LOSSLESS, options_of(Png, {"bits": bits}, "codecs.png"))
    codec.encode(items("features"), tmp_path / "s", tmp_path / "i")
    for received, item in zip(
        codec.decode(tmp_path / "s", tmp_path / "i", SHAPES["features"]), items("features"), strict=True
    ):
        assert np.array_equal(received.item, dequantise(*quantise(item, bits), bits))
        assert received.picture is not None and received.picture.shape == tiled_shape(5, (4, 3))
        assert received.picture.max() == 255  # whatever the bits, the greatest code is white
    with pytest.raises(ConfigError, match=r"codecs\.png\.bits"):
        options_of(Png, {"bits": 9}, "codecs.png")


Edit = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda data: data[:-1], "23 bytes"),
        (lambda data: data[:-8], "more or fewer frames than the 2 pairs"),
        (lambda data: data + data[:8], "more or fewer frames than the 4 pairs"),
        (lambda data: data[4:8] + data[:4] + data[8:], "image 0 has minimum and maximum"),
        (lambda data: b"\0\0\xc0\x7f" + data[4:], "image 0 has minimum and maximum"),
    ],
)
def test_damaged_side_information_is_seen(edit: Edit, message: str, tmp_path: Path) -> None:
    codec, stream, side_info = finest("png", []), tmp_path / "s", tmp_path / "i"
    codec.encode(items("features"), stream, side_info)
    side_info.write_bytes(edit(side_info.read_bytes()))
    with pytest.raises(BitstreamError, match=message) as error:
        list(codec.decode(stream, side_info, SHAPES["features"]))
    assert "rerun the encode stage" in str(error.value) and "\n" not in str(error.value)


def test_missing_side_information_is_seen(tmp_path: Path) -> None:
    codec = finest("png", [])
    codec.encode(items("features"), tmp_path / "s", tmp_path / "i")
    (tmp_path / "i").unlink()
    with pytest.raises(BitstreamError, match="expected 8 for each of 3 frames"):
        codec.measure(tmp_path / "s", tmp_path / "i")
    with pytest.raises(BitstreamError, match="cannot be read"):
        list(codec.decode(tmp_path / "s", tmp_path / "i", SHAPES["features"]))


def decoded_at(codec: Codec[Any], images: list[Item], folder: Path) -> NDArray[Any]:
    codec.encode(images, folder / "s", folder / "i")
    return np.array([received.item for received in codec.decode(folder / "s", folder / "i", images[0].shape)])


def test_colours_survive_hevc_in_full_range(tmp_path: Path) -> None:
    colours = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (200, 120, 30)]
    images: list[Item] = [np.full((16, 24, 3), colour, np.uint8) for colour in colours]
    found = decoded_at(Hevc("lossless", None, None, None, "image"), images, tmp_path)
    assert np.abs(found.astype(int) - np.array(images)).max() <= 2


def test_jpeg_of_images_subsamples_chroma_as_pillow_does(tmp_path: Path) -> None:
    from PIL import Image

    Jpeg("q90", None, None, None, "image").encode(items("image", 1), tmp_path / "s", tmp_path / "i")
    with Image.open(tmp_path / "s") as image:
        assert image.mode == "RGB" and [layer[1:3] for layer in image.layer] == [(2, 2), (1, 1), (1, 1)]  # type: ignore[attr-defined]
