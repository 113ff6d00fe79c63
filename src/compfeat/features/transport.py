"""The way from the mobile to the cloud: features become a bitstream with side info, and come back from these alone.

The ledger, one row an image, is the account of what was sent. It is not sent: the receiver only checks against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.codecs import Codec
from compfeat.errors import BitstreamError, DataError
from compfeat.features.store import SIDE_INFO_BYTES, open_features, read_side_info, write_side_info
from compfeat.features.tile import tiled_shape, untile
from compfeat.io import read_csv, write_csv

RERUN = "rerun the encode stage for this point"
LEDGER_COLUMNS = ["image_id", "payload_bytes", "header_bytes", "side_info_bytes"]


class Received(NamedTuple):
    """One image's features as the cloud gets them.

    Attributes:
        image_id: the image they are of, from the ledger.
        codes: uint8, C x H x W.
        minimum: what code 0 stands for.
        maximum: what the greatest code stands for.
    """

    image_id: str
    codes: NDArray[np.uint8]
    minimum: np.float32
    maximum: np.float32


def image_ids(path: Path) -> list[str]:
    """Return the column ``image_id`` of a CSV as text (``0007`` stays ``0007``). Raises DataError as ``read_csv`` does."""
    read_csv(path, ["image_id"])
    column = pd.read_csv(path, usecols=["image_id"], dtype=str, keep_default_na=False)["image_id"]
    return [str(image_id) for image_id in column]


def send(codec: Codec, features: Path, index: Path, stream: Path, side_info: Path, ledger: Path) -> None:
    """Code a features file to ``stream`` and ``side_info``, and account for every byte of both in ``ledger``.

    Raises:
        DataError: the features file or index is missing or damaged, or their numbers of images differ.
        ToolError: the codec's program is missing or failed.
    """
    records, ids = open_features(features), image_ids(index)
    if len(records) != len(ids):
        raise DataError(f"{features}: {len(records)} images, but {index} lists {len(ids)}; rerun the features stage")
    codec.encode((record["tiles"] for record in records), records["tiles"].shape[1:], stream)
    write_side_info(side_info, records)
    sizes = codec.measure(stream)
    if len(sizes) != len(ids):
        raise BitstreamError(f"{stream}: {len(sizes)} frames; expected {len(ids)}; {RERUN}")
    table = pd.DataFrame(
        {
            "image_id": ids,
            "payload_bytes": [size.payload_bytes for size in sizes],
            "header_bytes": [size.header_bytes for size in sizes],
            "side_info_bytes": SIDE_INFO_BYTES,
        },
        columns=LEDGER_COLUMNS,
    )
    check_files(table, stream, side_info, ledger)
    write_csv(ledger, table)


def receive(
    codec: Codec, stream: Path, side_info: Path, ledger: Path, channels: int, feature_shape: tuple[int, int]
) -> Iterator[Received]:
    """Decode a point from its bitstream and side info, one image at a time, in the ledger's order.

    Args:
        codec: the codec at the quality that wrote the stream.
        stream: the bitstream.
        side_info: the minima and maxima.
        ledger: what was sent; used for the ids and to check the sizes of the files and of every frame.
        channels: C of the feature tensor.
        feature_shape: (H, W) of the feature tensor.

    Raises:
        DataError: the ledger is missing or damaged. Raised, as all checks are, before the first image is asked for.
        BitstreamError: files or frames are not what the ledger says, or (while decoding) the stream is damaged.
        ToolError: the codec's program is missing.
    """
    table = read_ledger(ledger)
    check_files(table, stream, side_info, ledger)
    sizes = codec.measure(stream)
    booked = list(zip(table["payload_bytes"], table["header_bytes"], strict=True))
    if [(size.payload_bytes, size.header_bytes) for size in sizes] != booked:
        raise BitstreamError(f"{stream}: {len(sizes)} frames that differ from the {len(booked)} of {ledger}; {RERUN}")
    pairs = read_side_info(side_info)
    ids = image_ids(ledger)
    if len(pairs) != len(ids):
        raise BitstreamError(f"{side_info}: {len(pairs)} pairs; {ledger} lists {len(ids)} images; {RERUN}")

    def images() -> Iterator[Received]:
        frames = codec.decode(stream, tiled_shape(channels, feature_shape))
        for image_id, frame, (minimum, maximum) in zip(ids, frames, pairs, strict=True):
            yield Received(image_id, untile(frame, channels), minimum, maximum)

    return images()


def read_ledger(path: Path) -> pd.DataFrame:
    """Return a ledger. Raises DataError where it is missing, damaged, or has sizes that are not whole numbers."""
    table = read_csv(path, LEDGER_COLUMNS)
    for column in LEDGER_COLUMNS[1:]:
        if table[column].dtype.kind != "i":
            raise DataError(f"{path}: column {column!r} is {table[column].dtype}; expected whole numbers; {RERUN}")
    return table


def check_files(table: pd.DataFrame, stream: Path, side_info: Path, ledger: Path) -> None:
    """Raise BitstreamError where a file is missing, or its size is not what the ledger ``table`` adds up to."""
    booked = {
        stream: int(table["payload_bytes"].sum() + table["header_bytes"].sum()),
        side_info: int(table["side_info_bytes"].sum()),
    }
    for path, expected in booked.items():
        if not path.is_file():
            raise BitstreamError(f"{path}: not found; {RERUN}")
        if path.stat().st_size != expected:
            raise BitstreamError(f"{path}: {path.stat().st_size} bytes; {ledger} says {expected}; {RERUN}")
