"""Codecs that ffmpeg runs: one process a job, frames fed and fetched one at a time by pipes, argv by ffmpeg-python."""

from __future__ import annotations

import re
import subprocess
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, ClassVar

import numpy as np

from compfeat.codecs import Codec, Frame, check_frame
from compfeat.codecs._process import REMEDY, binary, failure, ffmpeg_python, last_words, running, version_line
from compfeat.codecs._streams import RERUN
from compfeat.errors import BitstreamError, DataError, ToolError
from compfeat.io import atomic_path

QUIET = ("-hide_banner", "-nostats", "-loglevel", "error")
PICTURE_RATE = 25
"""Of the raw video that ffmpeg is told of, in Hz; no decoder needs it."""


class FfmpegCodec(Codec):
    """Base of ffmpeg's codecs. A subclass gives ``encoder_args`` and ``measure``, and states the fields below."""

    stream_format: ClassVar[str]
    """ffmpeg's name of the raw stream format, for writing and for reading."""
    multiple: ClassVar[int] = 8
    """Pictures are coded with sides padded to multiples of this, by repeating the last row and column."""
    minimum: ClassVar[int] = 16
    """The smallest side that the encoder accepts."""

    @abstractmethod
    def encoder_args(self) -> dict[str, str]:
        """Return ffmpeg's output options by name: at least ``vcodec`` and ``pix_fmt``."""

    @classmethod
    def tool(cls, ffmpeg: str | None = None) -> str:
        return version_line(ffmpeg)

    def padded(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return the (H, W) at which pictures of ``shape`` are coded."""
        height, width = (max(-(-side // self.multiple) * self.multiple, self.minimum) for side in shape)
        return height, width

    def encode_argv(self, shape: tuple[int, int]) -> list[str]:
        """Return the command that reads raw grey pictures of ``shape`` (H, W), padded, and writes the stream."""
        ffmpeg = ffmpeg_python()
        height, width = self.padded(shape)
        source = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="gray", s=f"{width}x{height}", r=PICTURE_RATE)
        target = source.output("pipe:", format=self.stream_format, **self.encoder_args()).global_args(*QUIET)
        return list(ffmpeg.compile(target, cmd=binary(self.ffmpeg)))

    def decode_argv(self) -> list[str]:
        """Return the command that reads the stream and writes grey YUV4MPEG, whose header tells the size."""
        ffmpeg = ffmpeg_python()
        source = ffmpeg.input("pipe:", format=self.stream_format, err_detect="explode", threads=1)
        target = source.output("pipe:", format="yuv4mpegpipe", pix_fmt="gray", fps_mode="passthrough")
        return list(ffmpeg.compile(target.global_args("-xerror", *QUIET), cmd=binary(self.ffmpeg)))

    def encode(self, frames: Iterable[Frame], shape: tuple[int, int], stream: Path) -> None:
        remaining = iter(frames)
        first = next(remaining, None)
        if first is None:
            raise DataError(f"{stream}: no frames to code; expected at least one image in the features file")
        argv = self.encode_argv(shape)
        with atomic_path(stream) as temporary:
            with temporary.open("wb") as file:
                count = self._feed(argv, chain([first], remaining), shape, file)
            try:
                coded = len(self.measure(temporary))
            except BitstreamError:
                coded = 0
            if coded != count:
                raise ToolError(f"{argv[0]}: was fed {count} pictures and wrote {coded}; {REMEDY}")

    def decode(self, stream: Path, shape: tuple[int, int]) -> Iterator[Frame]:
        count = len(self.measure(stream))
        with (
            stream.open("rb") as file,
            TemporaryFile() as log,
            running(self.decode_argv(), stdin=file, stdout=subprocess.PIPE, stderr=log) as process,
        ):
            assert process.stdout is not None
            decoded = 0
            for picture in read_yuv4mpeg(process.stdout, self.padded(shape), stream):
                decoded += 1
                if decoded <= count:
                    yield picture[: shape[0], : shape[1]].copy()
            if process.wait() or decoded != count:
                raise BitstreamError(
                    f"{stream}: {decoded} pictures decoded, expected {count} (ffmpeg: {last_words(log)}); {RERUN}"
                )

    def _feed(self, argv: list[str], frames: Iterable[Frame], shape: tuple[int, int], file: IO[bytes]) -> int:
        """Write the padded frames to the process ``argv``, whose output goes to ``file``; return their number."""
        height, width = self.padded(shape)
        margins = ((0, height - shape[0]), (0, width - shape[1]))
        count = 0
        # The log is a file, not a pipe, so that a talkative ffmpeg can't block while nobody reads.
        with TemporaryFile() as log, running(argv, stdin=subprocess.PIPE, stdout=file, stderr=log) as process:
            assert process.stdin is not None
            try:
                for frame in frames:
                    check_frame(frame, shape, count)
                    process.stdin.write(np.pad(frame, margins, mode="edge").tobytes())
                    count += 1
                process.stdin.close()
            except BrokenPipeError:
                count = -1
            status = process.wait()
            if status or count < 0:
                raise failure(argv[0], log, status, self.encoder_args()["vcodec"])
        return count


def read_yuv4mpeg(source: IO[bytes], shape: tuple[int, int], stream: Path) -> Iterator[Frame]:
    """Yield the pictures of a grey YUV4MPEG file one at a time; stops early where it is cut short or empty.

    Raises:
        BitstreamError: the pictures are not of ``shape`` (H, W); ``stream`` is the file to name.
    """
    header = source.readline()
    match = re.match(rb"YUV4MPEG2 W(\d+) H(\d+) ", header)
    if match is None:
        return
    found = (int(match[2]), int(match[1]))
    if found != shape:
        raise BitstreamError(f"{stream}: pictures are coded as {found}; expected {shape} (H, W); {RERUN}")
    while source.readline().startswith(b"FRAME"):
        data = source.read(shape[0] * shape[1])
        if len(data) < shape[0] * shape[1]:
            return
        yield np.frombuffer(data, dtype=np.uint8).reshape(shape)
