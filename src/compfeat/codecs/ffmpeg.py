"""Codecs that ffmpeg runs: one process per job, frames fed and fetched one at a time by pipes, argv by ffmpeg-python."""

from __future__ import annotations

import re
import subprocess
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, ClassVar

import numpy as np

from compfeat.codecs.base import LOSSLESS, RERUN
from compfeat.codecs.ffmpeg_process import (
    REMEDY,
    binary,
    encoders,
    failure,
    ffmpeg_python,
    is_bundled,
    lacking,
    last_words,
    running,
    version_line,
)
from compfeat.codecs.frames import F, Frame, FrameCodec
from compfeat.codecs.quantiser import sample_type
from compfeat.codecs.streams import FrameBytes, opened
from compfeat.errors import BitstreamError, ToolError
from compfeat.io import atomic_path

QUIET = ("-hide_banner", "-nostats", "-loglevel", "error")
PICTURE_RATE = 25
"""Frame rate of the raw video, in Hz: ffmpeg requires one, no decoder needs it."""
SCALING = "flags=bicubic+accurate_rnd+full_chroma_int+bitexact"
"""How images become YUV and RGB again: the same bytes whatever vector instructions the processor has."""


class FfmpegCodec(FrameCodec[F]):
    """Base of ffmpeg's codecs. A subclass gives ``encoder_args`` and ``measure_frames``, and states the fields below."""

    encoder: ClassVar[str]
    """ffmpeg's name of the encoder."""
    stream_format: ClassVar[str]
    """ffmpeg's name of the raw stream format."""
    read_format: ClassVar[str] = ""
    """The same for reading, where it is another one."""
    lossless_images = False
    multiple: ClassVar[int] = 8
    """Pictures are coded with sides padded to multiples of this, by repeating the last row and column."""
    minimum: ClassVar[int] = 16
    """The smallest side that the encoder accepts."""

    remedy: ClassVar[str] = REMEDY
    """What to do where the encoder fails."""

    matrix: ClassVar[str] = "bt709"
    """Of images that are coded as YUV, ffmpeg's name."""
    colour_range: ClassVar[str] = "pc"
    """Of images that are coded as YUV: ``pc``, full, or ``tv``, 16 to 235 in 8 bits."""

    @abstractmethod
    def encoder_args(self) -> dict[str, str]:
        """Return the encoder's options by ffmpeg's names."""

    def coded_format(self, grey: bool) -> str:
        """Return ffmpeg's name of the pixel format that the encoder is given, for grey pictures or for RGB.

        Where that of grey pictures is none of grey, ``raw`` puts them into its first plane, unchanged.
        """
        return self.grey_format() if grey else "yuv420p"

    def raw(self, frame: Frame) -> bytes:
        """Return a padded grey frame as raw video in its ``coded_format``."""
        return frame.tobytes()

    @classmethod
    def grey_format(cls) -> str:
        """Return ffmpeg's name of grey pictures with samples of ``sample_bits``."""
        return "gray" if cls.sample_bits == 8 else f"gray{cls.sample_bits}le"

    @classmethod
    def tool(cls, ffmpeg: str | None = None, options: F | None = None) -> str:
        return version_line(ffmpeg)

    @classmethod
    def check_tool(cls, ffmpeg: str | None = None, options: F | None = None) -> None:
        """Look for the encoder; code and decode one small picture, where the binary is not the one that imageio-ffmpeg carries.

        imageio-ffmpeg, too, takes another one where the environment names it or the system alone has one.
        """
        version_line(ffmpeg)
        path = binary(ffmpeg)
        if cls.encoder not in encoders(ffmpeg):
            raise lacking(ffmpeg or version_line(ffmpeg), cls.encoder)
        if is_bundled(path):
            return
        codec = cls(LOSSLESS if LOSSLESS in cls.qualities else cls.qualities[0], options, ffmpeg)
        picture = np.arange(256).reshape(16, 16).astype(sample_type(cls.sample_bits))
        with TemporaryDirectory() as folder:
            stream = Path(folder, "stream")
            codec.encode_frames([picture], picture.shape, stream)
            try:
                found = list(codec.decode_frames(stream, picture.shape))
            except BitstreamError as error:
                reason = str(error).removeprefix(f"{stream}: ").removesuffix(f"; {RERUN}")
                raise ToolError(
                    f"{path}: cannot decode what it coded ({reason}); expected ffmpeg 5.1 or newer; {REMEDY}"
                ) from None
        if codec.is_lossless and not np.array_equal(found, [picture]):
            raise ToolError(f"{path}: a lossless picture came back changed; {REMEDY}")

    def padded(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return the (H, W) at which pictures of ``shape`` are coded."""
        height, width = (max(-(-side // self.multiple) * self.multiple, self.minimum) for side in shape[:2])
        return height, width

    def encode_argv(self, shape: tuple[int, ...], written: str = "pipe:") -> list[str]:
        """Return the command that reads raw pictures of ``shape``, (H, W) grey or (H, W, 3) RGB, padded, and writes the stream."""
        ffmpeg = ffmpeg_python()
        height, width = self.padded(shape)
        grey = len(shape) == 2
        coded = {"pix_fmt": self.coded_format(grey)}
        raw = coded["pix_fmt"] if grey else "rgb24"
        if not grey and coded["pix_fmt"].startswith("yuv"):
            coded["vf"] = f"scale=out_color_matrix={self.matrix}:out_range={self.colour_range}:{SCALING}"
            coded |= {"color_range": self.colour_range, "colorspace": self.matrix}
        source = ffmpeg.input("pipe:", format="rawvideo", pix_fmt=raw, s=f"{width}x{height}", r=PICTURE_RATE)
        options = {"vcodec": self.encoder, **self.encoder_args(), **coded}
        target = source.output(written, format=self.stream_format, **options).global_args(*QUIET)
        return list(ffmpeg.compile(target, cmd=binary(self.ffmpeg)))

    def decode_argv(self, shape: tuple[int, ...], read: str = "pipe:") -> list[str]:
        """Return the command that reads the stream and writes grey YUV4MPEG or RGB in PPM, whose headers state the size."""
        ffmpeg = ffmpeg_python()
        source = ffmpeg.input(read, format=self.read_format or self.stream_format, err_detect="explode", threads=1)
        grey = len(shape) == 2
        coded = self.coded_format(grey)
        if grey:
            # YUV4MPEG is not standard beyond 8 bits.
            written = {"format": "yuv4mpegpipe", "pix_fmt": self.grey_format(), "strict": "-1"}
            if coded != self.grey_format():
                written["vf"] = f"extractplanes={'y' if coded.startswith('yuv') else 'g'}"
        else:
            written = {"format": "image2pipe", "vcodec": "ppm", "pix_fmt": "rgb24"}
            if coded.startswith("yuv"):
                written["vf"] = f"scale=in_color_matrix={self.matrix}:in_range={self.colour_range}:{SCALING}"
        target = source.output("pipe:", fps_mode="passthrough", **written).global_args("-xerror", *QUIET)
        return list(ffmpeg.compile(target, cmd=binary(self.ffmpeg)))

    def encode_frames(self, frames: Iterable[Frame], shape: tuple[int, ...], stream: Path) -> list[FrameBytes]:
        with atomic_path(stream) as temporary:
            count = self._write(frames, shape, temporary)
            try:
                sizes = self.measure_frames(temporary)
            except BitstreamError:
                sizes = []
            if len(sizes) != count:
                raise ToolError(f"{binary(self.ffmpeg)}: was fed {count} pictures and wrote {len(sizes)}; {REMEDY}")
        return sizes

    def _write(self, frames: Iterable[Frame], shape: tuple[int, ...], stream: Path) -> int:
        """Write the stream of frames; return their number."""
        with stream.open("wb") as file:
            return self._feed(self.encode_argv(shape), frames, shape, file)

    @contextmanager
    def _read(self, stream: Path) -> Iterator[tuple[str, IO[bytes] | int]]:
        """Give, for the time of a with block, what ffmpeg is to read, and its standard input."""
        with opened(stream) as file:
            yield "pipe:", file

    def decode_frames(self, stream: Path, shape: tuple[int, ...]) -> Iterator[Frame]:
        read = read_yuv4mpeg if len(shape) == 2 else read_ppm
        with (
            self._read(stream) as (source, stdin),
            TemporaryFile() as log,
            running(self.decode_argv(shape, source), stdin=stdin, stdout=subprocess.PIPE, stderr=log) as process,
        ):
            assert process.stdout is not None
            decoded = 0
            for picture in read(process.stdout, self.padded(shape), stream):
                decoded += 1
                yield picture[: shape[0], : shape[1]].copy()
            if process.wait() or not decoded:
                raise BitstreamError(f"{stream}: damaged after {decoded} pictures (ffmpeg: {last_words(log)}); {RERUN}")

    def _feed(self, argv: list[str], frames: Iterable[Frame], shape: tuple[int, ...], file: IO[bytes] | int) -> int:
        """Write the padded frames to the process ``argv``, whose output goes to ``file``; return their number."""
        height, width = self.padded(shape)
        margins = ((0, height - shape[0]), (0, width - shape[1]), *[(0, 0)] * (len(shape) - 2))
        count = 0
        # The log is a file, not a pipe, so that a talkative ffmpeg can't block while nobody reads.
        with TemporaryFile() as log, running(argv, stdin=subprocess.PIPE, stdout=file, stderr=log) as process:
            assert process.stdin is not None
            try:
                for frame in frames:
                    padded = np.pad(frame, margins, mode="edge")
                    process.stdin.write(self.raw(padded) if len(shape) == 2 else padded.tobytes())
                    count += 1
                process.stdin.close()
            except BrokenPipeError:
                count = -1
            status = process.wait()
            if status or count < 0:
                raise failure(argv[0], log, status, self.encoder, self.remedy)
        return count


def read_yuv4mpeg(source: IO[bytes], shape: tuple[int, int], stream: Path) -> Iterator[Frame]:
    """Yield the pictures of a grey YUV4MPEG file one at a time, uint8 or uint16; stops early where it is cut short or empty.

    Raises:
        BitstreamError: the pictures are not of ``shape`` (H, W); ``stream`` is the file to name.
    """
    match = re.match(rb"YUV4MPEG2 W(\d+) H(\d+) .*Cmono(\d*)", source.readline())
    if match is None:
        return
    check_size((int(match[2]), int(match[1])), shape, stream)
    kind = np.dtype("<u2" if match[3] else "u1")
    while source.readline().startswith(b"FRAME"):
        data = source.read(shape[0] * shape[1] * kind.itemsize)
        if len(data) < shape[0] * shape[1] * kind.itemsize:
            return
        yield np.frombuffer(data, kind).reshape(shape)


def read_ppm(source: IO[bytes], shape: tuple[int, int], stream: Path) -> Iterator[Frame]:
    """Yield the RGB pictures of PPM files one after the other, uint8 H x W x 3; otherwise as ``read_yuv4mpeg``."""
    while source.readline() == b"P6\n":
        width, height = (int(side) for side in source.readline().split())
        check_size((height, width), shape, stream)
        source.readline()  # the greatest sample, 255
        data = source.read(height * width * 3)
        if len(data) < height * width * 3:
            return
        yield np.frombuffer(data, np.uint8).reshape(height, width, 3)


def check_size(found: tuple[int, int], expected: tuple[int, int], stream: Path) -> None:
    """Raise BitstreamError where pictures of ``stream`` do not have the ``expected`` (H, W)."""
    if found != expected:
        raise BitstreamError(f"{stream}: pictures are coded as {found}; expected {expected} (H, W); {RERUN}")
