"""The authors' released operating points, with their rates (``published_points.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.results.published import read_published
from compfeat.results.tables.base import Inputs, table


@table("published_points.csv", needs=("published",))
def make_published_points(inputs: Inputs) -> pd.DataFrame:
    """Return the released points and ``rate_bpe``. Raises DataError if the files contradict each other."""
    return read_published(inputs)[0]
