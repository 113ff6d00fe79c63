"""HEVC, and what is true of every codec that ffmpeg runs."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from compfeat.codecs.base import CODECS
from compfeat.codecs.ffmpeg_process import encoders, version_line
from compfeat.codecs.frames import Frame
from compfeat.codecs.plugins.hevc import Hevc, nal_role
from compfeat.codecs.streams import FrameBytes, Nal
from compfeat.errors import BitstreamError, ToolError

SHAPE = (32, 40)
FRAMES = list(np.random.default_rng(0).integers(0, 256, (3, *SHAPE), dtype=np.uint8))
PARAMS = "log-level=none:keyint=1:min-keyint=1:no-info=1:ipratio=1:no-wpp=1:pools=none:frame-threads=1"


def after(argv: list[str], flag: str) -> str:
    return argv[argv.index(flag) + 1]


@pytest.mark.parametrize(("quality", "rate"), [("qp32", "qp=32"), ("lossless", "lossless=1")])
def test_encoder_argv(quality: str, rate: str) -> None:
    argv = Hevc(quality, None, "/opt/my ffmpeg").encode_argv((20, 33))
    source, target = argv[: argv.index("-i")], argv[argv.index("-i") + 2 :]
    assert argv[0] == "/opt/my ffmpeg"
    assert (after(source, "-f"), after(source, "-pix_fmt"), after(source, "-s")) == ("rawvideo", "gray", "40x24")
    assert after(source, "-r") == "25"
    assert (after(target, "-f"), after(target, "-pix_fmt"), after(target, "-vcodec")) == ("hevc", "gray", "libx265")
    assert after(target, "-preset") == "medium" and after(target, "-x265-params") == f"{PARAMS}:{rate}"


def test_decoder_argv() -> None:
    argv = Hevc("qp1", None, "bin").decode_argv((20, 33))
    assert argv[:3] == ["bin", "-f", "hevc"] and "-xerror" in argv
    assert after(argv, "-err_detect") == "explode" and after(argv[argv.index("-i") :], "-pix_fmt") == "gray"


@pytest.mark.parametrize(("shape", "padded"), [((1, 1), (16, 16)), ((17, 24), (24, 24)), ((128, 512), (128, 512))])
def test_padding(shape: tuple[int, int], padded: tuple[int, int]) -> None:
    assert Hevc("qp1").padded(shape) == padded


def test_nal_roles() -> None:
    for kind, role in {32: Nal.LEAD, 34: Nal.LEAD, 35: Nal.LEAD, 39: Nal.LEAD, 40: Nal.TAIL, 36: Nal.TAIL}.items():
        assert nal_role(bytes([kind << 1, 1, 0])) is role
    assert nal_role(bytes([19 << 1, 1, 0x80])) is Nal.FIRST_SLICE
    assert nal_role(bytes([19 << 1, 1, 0x40])) is Nal.NEXT_SLICE
    for short in (b"", b"\x28", b"\x28\x01", b"\xff\x01\x80"):
        with pytest.raises(ValueError, match=r"NAL unit header|cut short"):
            nal_role(short)


def test_pictures_of_several_slices_and_messages_are_kept_together(tmp_path: Path) -> None:
    parameters, message, suffix = b"\0\0\0\1\x40\1abc", b"\0\0\1\x4e\1s", b"\0\0\1\x50\1h"
    first, second = b"\0\0\1\x28\1\x80data", b"\0\0\0\1\x28\1\x00more"
    stream = tmp_path / "s"
    stream.write_bytes(parameters + message + first + second + suffix + first)
    assert Hevc("qp1").measure_frames(stream) == [FrameBytes(10 + 11, 9 + 6 + 6), FrameBytes(10, 0)]
    stream.write_bytes(first + parameters + first)
    assert Hevc("qp1").measure_frames(stream) == [FrameBytes(10, 0), FrameBytes(10, 9)]
    for wrong in (second, suffix + first, parameters, first + parameters, first + b"\0\0\1\x28"):
        stream.write_bytes(wrong)
        with pytest.raises(BitstreamError, match="rerun"):
            Hevc("qp1").measure_frames(stream)


def test_decoding_can_be_given_up(tmp_path: Path) -> None:
    codec, stream = Hevc("qp30"), tmp_path / "s"
    codec.encode_frames(FRAMES, SHAPE, stream)
    frames = codec.decode_frames(stream, SHAPE)
    assert next(frames).shape == SHAPE
    frames.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("cat >/dev/null; echo \"[x @ 0x5] Unknown encoder 'libx265'\" >&2; exit 8", "has no encoder libx265"),
        ("echo hello >&2; exit 3", "failed with status 3 (hello)"),
        ("exec 0<&-; sleep 0.05; exit 0", "failed with status 0 (no message)"),
        ("cat >/dev/null; exit 0", "was fed 60 pictures and wrote 0"),
    ],
)
def test_an_ffmpeg_that_does_not_code_is_named(
    script: str, message: str, scripted: Callable[[str], str], tmp_path: Path
) -> None:
    codec = Hevc("qp30", None, scripted(script))
    frames = [np.zeros((256, 256), dtype=np.uint8)] * 60
    with pytest.raises(ToolError) as error:
        codec.encode_frames(frames, (256, 256), tmp_path / "out" / "s")
    assert str(error.value).startswith(f"{codec.ffmpeg}: ") and message in str(error.value)
    assert "tools.ffmpeg" in str(error.value) and "\n" not in str(error.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_talkative_ffmpeg_does_not_block(scripted: Callable[[str], str], tmp_path: Path) -> None:
    codec = Hevc("qp30", None, scripted("head -c 3000000 /dev/zero >&2; cat >/dev/null; exit 1"))
    with pytest.raises(ToolError):
        codec.encode_frames(FRAMES, SHAPE, tmp_path / "s")


def test_a_hanging_ffmpeg_is_killed_when_the_frames_fail(scripted: Callable[[str], str], tmp_path: Path) -> None:
    def failing() -> Iterator[Frame]:
        yield FRAMES[0]
        raise KeyError

    begin = time.monotonic()
    with pytest.raises(KeyError):
        Hevc("qp30", None, scripted("exec sleep 20")).encode_frames(failing(), SHAPE, tmp_path / "s")
    assert time.monotonic() - begin < 10


def test_a_missing_ffmpeg_is_named(tmp_path: Path) -> None:
    for binary in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(ToolError, match=r"cannot be run .*tools\.ffmpeg"):
            Hevc("qp30", None, str(binary)).encode_frames(FRAMES, SHAPE, tmp_path / "s")
        for use in (Hevc.tool, Hevc.check_tool):
            with pytest.raises(ToolError, match=r"cannot be run .*tools\.ffmpeg"):
                use(str(binary))


def test_a_machine_without_imageio_ffmpeg_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "imageio_ffmpeg", None)
    with pytest.raises(ToolError, match="imageio-ffmpeg has no ffmpeg binary"):
        Hevc("qp30").encode_argv(SHAPE)
    monkeypatch.setitem(__import__("sys").modules, "ffmpeg", None)
    with pytest.raises(ToolError, match="ffmpeg-python is not installed"):
        Hevc("qp30").encode_argv(SHAPE)


def test_tool_names_the_version_without_paths(scripted: Callable[[str], str]) -> None:
    assert CODECS.get("hevc").tool().startswith("imageio-ffmpeg ")
    assert Hevc.tool(scripted("echo 'ffmpeg version 7.1 Copyright (c) us'")) == "ffmpeg version 7.1"
    with pytest.raises(ToolError, match="is no ffmpeg"):
        Hevc.tool(scripted("echo something else"))


def test_a_whole_ffmpeg_passes(scripted: Callable[[str], str]) -> None:
    Hevc.check_tool(None)
    Hevc.check_tool(scripted('exec "$ffmpeg" "$@"'))
    CODECS.get("png").check_tool("/nowhere")  # needs none


OLD = """case "$*" in *fps_mode*) echo "Unrecognized option 'fps_mode'." >&2; exit 1;; esac; exec "$ffmpeg" "$@" """
CHANGED = """case "$*" in *"-f hevc -err"*) "$ffmpeg" "$@" | tr '\\001' '\\002';; *) exec "$ffmpeg" "$@";; esac"""


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (OLD, "cannot decode what it coded (damaged after 0 pictures (ffmpeg: Unrecognized option 'fps_mode'.)"),
        (CHANGED, "a lossless picture came back changed"),
        ("echo 'ffmpeg version 3'; exit 1", "is no ffmpeg"),
    ],
)
def test_one_that_cannot_is_named(script: str, message: str, scripted: Callable[[str], str], tmp_path: Path) -> None:
    path = scripted(script)
    with pytest.raises(ToolError) as error:
        Hevc.check_tool(path)
    reported = str(error.value)
    assert (
        reported.startswith(f"{path}: ") and message in reported and "tools.ffmpeg" in reported and "\n" not in reported
    )


def test_one_that_the_environment_or_the_system_gives_is_checked_too(
    scripted: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scripted(OLD)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", path)
    version_line.cache_clear()
    encoders.cache_clear()
    try:
        with pytest.raises(ToolError, match="cannot decode what it coded"):
            Hevc.check_tool(None)
    finally:
        version_line.cache_clear()
        encoders.cache_clear()
