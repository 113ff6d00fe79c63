"""The sender."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from compfeat.codecs import RERUN, Codec, Item
from compfeat.errors import BitstreamError
from compfeat.io import write_csv
from compfeat.transport.ledger import check_files, ledger_table


def send(codec: Codec, items: Iterable[Item], ids: list[str], stream: Path, side_info: Path, ledger: Path) -> None:
    """Code items to ``stream`` and ``side_info``, and account for every byte of both in ``ledger``.

    Raises:
        DataError: an item cannot be coded.
        BitstreamError: the codec wrote another number of images than it was given.
        ToolError: the codec's program is missing or failed.
    """
    sizes = codec.encode(items, stream, side_info)
    if len(sizes) != len(ids):
        raise BitstreamError(f"{stream}: {len(sizes)} images coded; expected {len(ids)}; {RERUN}")
    table = ledger_table(ids, sizes)
    check_files(table, stream, side_info, ledger)
    write_csv(ledger, table)
