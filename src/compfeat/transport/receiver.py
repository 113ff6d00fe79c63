"""The receiver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from compfeat.codecs import RERUN, Codec, Decoded
from compfeat.errors import BitstreamError, DataError
from compfeat.transport.ledger import COLUMNS, check_files, image_ids, ledger_table, read_ledger


def receive(
    codec: Codec, stream: Path, side_info: Path, ledger: Path, shape: tuple[int, ...], ids: Sequence[str]
) -> Iterator[Decoded]:
    """Decode a point from its bitstream and side information, one image at a time, in the ledger's order.

    Args:
        codec: the codec at the quality that wrote the stream.
        stream: the bitstream.
        side_info: what was sent beside it.
        ledger: what was sent; used to check the sizes of the files and of every image.
        shape: of what was sent of one image.
        ids: the images that are expected.

    Raises:
        DataError: the ledger is missing or damaged, or lists other images. Raised, as all checks are, before the first image.
        BitstreamError: files or images are not what the ledger says, or (while decoding, at the latest when the last image was
            taken and one more is asked for) the stream is damaged.
        ToolError: the codec's program is missing.
    """
    table = read_ledger(ledger)
    check_files(table, stream, side_info, ledger)
    found = image_ids(ledger)
    if found != list(ids):
        raise DataError(f"{ledger}: {len(found)} images that are not the {len(ids)} expected; {RERUN}")
    sizes = codec.measure(stream, side_info)
    if len(sizes) != len(found) or not ledger_table(found, sizes)[COLUMNS[1:]].equals(table[COLUMNS[1:]]):
        raise BitstreamError(f"{stream}: {len(sizes)} images that differ from the {len(found)} of {ledger}; {RERUN}")
    return counted(codec.decode(stream, side_info, shape), len(found), stream)


def counted(images: Iterator[Decoded], expected: int, stream: Path) -> Iterator[Decoded]:
    """Yield ``images``. Raises BitstreamError where they are not as many as ``expected``."""
    count = 0
    for image in images:
        count += 1
        if count <= expected:
            yield image
    if count != expected:
        raise BitstreamError(f"{stream}: {count} images decoded; expected {expected}; {RERUN}")
