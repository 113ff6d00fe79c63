"""The table of all images at all points (``per_image.csv``)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from compfeat.results.measured import LEDGER_BYTES, Measured, keys, measured_points
from compfeat.results.tables.base import Inputs, table


@table("per_image.csv", needs=("scores", "ledgers", "descriptions"), uses=("tasks", "methods"))
def make_per_image(inputs: Inputs) -> pd.DataFrame:
    """Return a row per image and point: its bytes, and its scores that are one number. Raises DataError for damaged files."""
    images = pd.concat([per_image_table(measured) for measured in measured_points(inputs)], ignore_index=True)
    integers = [*LEDGER_BYTES, *(str(name) for name in images if str(name).startswith("n_"))]
    return images.astype(dict.fromkeys(integers, "Int64"))


def per_image_table(measured: Measured) -> pd.DataFrame:
    """Return one row per image of one point, in the order of its images; cells that are not known are empty."""
    columns: dict[str, Any] = {**keys(measured.point), "image_id": measured.image_ids}
    for name in LEDGER_BYTES:
        columns[name] = pd.NA if measured.ledger is None else measured.ledger[name].to_numpy()
    for task, scores in measured.scores.items():
        columns |= {f"{score}_{task}": array for score, array in scores.items() if array.ndim == 1}
    return pd.DataFrame(columns)
