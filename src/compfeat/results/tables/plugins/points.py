"""The table of operating points (``points.csv``).

Source: docs/explanation/method.md, "Quantiser" (the side information is counted) and "Task metrics".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from compfeat.errors import DataError
from compfeat.results.measured import LEDGER_BYTES, POINT_KEYS, Measured, image_metrics, keys, measured_points
from compfeat.results.tables.base import RESULTS, Inputs, table
from compfeat.settings.runs import UNCODED
from compfeat.tasks.base import metrics_of

TOTAL_BYTES = ("total_bytes", *LEDGER_BYTES)
RATES = ("rate_bpe", "rate_bpe_authors", "rate_bpp", "bytes_per_image")


@table(
    "points.csv",
    needs=("scores", "ledgers", "descriptions"),
    uses=("dataset", "tasks", "methods", "codecs"),
    title="All operating points",
    caption="What every point weighs and how well the tasks do there. Rates: bits per feature element (bpe; empty if the "
    "image is sent) and per input pixel (bpp); rate_bpe_authors leaves the side information out, as the authors did.",
    category=RESULTS,
)
def make_points(inputs: Inputs) -> pd.DataFrame:
    """Return a row per point, with the columns of ``image_metrics`` where a method sends the image.

    Raises:
        DataError: points do not go together, or a lossless one changed something.
    """
    e = inputs.experiment
    metrics = [metric.name for _, metric in metrics_of(e.tasks)]
    sent = any(method.sends == "image" for method in e.methods.values())
    rows = [point_row(e.dataset.name, measured) for measured in measured_points(inputs)]
    points = points_table(rows, [*metrics, *(image_metrics().values() if sent else ())])
    check_lossless(points, metrics, {name: e.lossless(name) for name in e.methods})
    return points


def point_row(dataset: str, measured: Measured) -> dict[str, Any]:
    """Return the row of one point.

    ``total_bytes`` is payload + headers + side information. ``rate_bpe`` is bits per feature element, 8 * total /
    (N * C * H * W), and empty where the image is sent; ``rate_bpe_authors`` the same of the stream files alone (payload +
    headers); ``rate_bpp`` is bits per pixel of the network's input. None where nothing is coded.
    """
    n = len(measured.image_ids)
    row: dict[str, Any] = {"dataset": dataset, **keys(measured.point), "n_images": n}
    row.update(dict.fromkeys((*TOTAL_BYTES, *RATES)))
    if measured.ledger is not None:
        row.update({name: int(measured.ledger[name].sum()) for name in LEDGER_BYTES})
        total = sum(row[name] for name in LEDGER_BYTES)
        network = measured.network
        pixels = n * network["input_height"] * network["input_width"]
        row.update(total_bytes=total, bytes_per_image=total / n, rate_bpp=8 * total / pixels)
        if measured.sends == "features":
            elements = n * network["channels"] * network["feature_height"] * network["feature_width"]
            stream = row["payload_bytes"] + row["header_bytes"]
            row.update(rate_bpe=8 * total / elements, rate_bpe_authors=8 * stream / elements)
    return row | {name: float(values[0]) for name, values in measured.metrics().items()}


def points_table(rows: list[dict[str, Any]], metrics: list[str]) -> pd.DataFrame:
    """Return the points table, sorted by its keys; byte columns are nullable integers.

    Raises:
        DataError: a point is there twice.
    """
    columns = ["dataset", *POINT_KEYS, "n_images", *TOTAL_BYTES, *RATES, *metrics]
    points = pd.DataFrame(rows, columns=columns).sort_values(list(POINT_KEYS), ignore_index=True)
    points = points.astype(dict.fromkeys(TOTAL_BYTES, "Int64") | dict.fromkeys((*RATES, *metrics), "float64"))
    twice = points[points.duplicated(list(POINT_KEYS))]
    if len(twice):
        raise DataError(f"point {_id(twice.iloc[0])} is listed twice; expected every point once")
    return points


def check_lossless(
    points: pd.DataFrame, metrics: list[str], references: Mapping[str, Mapping[tuple[str, str], str]]
) -> None:
    """Check that every lossless point has exactly the metrics of the uncoded point that its codec refers to.

    Args:
        references: of each method, the lossless (codec, quality) with the uncoded quality that each must equal.

    Raises:
        DataError: one has not, or that uncoded point is missing; the message names the point.
    """
    run = ["cut", "method", "seed"]
    uncoded = points[points["codec"] == UNCODED].set_index([*run, "quality"])
    for row in points.to_dict("records"):
        reference = references[str(row["method"])].get((str(row["codec"]), str(row["quality"])))
        if reference is None:
            continue
        key = (*(row[name] for name in run), reference)
        if key not in uncoded.index:
            raise DataError(
                f"{_id(row)}: its run has no point {UNCODED}/{reference} to check it against; add that point"
            )
        for metric in metrics:
            coded, expected = float(row[metric]), float(uncoded.loc[key, metric])
            if coded != expected and not (np.isnan(coded) and np.isnan(expected)):
                raise DataError(
                    f"{_id(row)}: {metric} is {coded!r}, expected {expected!r} as at {UNCODED}/{reference}, because a lossless "
                    "codec changes nothing; the codec or the decoding is broken, or the two were evaluated differently"
                )


def _id(row: Any) -> str:
    return f"{row['cut']}/{row['method']}/seed{row['seed']}/{row['codec']}/{row['quality']}"
