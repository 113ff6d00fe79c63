"""What is true of every codec."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codec_helpers import FRAME_CODECS, made
from compfeat.codecs.base import CODECS
from compfeat.codecs.frames import Frame, FrameCodec
from compfeat.errors import BitstreamError, ConfigError, DataError

SHAPE = (20, 33)
POINTS = [
    *(
        ("png", "lossless"),
        ("jpeg", "q80"),
        ("hevc", "qp22"),
        ("hevc", "lossless"),
        ("av1", "q20"),
        ("av1", "lossless"),
    ),
    *(("avif", "q80"), ("avif", "lossless"), ("jpeg2000", "db40"), ("jpeg2000", "lossless")),
    *(("jpegxl", "d1"), ("jpegxl", "lossless"), ("webp", "q80"), ("webp", "lossless")),
]


def noise(shape: tuple[int, int], count: int) -> list[Frame]:
    return list(np.random.default_rng(7).integers(0, 256, (count, *shape), dtype=np.uint8))


@pytest.fixture(scope="module", params=POINTS, ids="/".join)
def coded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[FrameCodec[Any], Path]:
    codec = made(*request.param)
    stream = tmp_path_factory.mktemp("a 'folder'; \"quoted\" %d") / "-s: tream"
    codec.encode_frames(noise(SHAPE, 3), SHAPE, stream)
    return codec, stream


def test_frames_come_back(coded: tuple[FrameCodec[Any], Path]) -> None:
    codec, stream = coded
    frames = list(codec.decode_frames(stream, SHAPE))
    assert [(frame.shape, frame.dtype) for frame in frames] == [(SHAPE, np.dtype(np.uint8))] * 3
    worst = np.abs(np.array(frames, dtype=int) - np.array(noise(SHAPE, 3))).max()
    assert worst == 0 if codec.is_lossless else 0 < worst < 128


def test_bytes_add_up(coded: tuple[FrameCodec[Any], Path]) -> None:
    codec, stream = coded
    sizes = codec.measure_frames(stream)
    assert len(sizes) == 3 and sum(size.total_bytes for size in sizes) == stream.stat().st_size
    assert all(size.payload_bytes > 0 and size.header_bytes > 0 for size in sizes)


def test_two_runs_write_the_same_bytes(coded: tuple[FrameCodec[Any], Path], tmp_path: Path) -> None:
    codec, stream = coded
    codec.encode_frames(iter(noise(SHAPE, 3)), SHAPE, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == stream.read_bytes()


def test_missing_empty_and_foreign_streams_are_refused(coded: tuple[FrameCodec[Any], Path], tmp_path: Path) -> None:
    codec, _ = coded
    stream = tmp_path / "stream"
    for data in (None, b"", b"garbage" * 20):
        if data is not None:
            stream.write_bytes(data)
        for use in (lambda: codec.measure_frames(stream), lambda: list(codec.decode_frames(stream, SHAPE))):
            with pytest.raises(BitstreamError, match="rerun the encode stage") as error:
                use()
            assert str(error.value).startswith(f"{stream}: ") and "\n" not in str(error.value)


def test_a_stream_cut_short_never_measures_the_same(coded: tuple[FrameCodec[Any], Path], tmp_path: Path) -> None:
    codec, whole = coded
    data, sizes = whole.read_bytes(), codec.measure_frames(whole)
    for end in {
        *range(1, len(data), 97),
        *range(len(data) - 5, len(data)),
        sizes[0].total_bytes,
        sizes[0].total_bytes + 20,
    }:
        (tmp_path / "cut").write_bytes(data[:end])
        try:
            found = codec.measure_frames(tmp_path / "cut")
        except BitstreamError:
            continue
        assert found != sizes


def test_frames_of_another_size_are_refused(coded: tuple[FrameCodec[Any], Path]) -> None:
    codec, stream = coded
    with pytest.raises(BitstreamError, match="expected"):
        list(codec.decode_frames(stream, (40, 40)))


def test_wrong_input_leaves_no_file(coded: tuple[FrameCodec[Any], Path], tmp_path: Path) -> None:
    codec, _ = coded

    def failing() -> Iterator[Frame]:
        yield noise(SHAPE, 1)[0]
        raise KeyError

    with pytest.raises(DataError, match="no frames"):
        codec.encode_frames([], SHAPE, tmp_path / "s")
    with pytest.raises(DataError, match=r"frame 1 is uint8 of shape \(1, 1\)"):
        codec.encode_frames([*noise(SHAPE, 1), *noise((1, 1), 1)], SHAPE, tmp_path / "s")
    with pytest.raises(KeyError):
        codec.encode_frames(failing(), SHAPE, tmp_path / "s")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "quality", "expected"),
    [
        ("png", "q90", "expected one of lossless;"),
        ("jpeg", "q0", "expected one of q100, q99, ..., q1;"),
        ("jpeg", "q101", "q100"),
        ("jpeg", "lossless", "q100"),
        ("hevc", "qp99", "expected one of lossless, qp0, ..., qp51;"),
        ("hevc", "qp07", "qp51"),
        ("vvc", "lossless", "expected one of qp0, qp1, ..., qp63;"),
        ("jpegxl", "d0", "expected one of lossless, d0.1, ..., d15;"),
    ],
)
def test_unknown_qualities_are_refused(name: str, quality: str, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        CODECS.get(name)(quality)
    assert str(error.value).startswith(f"codec '{name}': quality '{quality}' is unknown; ") and expected in str(
        error.value
    )


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_png_is_lossless_at_any_shape(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, count: int
) -> None:
    check_lossless("png", (height, width), count, tmp_path_factory.getbasetemp() / "any.png")


@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (17, 16), (64, 128)])
@pytest.mark.parametrize("name", ["hevc", "av1", "avif", "jpeg2000", "jpegxl", "webp"])
def test_lossless_at_any_shape(name: str, shape: tuple[int, int], tmp_path: Path) -> None:
    check_lossless(name, shape, 2, tmp_path / "stream")


@pytest.mark.parametrize("name", ["hevc", "av1", "avif", "jpeg2000", "jpegxl", "webp"])
def test_every_code_survives_lossless_coding(name: str, tmp_path: Path) -> None:
    """No conversion between ranges or colours merges two codes."""
    codec, codes = made(name, "lossless"), np.arange(256, dtype=np.uint8).reshape(16, 16)
    codec.encode_frames([codes, 255 - codes], (16, 16), tmp_path / "s")
    assert np.array_equal(list(codec.decode_frames(tmp_path / "s", (16, 16))), [codes, 255 - codes])


@pytest.mark.parametrize(
    ("name", "coarse", "fine"),
    [
        *(("av1", "q60", "q10"), ("avif", "q5", "q95"), ("jpeg2000", "db20", "db50"), ("jpegxl", "d12", "d0.5")),
        *(("webp", "q5", "q95"), ("vvc", "qp45", "qp10"), ("hevc", "qp45", "qp10"), ("jpeg", "q5", "q95")),
    ],
)
def test_qualities_are_ordered_best_first(name: str, coarse: str, fine: str, tmp_path: Path) -> None:
    qualities = CODECS.get(name).qualities
    assert qualities.index(fine) < qualities.index(coarse)
    features = np.random.default_rng(1).normal(0, 1, (1, 16, 8, 8)).astype(np.float32)
    sizes, errors = [], []
    for quality in (fine, coarse):
        codec = made(name, quality)
        sizes.append(codec.encode(features, tmp_path / "s", tmp_path / "i")[0].stream_bytes)
        (decoded,) = codec.decode(tmp_path / "s", tmp_path / "i", features.shape[1:])
        errors.append(np.abs(decoded.item - features[0]).mean())
    assert sizes[0] > sizes[1] and errors[0] < errors[1]


def check_lossless(name: str, shape: tuple[int, int], count: int, stream: Path) -> None:
    codec, frames = made(name, "lossless"), noise(shape, count)
    codec.encode_frames(frames, shape, stream)
    assert np.array_equal(np.array(list(codec.decode_frames(stream, shape))), np.array(frames))
    assert sum(size.total_bytes for size in codec.measure_frames(stream)) == stream.stat().st_size


@pytest.mark.parametrize(
    ("name", "quality", "worst"),
    [
        *(("png", "lossless", 0), ("jpeg", "q95", 40), ("hevc", "qp4", 24), ("vvc", "qp4", 24), ("av1", "q4", 24)),
        *(("avif", "q98", 24), ("jpeg2000", "lossless", 0), ("jpeg2000", "db45", 16), ("jpegxl", "lossless", 0)),
        *(("jpegxl", "d0.2", 16), ("webp", "lossless", 0), ("webp", "q98", 40)),
    ],
)
def test_images_come_back_in_colour(name: str, quality: str, worst: int, tmp_path: Path) -> None:
    codec = made(name, quality, sent="image")
    down, across = np.mgrid[0:48, 0:72]
    image = np.stack([down * 4, across * 3, 255 - down * 2], axis=-1).astype(np.uint8)
    sizes = codec.encode(iter([image, image]), tmp_path / "stream", tmp_path / "side")
    assert sum(size.stream_bytes for size in sizes) == (tmp_path / "stream").stat().st_size
    assert (tmp_path / "side").read_bytes() == b"" and sizes[0].side_info_bytes == 0
    found = list(codec.decode(tmp_path / "stream", tmp_path / "side", image.shape))
    assert len(found) == 2 and found[0].item.shape == image.shape and found[0].item.dtype == np.uint8
    assert np.abs(found[0].item.astype(int) - image.astype(int)).max() <= worst


@pytest.mark.parametrize("name", FRAME_CODECS)
def test_features_come_back_with_their_side_information(name: str, tmp_path: Path) -> None:
    codec = made(name, CODECS.get(name).qualities[0])
    features = np.random.default_rng(3).normal(0, 4, (3, 6, 4, 8)).astype(np.float32)
    sizes = codec.encode(iter(features), tmp_path / "stream", tmp_path / "side")
    assert [size.side_info_bytes for size in sizes] == [8, 8, 8]
    assert codec.measure(tmp_path / "stream", tmp_path / "side") == sizes
    found = list(codec.decode(tmp_path / "stream", tmp_path / "side", (6, 4, 8)))
    step = [(f.max() - f.min()) / 255 for f in features]
    for decoded, original, width in zip(found, features, step, strict=True):
        assert decoded.item.dtype == np.float32 and decoded.picture is not None
        assert np.abs(decoded.item - original).max() < (0.51 if codec.is_lossless else 16) * width
