"""The table of operating points (``points.csv``) and the table of all images at all points (``per_image.csv``).

Source: docs/method.md, "Quantiser" (the side information is counted) and "Task metrics".
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from compfeat.errors import DataError
from compfeat.experiment.runs import UNCODED
from compfeat.results import Inputs, Made, table
from compfeat.results._measured import LEDGER_BYTES, OF_IMAGE, POINT_KEYS, Measured, keys, measured_points
from compfeat.results.plan import Plan
from compfeat.tasks import metrics_of

TOTAL_BYTES = ("total_bytes", *LEDGER_BYTES)
RATES = ("rate_bpe", "rate_bpe_authors", "rate_bpp", "bytes_per_image")


@table(
    "points",
    makes=("points.csv", "per_image.csv"),
    needs=("scores", "ledgers", "descriptions"),
    uses=("dataset", "tasks", "methods", "codecs"),
)
def make(inputs: Inputs) -> dict[str, Made]:
    """Return both tables, ``points.csv`` with the columns OF_IMAGE where a method sends the image.

    Raises:
        DataError: points do not go together, or a lossless one changed something.
    """
    rows, images = [], []
    for measured in measured_points(inputs):
        rows.append(point_row(inputs.plan.dataset, measured))
        images.append(per_image_table(measured))
    metrics = [metric.name for _, metric in metrics_of(inputs.plan.tasks)]
    sent = any(method.sends == "image" for method in inputs.plan.methods)
    points = points_table(rows, [*metrics, *(OF_IMAGE.values() if sent else ())])
    check_lossless(points, metrics, inputs.plan)
    per_image = pd.concat(images, ignore_index=True)
    check_common_images(per_image)
    integers = [*LEDGER_BYTES, *(str(name) for name in per_image if str(name).startswith("n_"))]
    return {"points.csv": points, "per_image.csv": per_image.astype(dict.fromkeys(integers, "Int64"))}


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


def check_lossless(points: pd.DataFrame, metrics: list[str], plan: Plan) -> None:
    """Check that every lossless point has exactly the metrics of the uncoded point that its codec refers to.

    Raises:
        DataError: one has not, or that uncoded point is missing; the message names the point.
    """
    run = ["cut", "method", "seed"]
    known = {method.name: plan.lossless(method.name) for method in plan.methods}
    uncoded = points[points["codec"] == UNCODED].set_index([*run, "quality"])
    for row in points.to_dict("records"):
        reference = known[str(row["method"])].get((str(row["codec"]), str(row["quality"])))
        if reference is None:
            continue
        key = (*(row[name] for name in run), reference)
        if key not in uncoded.index:
            raise DataError(
                f"{_id(row)}: its run has no point {UNCODED}/{reference} to check it against; add that point"
            )
        for metric in metrics:
            found, expected = float(row[metric]), float(uncoded.loc[key, metric])
            if found != expected and not (np.isnan(found) and np.isnan(expected)):
                raise DataError(
                    f"{_id(row)}: {metric} is {found!r}, expected {expected!r} as at {UNCODED}/{reference}, because a lossless "
                    "codec changes nothing; the codec or the decoding is broken, or the two were evaluated differently"
                )


def per_image_table(measured: Measured) -> pd.DataFrame:
    """Return one row an image of one point, in the order of its images; cells that are not known are empty."""
    columns: dict[str, Any] = {**keys(measured.point), "image_id": measured.image_ids}
    for name in LEDGER_BYTES:
        columns[name] = pd.NA if measured.ledger is None else measured.ledger[name].to_numpy()
    for task, scores in measured.scores.items():
        columns |= {f"{score}_{task}": array for score, array in scores.items() if array.ndim == 1}
    return pd.DataFrame(columns)


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


def _id(row: Any) -> str:
    return f"{row['cut']}/{row['method']}/seed{row['seed']}/{row['codec']}/{row['quality']}"
