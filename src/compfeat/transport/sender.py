"""The sender."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from compfeat.codecs.base import RERUN, Codec, Item
from compfeat.errors import BitstreamError
from compfeat.transport.ledger import check_files, ledger_table


def send(codec: Codec[Any], items: Iterable[Item], ids: list[str], stream: Path, side_info: Path) -> pd.DataFrame:
    """Code items to ``stream`` and ``side_info``; return the ledger of every byte of both.

    Raises:
        DataError: an item cannot be coded.
        BitstreamError: the codec wrote another number of images than it was given.
        ToolError: the codec's program is missing or failed.
    """
    sizes = codec.encode(items, stream, side_info)
    if len(sizes) != len(ids):
        raise BitstreamError(f"{stream}: {len(sizes)} images coded; expected {len(ids)}; {RERUN}")
    ledger = ledger_table(ids, sizes)
    check_files(ledger, stream, side_info)
    return ledger
