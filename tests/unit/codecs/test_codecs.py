"""What holds for every codec."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compfeat.codecs import CODECS, Codec, Frame
from compfeat.errors import BitstreamError, ConfigError, DataError

SHAPE = (20, 33)
POINTS = [("png", "lossless"), ("jpeg", "q80"), ("hevc", "qp22"), ("hevc", "lossless")]


def noise(shape: tuple[int, int], count: int) -> list[Frame]:
    return list(np.random.default_rng(7).integers(0, 256, (count, *shape), dtype=np.uint8))


@pytest.fixture(scope="module", params=POINTS, ids="/".join)
def coded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Codec, Path]:
    codec = CODECS.get(request.param[0])(request.param[1])
    stream = tmp_path_factory.mktemp("a 'folder'; \"quoted\" %d") / f"-s: tream{codec.suffix}"
    codec.encode(noise(SHAPE, 3), SHAPE, stream)
    return codec, stream


def test_frames_come_back(coded: tuple[Codec, Path]) -> None:
    codec, stream = coded
    frames = list(codec.decode(stream, SHAPE))
    assert [(frame.shape, frame.dtype) for frame in frames] == [(SHAPE, np.dtype(np.uint8))] * 3
    worst = np.abs(np.array(frames, dtype=int) - np.array(noise(SHAPE, 3))).max()
    assert worst == 0 if codec.is_lossless else 0 < worst < 128


def test_bytes_add_up(coded: tuple[Codec, Path]) -> None:
    codec, stream = coded
    sizes = codec.measure(stream)
    assert len(sizes) == 3 and sum(size.total_bytes for size in sizes) == stream.stat().st_size
    assert all(size.payload_bytes > 0 and size.header_bytes > 0 for size in sizes)


def test_two_runs_write_the_same_bytes(coded: tuple[Codec, Path], tmp_path: Path) -> None:
    codec, stream = coded
    codec.encode(iter(noise(SHAPE, 3)), SHAPE, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == stream.read_bytes()


def test_missing_empty_and_foreign_streams_are_refused(coded: tuple[Codec, Path], tmp_path: Path) -> None:
    codec, _ = coded
    stream = tmp_path / "stream"
    for data in (None, b"", b"garbage" * 20):
        if data is not None:
            stream.write_bytes(data)
        for use in (lambda: codec.measure(stream), lambda: list(codec.decode(stream, SHAPE))):
            with pytest.raises(BitstreamError, match="rerun the encode stage") as error:
                use()
            assert str(error.value).startswith(f"{stream}: ") and "\n" not in str(error.value)


def test_a_stream_cut_short_never_measures_the_same(coded: tuple[Codec, Path], tmp_path: Path) -> None:
    codec, whole = coded
    data, sizes = whole.read_bytes(), codec.measure(whole)
    for end in {
        *range(1, len(data), 97),
        *range(len(data) - 5, len(data)),
        sizes[0].total_bytes,
        sizes[0].total_bytes + 20,
    }:
        (tmp_path / "cut").write_bytes(data[:end])
        try:
            found = codec.measure(tmp_path / "cut")
        except BitstreamError:
            continue
        assert found != sizes


def test_frames_of_another_size_are_refused(coded: tuple[Codec, Path]) -> None:
    codec, stream = coded
    with pytest.raises(BitstreamError, match="expected"):
        list(codec.decode(stream, (40, 40)))


def test_wrong_input_leaves_no_file(coded: tuple[Codec, Path], tmp_path: Path) -> None:
    codec, _ = coded

    def failing() -> Iterator[Frame]:
        yield noise(SHAPE, 1)[0]
        raise KeyError

    with pytest.raises(DataError, match="no frames"):
        codec.encode([], SHAPE, tmp_path / "s")
    with pytest.raises(DataError, match=r"frame 1 is uint8 of shape \(1, 1\)"):
        codec.encode([*noise(SHAPE, 1), *noise((1, 1), 1)], SHAPE, tmp_path / "s")
    with pytest.raises(KeyError):
        codec.encode(failing(), SHAPE, tmp_path / "s")
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
def test_hevc_is_lossless_at_any_shape(shape: tuple[int, int], tmp_path: Path) -> None:
    check_lossless("hevc", shape, 2, tmp_path / "any.265")


def check_lossless(name: str, shape: tuple[int, int], count: int, stream: Path) -> None:
    codec, frames = CODECS.get(name)("lossless"), noise(shape, count)
    codec.encode(frames, shape, stream)
    assert np.array_equal(np.array(list(codec.decode(stream, shape))), np.array(frames))
    assert sum(size.total_bytes for size in codec.measure(stream)) == stream.stat().st_size
