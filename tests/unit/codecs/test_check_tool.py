"""The quick check of an ffmpeg binary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from compfeat.codecs.base import CODECS
from compfeat.codecs.ffmpeg_process import encoders, version_line
from compfeat.codecs.plugins.hevc import Hevc
from compfeat.errors import ToolError


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
