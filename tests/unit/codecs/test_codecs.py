"""Qualities of codecs of pictures: how they are named and ordered, and what is lossless."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codec_helpers import made
from compfeat.codecs.base import CODECS
from compfeat.errors import ConfigError


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


def check_lossless(name: str, shape: tuple[int, int, int], stream: Path) -> None:
    codec, frames = made(name, "lossless"), np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)
    codec.encode_frames(frames, shape[1:], stream)
    assert np.array_equal(list(codec.decode_frames(stream, shape[1:])), frames)


@given(st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40)))
@settings(max_examples=40, deadline=None)
def test_png_is_lossless_at_any_shape(tmp_path_factory: pytest.TempPathFactory, shape: tuple[int, int, int]) -> None:
    check_lossless("png", shape, tmp_path_factory.getbasetemp() / "any.png")


@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (17, 16), (64, 128)])
@pytest.mark.parametrize("name", ["hevc", "av1", "avif", "jpeg2000", "jpegxl", "webp"])
def test_lossless_at_any_shape(name: str, shape: tuple[int, int], tmp_path: Path) -> None:
    check_lossless(name, (2, *shape), tmp_path / "stream")


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
    codec.encode([image], tmp_path / "stream", tmp_path / "side")
    (found,) = codec.decode(tmp_path / "stream", tmp_path / "side", image.shape)
    assert np.abs(found.item.astype(int) - image.astype(int)).max() <= worst
