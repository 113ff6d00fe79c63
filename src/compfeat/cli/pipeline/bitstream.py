"""Take one bitstream out of the archive of a run and codec, to play it or look at it."""

from __future__ import annotations

from pathlib import Path

from compfeat.transport.bitstreams import extract


def bitstream(*, bitstreams: Path, quality: str, stream: Path) -> None:
    """Take one bitstream out of the archive of a run and codec, to play it or look at it.

    Args:
        bitstreams: the archive.
        quality: which bitstream.
        stream: output: the bitstream.

    Raises:
        BitstreamError: the archive is missing or damaged, or has no such quality.
    """
    extract(bitstreams, quality, stream)
