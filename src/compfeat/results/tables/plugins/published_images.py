"""The sizes of each of the authors' images by both methods, in the order of their files (``published_images.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.results.published import ANCHOR, TEST, read_published
from compfeat.results.tables.base import Inputs, table


@table("published_images.csv", needs=("published",))
def make_published_images(inputs: Inputs) -> pd.DataFrame:
    """Return a row per image at a codec and quality, sorted: cut, codec, quality, image_index, bytes by method, and ratio."""
    _, sizes = read_published(inputs)
    keys = ["cut", "codec", "quality", "image_index"]
    wide = sizes.pivot_table(index=keys, columns="method", values="bytes", aggfunc="sum")[[ANCHOR, TEST]]
    images = wide.rename(columns="{}_bytes".format).rename_axis(columns=None).reset_index()
    return images.assign(ratio=images[f"{TEST}_bytes"] / images[f"{ANCHOR}_bytes"])
