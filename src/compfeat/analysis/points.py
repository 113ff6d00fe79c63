"""The table of operating points (``points.csv``) and the table of all images at all points (``per_image.csv``).

Source: METHOD.md, "Rate", "Quantiser" (the side information is counted) and "Task metrics".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.grid import UNCODED, Point
from compfeat.metrics.images import ERRORS, METRICS, aggregate

LEDGER_BYTES = ("payload_bytes", "header_bytes", "side_info_bytes")
"""Columns of a ledger, beside ``image_id``: what one image weighs."""
TOTAL_BYTES = ("total_bytes", *LEDGER_BYTES)
RATES = ("rate_bpe", "rate_bpe_authors", "rate_bpp", "bytes_per_image")
POINT_KEYS = ("cut", "loss", "seed", "codec", "quality")
COLUMNS = ("dataset", *POINT_KEYS, "n_images", *TOTAL_BYTES, *RATES, *METRICS)
PER_IMAGE_COLUMNS = (*POINT_KEYS, "image_id", *LEDGER_BYTES, *(f"{k}_{e}" for e in ERRORS for k in ("sse", "n")))
LOSSLESS = "lossless"


@dataclass(frozen=True)
class Measured:
    """What the stages before left of one point.

    Attributes:
        network: the run's description, with channels, feature_height, feature_width, input_height, input_width.
        images: the per-image errors (``metrics.images``).
        confusion: integers, (N, n, n), one matrix an image; None without segmentation.
        ledger: image_id and LEDGER_BYTES of every image; None for the uncoded points.
    """

    point: Point
    network: dict[str, Any]
    images: pd.DataFrame
    confusion: NDArray[np.integer] | None
    ledger: pd.DataFrame | None


def point_row(dataset: str, measured: Measured) -> dict[str, Any]:
    """Return the row (COLUMNS) of one point.

    ``total_bytes`` is payload + headers + side information. ``rate_bpe`` is bits per feature element, 8 * total /
    (N * C * H * W); ``rate_bpe_authors`` the same of the stream files alone (payload + headers); ``rate_bpp`` is bits
    per pixel of the network's input. None where nothing is coded.

    Raises:
        DataError: no images, or ledger, errors and confusion matrices are not about the same images.
    """
    _check_images(measured)
    n = len(measured.images)
    row: dict[str, Any] = {"dataset": dataset, **_keys(measured.point), "n_images": n}
    row.update(dict.fromkeys((*TOTAL_BYTES, *RATES)))
    if measured.ledger is not None:
        row.update({name: int(measured.ledger[name].sum()) for name in LEDGER_BYTES})
        total = sum(row[name] for name in LEDGER_BYTES)
        stream = row["payload_bytes"] + row["header_bytes"]
        network = measured.network
        elements = n * network["channels"] * network["feature_height"] * network["feature_width"]
        pixels = n * network["input_height"] * network["input_width"]
        row.update(total_bytes=total, bytes_per_image=total / n, rate_bpp=8 * total / pixels)
        row.update(rate_bpe=8 * total / elements, rate_bpe_authors=8 * stream / elements)
    return row | aggregate(measured.images, measured.confusion)


def points_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return the points table, sorted by cut, loss, seed, codec and quality; byte columns are nullable integers.

    Raises:
        DataError: a point is there twice, or a lossless point differs from its run's quantised features.
    """
    table = pd.DataFrame(list(rows), columns=list(COLUMNS)).sort_values(list(POINT_KEYS), ignore_index=True)
    table = table.astype(dict.fromkeys(TOTAL_BYTES, "Int64") | dict.fromkeys((*RATES, *METRICS), "float64"))
    twice = table[table.duplicated(list(POINT_KEYS))]
    if len(twice):
        raise DataError(f"point {_id(twice.iloc[0])} is listed twice; expected every point once")
    check_lossless(table)
    return table


def check_lossless(points: pd.DataFrame) -> None:
    """Check that every lossless coded point has exactly the metrics of its run's ``none/u8`` point.

    Raises:
        DataError: one has not, or the ``none/u8`` point is missing; the message names the point.
    """
    run = ["cut", "loss", "seed"]
    reference = points[(points["codec"] == UNCODED) & (points["quality"] == "u8")].set_index(run)
    for _, row in points[(points["codec"] != UNCODED) & (points["quality"] == LOSSLESS)].iterrows():
        key = tuple(row[run])
        if key not in reference.index:
            raise DataError(f"{_id(row)}: its run has no point {UNCODED}/u8 to check it against; add that point")
        for metric in METRICS:
            found, expected = float(row[metric]), float(reference.loc[key, metric])
            if found != expected and not (np.isnan(found) and np.isnan(expected)):
                raise DataError(
                    f"{_id(row)}: {metric} is {found!r}, expected {expected!r} as at {UNCODED}/u8, because a lossless "
                    "codec changes nothing; the codec or the decoding is broken, or the two were evaluated differently"
                )


def per_image_table(measured: Measured) -> pd.DataFrame:
    """Return one row an image of one point (PER_IMAGE_COLUMNS), in the order of its images; untold cells are empty.

    Raises:
        DataError: ledger, errors and confusion matrices are not about the same images.
    """
    _check_images(measured)
    table = measured.images.copy()
    for name, value in _keys(measured.point).items():
        table[name] = value
    for name in LEDGER_BYTES:
        table[name] = pd.NA if measured.ledger is None else measured.ledger[name].to_numpy()
    table = table.reindex(columns=list(PER_IMAGE_COLUMNS))
    integers = [*LEDGER_BYTES, *(f"n_{error}" for error in ERRORS)]
    return table.astype(dict.fromkeys(integers, "Int64") | {f"sse_{error}": "float64" for error in ERRORS})


def check_common_images(per_image: pd.DataFrame) -> None:
    """Check that all points are about the same images in the same order, so that their metrics can be compared.

    Raises:
        DataError: one is not; the message names the point.
    """
    first: list[str] | None = None
    for _, rows in per_image.groupby(list(POINT_KEYS), sort=True):
        ids = rows["image_id"].tolist()
        first = ids if first is None else first
        if ids != first:
            found = f"{len(ids)} images, the first point {len(first)}, or their ids or order differ"
            raise DataError(f"{_id(rows.iloc[0])}: has {found}; evaluate all points on one split")


def _keys(point: Point) -> dict[str, Any]:
    run = point.run
    return {"cut": run.cut, "loss": run.loss, "seed": run.seed, "codec": point.codec, "quality": point.quality}


def _id(row: pd.Series[Any]) -> str:
    return f"{row['cut']}/{row['loss']}/seed{row['seed']}/{row['codec']}/{row['quality']}"


def _check_images(measured: Measured) -> None:
    """Check that all that is known of a point is about the same images in the same order."""
    ids = measured.images["image_id"].tolist()
    if not ids:
        raise DataError(f"{measured.point.id}: no images; expected at least one; rerun the stage evaluate")
    if measured.ledger is not None and measured.ledger["image_id"].tolist() != ids:
        raise DataError(
            f"{measured.point.id}: ledger has {len(measured.ledger)} images, images.csv {len(ids)}, or their ids or "
            "order differ; rerun the stages encode and evaluate"
        )
    if measured.confusion is not None and len(measured.confusion) != len(ids):
        raise DataError(
            f"{measured.point.id}: confusion.npy has {len(measured.confusion)} images, images.csv {len(ids)}; "
            "rerun the stage evaluate"
        )
