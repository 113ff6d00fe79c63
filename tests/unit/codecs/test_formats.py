"""What is particular to each of the formats beside PNG, JPEG and HEVC."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codec_helpers import made
from compfeat.codecs.base import CODECS, LOSSLESS
from compfeat.codecs.frames import Frame
from compfeat.codecs.leb128 import leb128, read_leb128
from compfeat.codecs.plugins.av1 import Av1
from compfeat.codecs.plugins.jpeg2000 import Jpeg2000, segment, without_comments
from compfeat.codecs.plugins.vvc import Vvc, VvcOptions, codes_of, nal_role
from compfeat.codecs.quantiser import dequantise, quantise
from compfeat.codecs.streams import FrameBytes, Nal
from compfeat.errors import BitstreamError, ToolError

SHAPE = (24, 40)
FRAMES = list(np.random.default_rng(5).integers(80, 160, (2, *SHAPE), dtype=np.uint8))
NEW = ("av1", "avif", "jpeg2000", "jpegxl", "vvc", "webp")


def stream_of(name: str, quality: str, path: Path) -> bytes:
    codec = made(name, quality)
    frames: list[Frame] = [frame.astype(np.uint16) for frame in FRAMES] if name == "vvc" else list(FRAMES)
    codec.encode_frames(frames, SHAPE, path)
    return path.read_bytes()


@settings(deadline=None)
@given(st.integers(0, 2**56 - 1), st.binary(max_size=4))
def test_lengths_come_back(value: int, rest: bytes) -> None:
    coded = leb128(value)
    assert len(coded) == max(1, -(-value.bit_length() // 7))
    assert read_leb128(b"x" + coded + rest, 1) == (value, 1 + len(coded))
    with pytest.raises(ValueError, match="no length"):
        read_leb128(coded[:-1], 0)


@settings(deadline=None)
@given(st.integers(2, 10), st.data())
def test_a_vvc_sample_is_the_code_that_it_was_made_of(bits: int, data: st.DataObject) -> None:
    codec = Vvc("qp20", VvcOptions.model_validate({"bits": bits}))
    code = data.draw(st.integers(0, 2**bits - 1))
    frame = np.full((2, 2), code, np.uint16)
    samples = np.frombuffer(codec.raw(frame), "<u2")
    assert np.array_equal(codes_of(samples[:4].reshape(2, 2), bits), frame)
    assert samples[:4].max() < 1024 and list(samples[4:]) == [512, 512]
    # What is off by less than half a step is the same code; what overshoots is the last one.
    near = samples[0].astype(int) + (2 ** (10 - bits) - 1) // 2
    assert codes_of(np.array([min(near, 1023)]), bits)[0] == code
    assert codes_of(np.array([1023]), bits)[0] == 2**bits - 1


@pytest.mark.parametrize("bits", [8, 10])
def test_vvc_at_its_finest_is_off_by_few_steps(bits: int, tmp_path: Path) -> None:
    """VVenC has no lossless mode: what is lost is the codec's, not a conversion's."""
    features = np.linspace(-1, 3, 4 * 16 * 16, dtype=np.float32).reshape(4, 16, 16)
    codec = Vvc("qp0", VvcOptions.model_validate({"bits": bits}))
    codec.encode([features], tmp_path / "s", tmp_path / "i")
    (received,) = codec.decode(tmp_path / "s", tmp_path / "i", features.shape)
    exact = dequantise(*quantise(features, bits), bits)
    assert np.abs(received.item - exact).max() <= 4.1 / 255  # of a range of 4
    assert received.picture is not None and received.picture.dtype == np.uint8
    assert (received.picture.min(), received.picture.max()) == (0, 255)


def test_a_picture_that_vvenc_has_no_space_for_is_one_line(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint16)
    with pytest.raises(ToolError, match=r"libvvenc failed .*take a coarser one") as error:
        Vvc("qp0").encode_frames([noise], noise.shape, tmp_path / "s")
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


class Unchanged(Vvc):
    """VVC's pixel formats and conversions around a codec without loss."""

    encoder = "ffv1"
    stream_format = "nut"

    def encoder_args(self) -> dict[str, str]:
        return {}

    def measure_frames(self, stream: Path) -> list[FrameBytes]:
        return [FrameBytes(1, 1)] * 2


@pytest.mark.parametrize("bits", [2, 8, 10])
def test_the_conversion_for_vvc_loses_nothing(bits: int, tmp_path: Path) -> None:
    codec = Unchanged("qp0", VvcOptions.model_validate({"bits": bits}))
    codes = (np.arange(1024) % 2**bits).astype(np.uint16).reshape(32, 32)
    codec.encode_frames([codes, codes[::-1]], (32, 32), tmp_path / "s")
    assert np.array_equal(list(codec.decode_frames(tmp_path / "s", (32, 32))), [codes, codes[::-1]])


def test_vvc_nal_roles() -> None:
    for kind, role in {15: Nal.LEAD, 16: Nal.LEAD, 17: Nal.LEAD, 19: Nal.LEAD, 23: Nal.LEAD, 18: Nal.TAIL}.items():
        assert nal_role(bytes([0, kind << 3 | 1, 0])) is role
    assert nal_role(bytes([0, 8 << 3 | 1, 0x80])) is Nal.FIRST_SLICE
    for wrong in (b"", b"\0", b"\xff\x41\x80", bytes([0, 8 << 3 | 1]), bytes([0, 8 << 3 | 1, 0x40])):
        with pytest.raises(ValueError, match=r"header|cut short"):
            nal_role(wrong)


@pytest.mark.parametrize(
    ("name", "quality", "low", "high"),
    [
        *(("av1", "q30", 14, 20), ("avif", "q60", 250, 320), ("jpeg2000", "db30", 90, 130), ("jpegxl", "d2", 3, 5)),
        *(("webp", "q50", 30, 30), ("webp", "lossless", 25, 26), ("vvc", "qp30", 50, 100), ("hevc", "qp10", 71, 84)),
    ],
)
def test_headers(name: str, quality: str, low: int, high: int, tmp_path: Path) -> None:
    stream_of(name, quality, tmp_path / "s")
    for size in made(name, quality).measure_frames(tmp_path / "s"):
        assert low <= size.header_bytes <= high


@pytest.mark.parametrize("name", [*NEW, "hevc"])
def test_damaged_streams_are_refused_in_one_line_or_give_other_pictures(name: str, tmp_path: Path) -> None:
    quality = CODECS.get(name).qualities[0]
    codec, stream, data = made(name, quality), tmp_path / "t", stream_of(name, quality, tmp_path / "s")

    def refused(changed: bytes, use: Callable[[], object]) -> bool:
        stream.write_bytes(changed)
        try:
            use()
        except BitstreamError as error:
            assert "\n" not in str(error) and "rerun the encode stage" in str(error)
            assert "0x" not in str(error) or name in ("avif", "jpeg2000")  # ffmpeg's messages have addresses
            return True
        return False

    ends = [
        refused(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :], lambda: codec.measure_frames(stream))
        for at in range(0, 60, 3)
    ]
    assert any(ends)
    spoilt = refused(data[:20] + b"\xaa" * 20 + data[40:], lambda: list(codec.decode_frames(stream, SHAPE)))
    assert spoilt or name != "hevc"  # there it is in the first parameter sets


def test_an_obu_of_another_kind_is_refused(tmp_path: Path) -> None:
    data = stream_of("av1", "q20", tmp_path / "s")
    for wrong, message in ((b"\x1a\x00", "has the type 3"), (b"\x12\x00", "ends before picture 2")):
        (tmp_path / "s").write_bytes(data + wrong)
        with pytest.raises(BitstreamError, match=message):
            Av1("q20").measure_frames(tmp_path / "s")


def test_jpeg2000_carries_no_comment() -> None:
    data = Jpeg2000("db30").encode_image(FRAMES[0])
    assert b"OpenJPEG" not in data and without_comments(data) == data
    with pytest.raises(ValueError, match="no marker"):
        segment(b"\x12\x34\x00\x02", 0)
    with pytest.raises(ValueError, match="has 1 bytes"):
        segment(b"\xff\x64\x00\x01", 0)


def test_jpegxl_counts_length_and_signature_as_header(tmp_path: Path) -> None:
    data = stream_of("jpegxl", LOSSLESS, tmp_path / "s")
    size, first = read_leb128(data, 0)
    assert data[first : first + 2] == b"\xff\x0a"
    assert made("jpegxl", LOSSLESS).measure_frames(tmp_path / "s")[0] == FrameBytes(size - 2, first + 2)


@pytest.mark.parametrize(
    ("name", "options", "word", "value"),
    [
        *(("av1", {"cpu_used": 3}, "-cpu-used", "3"), ("vvc", {"preset": "slow"}, "-preset", "slow")),
        *(("jpegxl", {"effort": 2}, "-effort", "2"), ("webp", {"method": 6}, "-compression_level", "6")),
    ],
)
def test_efforts_reach_ffmpeg(name: str, options: dict[str, object], word: str, value: str) -> None:
    codec = CODECS.get(name)
    argv = codec(codec.qualities[1], codec.options_type.model_validate(options), "bin").encode_argv((16, 16))  # type: ignore[attr-defined]
    assert argv[argv.index(word) + 1] == value


@pytest.mark.parametrize("name", ["av1", "hevc", "jpegxl", "vvc", "webp"])
def test_an_ffmpeg_without_the_encoder_is_named(name: str, scripted: Callable[[str], str]) -> None:
    codec = CODECS.get(name)
    encoder = codec.encoder  # type: ignore[attr-defined]
    known = f'"$ffmpeg" -hide_banner -encoders | grep -v {encoder}'
    path = scripted(f'case "$*" in *-encoders*) {known};; *) echo ffmpeg version 9;; esac')
    with pytest.raises(ToolError) as error:
        codec.check_tool(path)
    assert str(error.value).startswith(f"{path}: has no encoder {encoder}; ")
    assert "tools.ffmpeg" in str(error.value) and "remove the codec" in str(error.value)
    codec.check_tool(None)


@pytest.mark.parametrize("name", ["avif", "jpeg2000"])
def test_a_pillow_without_the_library_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    CODECS.get(name).check_tool()
    monkeypatch.setattr("PIL.features.check", lambda feature: False)
    with pytest.raises(ToolError, match=r"Pillow .*: was built without .*; pip install"):
        CODECS.get(name).check_tool()
