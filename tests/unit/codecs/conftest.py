"""An ffmpeg that tests make up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from compfeat.codecs import ffmpeg_process


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that writes a shell script in ffmpeg's place, which knows the real one as ``$ffmpeg``."""

    def write(script: str) -> str:
        path = tmp_path / f"fake ffmpeg {len(list(tmp_path.iterdir()))}"
        path.write_text(f'#!/bin/sh\nffmpeg="{ffmpeg_process.binary(None)}"\n{script}\n')
        path.chmod(0o755)
        return str(path)

    return write
