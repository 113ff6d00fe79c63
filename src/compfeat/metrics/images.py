"""The table of per-image results (``images.csv``) and what is aggregated from it.

Source: METHOD.md, "Task metrics"; DESIGN.md, rule 8: per-image results are kept, aggregates derived from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.metrics.regression import psnr_db, rmse
from compfeat.metrics.segmentation import miou

METRICS = ("miou", "psnr_db", "rmse", "rmse_authors")
"""What ``aggregate`` returns: mIoU (0..1), PSNR (dB), RMSE (px), and the authors' RMSE (px)."""
ERRORS = ("reconstruction", "disparity", "disparity_authors")
"""The squared errors of an image, each as columns ``sse_*`` and ``n_*``."""


@dataclass(frozen=True)
class TaskErrors:
    """One row of ``images.csv``: sum of squared errors and number of samples of each trained task, None elsewhere.

    Attributes:
        reconstruction: on a scale of 0..1, over all samples of the image.
        disparity: px^2, over the pixels with ground truth after valid-aware resizing.
        disparity_authors: px^2, over the pixels where the plainly resized truth is > 0.
    """

    image_id: str
    reconstruction: tuple[float, int] | None = None
    disparity: tuple[float, int] | None = None
    disparity_authors: tuple[float, int] | None = None

    def row(self) -> dict[str, Any]:
        """Return the columns ``image_id``, ``sse_*`` and ``n_*``; those of untrained tasks are absent."""
        cells: dict[str, Any] = {"image_id": self.image_id}
        for name in ERRORS:
            pair: tuple[float, int] | None = getattr(self, name)
            if pair is not None:
                cells[f"sse_{name}"], cells[f"n_{name}"] = pair
        return cells


def images_table(rows: Iterable[TaskErrors]) -> pd.DataFrame:
    """Return the per-image table, one row an image in the order given.

    Raises:
        ValueError: the rows do not all have the same tasks.
    """
    cells = [errors.row() for errors in rows]
    if any(set(row) != set(cells[0]) for row in cells):
        raise ValueError("some images lack a task that others have; expected the same tasks for all images")
    return pd.DataFrame(cells, columns=list(cells[0]) if cells else ["image_id"])


def aggregate(images: pd.DataFrame, confusion: NDArray[np.integer] | None) -> dict[str, float]:
    """Return the metrics of METRICS over all images; nan where the task is absent.

    Args:
        images: the per-image table.
        confusion: integers, (N, n, n) one matrix an image or (n, n) their sum; None without segmentation.
    """
    result = dict.fromkeys(METRICS, float("nan"))
    if confusion is not None:
        counts = np.asarray(confusion)
        result["miou"] = miou(counts.sum(axis=0, dtype=np.int64) if counts.ndim == 3 else counts)
    for metric, name in (("psnr_db", "reconstruction"), ("rmse", "disparity"), ("rmse_authors", "disparity_authors")):
        if f"sse_{name}" in images.columns:
            sse, n = images[f"sse_{name}"].to_numpy(dtype=float), images[f"n_{name}"].to_numpy()
            result[metric] = psnr_db(sse, n) if metric == "psnr_db" else rmse(sse, n)
    return result
