"""The receiver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from compfeat.codecs.base import RERUN, Codec, Decoded
from compfeat.errors import BitstreamError, DataError
from compfeat.transport.ledger import COLUMNS, check_files, ledger_table


def receive(
    codec: Codec[Any], stream: Path, side_info: Path, ledger: pd.DataFrame, shape: tuple[int, ...], ids: Sequence[str]
) -> Iterator[Decoded]:
    """Decode a point from its bitstream and side information, one image at a time, in the ledger's order.

    Args:
        codec: the codec at the quality that wrote the stream.
        stream: the bitstream.
        side_info: what was sent beside it.
        ledger: what was sent at this quality; used to check the sizes of the files and of every image.
        shape: of what was sent of one image.
        ids: the images that are expected.

    Raises:
        DataError: the ledger lists other images. Raised, as all checks are, before the first image.
        BitstreamError: files or images are not what the ledger says, or (while decoding, at the latest when the last image was
            taken and one more is asked for) the stream is damaged.
        ToolError: the codec's program is missing.
    """
    check_files(ledger, stream, side_info)
    ledger_ids = [str(image_id) for image_id in ledger["image_id"]]
    if ledger_ids != list(ids):
        raise DataError(f"{stream}: {len(ledger_ids)} images that are not the {len(ids)} expected; {RERUN}")
    sizes = codec.measure(stream, side_info)
    if len(sizes) != len(ledger_ids) or not ledger_table(ledger_ids, sizes)[COLUMNS[1:]].equals(ledger[COLUMNS[1:]]):
        raise BitstreamError(
            f"{stream}: {len(sizes)} images that differ from the {len(ledger_ids)} of its ledger; {RERUN}"
        )
    return counted(codec.decode(stream, side_info, shape), len(ledger_ids), stream)


def counted(images: Iterator[Decoded], expected: int, stream: Path) -> Iterator[Decoded]:
    """Yield ``images``. Raises BitstreamError if they are not as many as ``expected``."""
    count = 0
    for image in images:
        count += 1
        if count <= expected:
            yield image
    if count != expected:
        raise BitstreamError(f"{stream}: {count} images decoded; expected {expected}; {RERUN}")
