"""Whether the authors' saving is spread over all of their images or over some (``published_paired.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.results.published import ANCHOR, TEST, read_published
from compfeat.results.tables.base import AUTHORS, Inputs, table


@table(
    "published_paired.csv",
    needs=("published",),
    title="How the published saving is spread",
    caption="Of the authors' images: the share that got smaller, the saving of all bytes and that of the median image (percent).",
    category=AUTHORS,
)
def make_published_paired(inputs: Inputs) -> pd.DataFrame:
    """Return a row per cut, codec and quality, sorted.

    n_images (that both have), smaller_share (0..1, share of images with fewer bytes), saving_percent (of all bytes) and
    median_saving_percent (of the single images).
    """
    _, sizes = read_published(inputs)
    by = ["cut", "codec", "quality"]
    wide = sizes.pivot_table(index=[*by, "image_index"], columns="method", values="bytes")[[ANCHOR, TEST]].dropna()
    wide["smaller"] = wide[TEST] < wide[ANCHOR]
    wide["saving"] = 100.0 * (1.0 - wide[TEST] / wide[ANCHOR])
    groups = wide.groupby(level=by, sort=True)
    totals = groups[[ANCHOR, TEST]].sum()
    result = pd.DataFrame(
        {
            "n_images": groups.size(),
            "smaller_share": groups["smaller"].mean(),
            "saving_percent": 100.0 * (1.0 - totals[TEST] / totals[ANCHOR]),
            "median_saving_percent": groups["saving"].median(),
        }
    )
    return result.reset_index()
