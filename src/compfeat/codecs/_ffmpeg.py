"""Codecs that ffmpeg runs: one process a job, frames fed and fetched one at a time by pipes, argv by ffmpeg-python."""

from __future__ import annotations

import re
import subprocess
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, ClassVar

import numpy as np

from compfeat.codecs import LOSSLESS
from compfeat.codecs._process import REMEDY, binary, failure, ffmpeg_python, last_words, running, version_line
from compfeat.codecs._streams import RERUN
from compfeat.codecs.frames import Frame, FrameCodec, check_frame
from compfeat.errors import BitstreamError, DataError, ToolError
from compfeat.experiment.config import Sends
from compfeat.io import atomic_path

QUIET = ("-hide_banner", "-nostats", "-loglevel", "error")
PICTURE_RATE = 25
"""Of the raw video that ffmpeg is told of, in Hz; no decoder needs it."""


class FfmpegCodec(FrameCodec):
    """Base of ffmpeg's codecs. A subclass gives ``encoder_args`` and ``measure``, and states the fields below."""

    stream_format: ClassVar[str]
    """ffmpeg's name of the raw stream format, for writing and for reading."""
    multiple: ClassVar[int] = 8
    """Pictures are coded with sides padded to multiples of this, by repeating the last row and column."""
    minimum: ClassVar[int] = 16
    """The smallest side that the encoder accepts."""

    @abstractmethod
    def encoder_args(self) -> dict[str, str]:
        """Return ffmpeg's output options by name: at least ``vcodec`` and ``pix_fmt`` of grey pictures."""

    image_format: ClassVar[str] = "yuv420p"
    """Pixel format in which images are coded: full range, matrix BT.709."""

    @classmethod
    def reference(cls, quality: str, sends: Sends) -> str | None:
        """Return None for images: chroma is subsampled, so that nothing is lossless."""
        return None if sends == "image" else super().reference(quality, sends)

    @classmethod
    def tool(cls, ffmpeg: str | None = None) -> str:
        return version_line(ffmpeg)

    @classmethod
    def check_tool(cls, ffmpeg: str | None = None) -> None:
        """Code and decode one small picture, where the binary is not the one that comes with the project."""
        if not ffmpeg:
            return
        version_line(ffmpeg)
        picture = np.arange(256, dtype=np.uint8).reshape(16, 16)
        with TemporaryDirectory() as folder:
            stream = Path(folder, "stream")
            codec = cls(LOSSLESS if LOSSLESS in cls.qualities else cls.qualities[0], None, ffmpeg)
            codec.encode_frames([picture], (16, 16), stream)
            try:
                found = list(codec.decode_frames(stream, (16, 16)))
            except BitstreamError as error:
                raise ToolError(
                    f"{ffmpeg}: cannot decode what it coded ({error}); is it older than ffmpeg 5.1? {REMEDY}"
                ) from None
            if codec.is_lossless and not np.array_equal(found[0], picture):
                raise ToolError(f"{ffmpeg}: a lossless picture came back changed; {REMEDY}")

    def padded(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return the (H, W) at which pictures of ``shape`` are coded."""
        height, width = (max(-(-side // self.multiple) * self.multiple, self.minimum) for side in shape[:2])
        return height, width

    def encode_argv(self, shape: tuple[int, ...]) -> list[str]:
        """Return the command that reads raw pictures of ``shape``, (H, W) grey or (H, W, 3) RGB, padded, and writes the stream."""
        ffmpeg = ffmpeg_python()
        height, width = self.padded(shape)
        raw, coded = ("gray", {}) if len(shape) == 2 else ("rgb24", self._image_args())
        source = ffmpeg.input("pipe:", format="rawvideo", pix_fmt=raw, s=f"{width}x{height}", r=PICTURE_RATE)
        options = {**self.encoder_args(), **coded}
        target = source.output("pipe:", format=self.stream_format, **options).global_args(*QUIET)
        return list(ffmpeg.compile(target, cmd=binary(self.ffmpeg)))

    def _image_args(self) -> dict[str, str]:
        matrix = "scale=out_color_matrix=bt709:out_range=full"
        return {"pix_fmt": self.image_format, "vf": matrix, "color_range": "pc", "colorspace": "bt709"}

    def decode_argv(self, shape: tuple[int, ...]) -> list[str]:
        """Return the command that reads the stream and writes grey YUV4MPEG, whose header states the size, or raw RGB."""
        ffmpeg = ffmpeg_python()
        source = ffmpeg.input("pipe:", format=self.stream_format, err_detect="explode", threads=1)
        if len(shape) == 2:
            target = source.output("pipe:", format="yuv4mpegpipe", pix_fmt="gray", fps_mode="passthrough")
        else:
            matrix = "scale=in_color_matrix=bt709:in_range=full"
            target = source.output("pipe:", format="rawvideo", pix_fmt="rgb24", vf=matrix, fps_mode="passthrough")
        return list(ffmpeg.compile(target.global_args("-xerror", *QUIET), cmd=binary(self.ffmpeg)))

    def encode_frames(self, frames: Iterable[Frame], shape: tuple[int, ...], stream: Path) -> None:
        remaining = iter(frames)
        first = next(remaining, None)
        if first is None:
            raise DataError(f"{stream}: no frames to code; expected at least one image in the features file")
        argv = self.encode_argv(shape)
        with atomic_path(stream) as temporary:
            with temporary.open("wb") as file:
                count = self._feed(argv, chain([first], remaining), shape, file)
            try:
                coded = len(self.measure_frames(temporary))
            except BitstreamError:
                coded = 0
            if coded != count:
                raise ToolError(f"{argv[0]}: was fed {count} pictures and wrote {coded}; {REMEDY}")

    def decode_frames(self, stream: Path, shape: tuple[int, ...]) -> Iterator[Frame]:
        count = len(self.measure_frames(stream))
        with (
            stream.open("rb") as file,
            TemporaryFile() as log,
            running(self.decode_argv(shape), stdin=file, stdout=subprocess.PIPE, stderr=log) as process,
        ):
            assert process.stdout is not None
            decoded = 0
            for picture in self._pictures(process.stdout, shape, stream):
                decoded += 1
                if decoded <= count:
                    yield picture[: shape[0], : shape[1]].copy()
            if process.wait() or decoded != count:
                raise BitstreamError(
                    f"{stream}: {decoded} pictures decoded, expected {count} (ffmpeg: {last_words(log)}); {RERUN}"
                )

    def _pictures(self, source: IO[bytes], shape: tuple[int, ...], stream: Path) -> Iterator[Frame]:
        """Yield the decoder's pictures, padded."""
        size = self.padded(shape)
        return read_yuv4mpeg(source, size, stream) if len(shape) == 2 else read_rgb(source, size)

    def _feed(self, argv: list[str], frames: Iterable[Frame], shape: tuple[int, ...], file: IO[bytes]) -> int:
        """Write the padded frames to the process ``argv``, whose output goes to ``file``; return their number."""
        height, width = self.padded(shape)
        margins = ((0, height - shape[0]), (0, width - shape[1]), *[(0, 0)] * (len(shape) - 2))
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


def read_rgb(source: IO[bytes], shape: tuple[int, int]) -> Iterator[Frame]:
    """Yield raw RGB pictures of ``shape`` (H, W) one at a time; stops early where one is cut short."""
    size = shape[0] * shape[1] * 3
    while len(data := source.read(size)) == size:
        yield np.frombuffer(data, dtype=np.uint8).reshape(*shape, 3)
