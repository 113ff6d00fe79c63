"""How far each point lies from the Gaussian rate-distortion function of what it codes (``rate_distortion.csv``).

Source: docs/explanation/feature-codec.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.arrays import Arrays
from compfeat.errors import DataError
from compfeat.results.gaussian import gaussian_rate
from compfeat.results.measured import POINT_KEYS
from compfeat.results.tables.base import Inputs, table
from compfeat.settings.runs import UNCODED, Run

COLUMNS = (*POINT_KEYS, "rate_bpe", "distortion", "bound_bpe", "distance_bpe")


@table(
    "rate_distortion.csv",
    needs=("distortions",),
    tables=("points.csv",),
    title="Distance to the Gaussian reference",
    caption="Mean squared error of what is coded (after the method's transform, in its own unit squared), the bits per feature "
    "element that Gaussian components of the same variances would need for it, and how many more the point takes.",
)
def make_rate_distortion(inputs: Inputs) -> pd.DataFrame:
    """Return one row per coded point of features with COLUMNS; ``bound_bpe`` and ``distance_bpe`` are empty without distortion.

    ``distortion`` is the mean over images and elements; rates are bits per feature element, so that distances of methods with
    transforms of other scales compare, too.

    Raises:
        DataError: a file is missing or damaged, or lacks a point.
    """
    points = inputs.table("points.csv", *POINT_KEYS, "n_images", "total_bytes", "rate_bpe").dropna(subset="rate_bpe")
    rows: list[tuple[object, ...]] = []
    for (cut, method, seed), of_run in points.groupby(list(POINT_KEYS[:3]), sort=False):
        run = Run(str(cut), str(method), int(str(seed)))
        variance = _array(*_read(inputs, run, UNCODED), "variance")
        for codec, of_codec in of_run.groupby("codec", sort=False):
            path, errors = _read(inputs, run, str(codec))
            for point in of_codec.to_dict("records"):
                quality, rate = point["quality"], point["rate_bpe"]
                distortion = float(_array(path, errors, f"{quality}/mse").mean())
                # A transform may code another number of elements than the network has.
                elements = round(8 * point["total_bytes"] / point["n_images"] / rate)
                bound = gaussian_rate(variance, distortion * variance.size) * variance.size / elements
                cells = (distortion, bound, rate - bound) if np.isfinite(bound) else (distortion, None, None)
                rows.append((*vars(run).values(), codec, quality, rate, *cells))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _read(inputs: Inputs, run: Run, codec: str) -> tuple[Path, Arrays]:
    """Return the errors that the stage evaluate left of a run and codec, and where they lie."""
    name = f"{run.id}/{codec}"
    return inputs.file("distortions", name), inputs.arrays("distortions", name)


def _array(path: Path, errors: Arrays, key: str) -> NDArray[np.float64]:
    array = errors.get(key)
    if array is None or not array.size:
        raise DataError(f"{path}: lacks {key}; rerun the stage evaluate")
    return array
