"""Starting the ffmpeg binary, and saying in one line what is wrong with it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from compfeat.errors import ToolError

REMEDY = (
    "set the config key tools.ffmpeg to an ffmpeg binary that has the encoders of all codecs, or leave it empty to use "
    "imageio-ffmpeg's"
)
"""What to do about any ffmpeg that does not work."""


def binary(ffmpeg: str | None) -> str:
    """Return the ffmpeg to run: ``ffmpeg``, or where that is None or empty the one that imageio-ffmpeg carries.

    Raises:
        ToolError: none is given, and imageio-ffmpeg is not installed or carries none for this machine.
    """
    if ffmpeg:
        return ffmpeg
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise ToolError(
            f"imageio-ffmpeg has no ffmpeg binary ({error}); pip install 'compfeat[workflow]', or {REMEDY}"
        ) from None


def is_bundled(path: str) -> bool:
    """Return whether a binary is the one that imageio-ffmpeg carries, rather than one of the user's or the system's."""
    return "imageio_ffmpeg" in Path(path).parts


def ffmpeg_python() -> Any:
    """Return the package ffmpeg-python, which has no types. Raises ToolError if it is not installed."""
    try:
        import ffmpeg

        return ffmpeg
    except ImportError:
        raise ToolError(
            "ffmpeg-python is not installed, which makes ffmpeg's command; pip install 'compfeat[workflow]'"
        ) from None


@cache
def version_line(ffmpeg: str | None) -> str:
    """Return which ffmpeg runs, without paths: imageio-ffmpeg's version, or the first line of ``ffmpeg -version``.

    Raises:
        ToolError: the binary cannot be run.
    """
    path = binary(ffmpeg)
    if is_bundled(path):
        return f"imageio-ffmpeg {version('imageio-ffmpeg')} ({Path(path).name})"
    with running([path, "-version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        text = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode or not text.startswith("ffmpeg"):
        raise ToolError(f"{path}: is no ffmpeg: -version ended with status {process.returncode}; {REMEDY}")
    return text.partition("\n")[0].partition(" Copyright")[0].strip()


@cache
def encoders(ffmpeg: str | None) -> frozenset[str]:
    """Return the names of the encoders that an ffmpeg has. Raises ToolError if the binary cannot be run."""
    argv = [binary(ffmpeg), "-hide_banner", "-encoders"]
    with running(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        text = process.communicate()[0].decode("utf-8", "replace")
    return frozenset(re.findall(r"^ [VAS][A-Z.]{5} (\S+)", text, re.MULTILINE))


def lacking(path: str, encoder: str) -> ToolError:
    """Return the error that says that the ffmpeg ``path`` has no such encoder."""
    return ToolError(
        f"{path}: has no encoder {encoder}; set the config key tools.ffmpeg to an ffmpeg binary that has it, upgrade "
        "imageio-ffmpeg, or remove the codec from the configuration"
    )


@contextmanager
def running(
    argv: list[str],
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | int = subprocess.DEVNULL,
    stderr: IO[bytes] | int = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``argv`` for the time of a with block; a process that is still alive at the block's end is killed.

    Raises:
        ToolError: the binary does not exist or cannot be executed.
    """
    try:
        process = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=stderr)  # noqa: S603 - no shell
    except OSError as error:
        raise ToolError(f"{argv[0]}: cannot be run ({error.strerror}); expected an ffmpeg binary; {REMEDY}") from None
    with process:
        try:
            yield process
        finally:
            process.kill()  # does nothing where it has been waited for
            if process.stdin is not None:
                with suppress(OSError):  # what was still buffered for a process that is gone
                    process.stdin.close()


def last_words(log: IO[bytes]) -> str:
    """Return the last line that ffmpeg wrote to its log, without the memory addresses that it prints."""
    log.seek(0)
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return re.sub(r"^(\[[^\]]*\] ?)+", "", lines[-1]) if lines else "no message"


def failure(path: str, log: IO[bytes], status: int, encoder: str, remedy: str) -> ToolError:
    """Return the error that says why ffmpeg, run from ``path`` to code with ``encoder``, ended with ``status``."""
    log.seek(0)
    if f"Unknown encoder '{encoder}'".encode() in log.read():
        return lacking(path, encoder)
    return ToolError(f"{path}: coding with {encoder} failed with status {status} ({last_words(log)}); {remedy}")
