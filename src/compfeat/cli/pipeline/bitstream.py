"""Take one bitstream out of the archive of a run and codec, to play it or look at it."""

from __future__ import annotations

from pathlib import Path

from compfeat.errors import BitstreamError
from compfeat.io import write_bytes
from compfeat.transport.bitstreams import read_archive, stream_name


def bitstream(*, bitstreams: Path, quality: str, stream: Path) -> None:
    """Take one bitstream out of the archive of a run and codec, to play it or look at it.

    Args:
        bitstreams: the archive.
        quality: which bitstream.
        stream: output: the bitstream.

    Raises:
        BitstreamError: the archive is missing or damaged, or has no such quality.
    """
    contents = read_archive(bitstreams)
    if stream_name(quality) not in contents:
        known = ", ".join(Path(name).stem for name in contents if name.endswith(".bin"))
        raise BitstreamError(f"{bitstreams}: no quality {quality!r}; expected one of {known}")
    write_bytes(stream, contents[stream_name(quality)])
