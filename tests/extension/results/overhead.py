"""A table: which share of its bytes each point spends on headers and side information."""

from __future__ import annotations

import pandas as pd

from compfeat.results.tables.base import Inputs, table


@table(
    "overhead.csv",
    tables=("points.csv",),
    title="Overhead",
    caption="The share of each point's bytes that are headers or side information.",
)
def make_overhead(inputs: Inputs) -> pd.DataFrame:
    """Return cut, method, seed, codec, quality and ``overhead`` (0..1) of every coded point."""
    points = inputs.table("points.csv", "total_bytes", "payload_bytes").dropna(subset="total_bytes")
    keys = ["cut", "method", "seed", "codec", "quality"]
    return points[keys].assign(overhead=1 - points["payload_bytes"] / points["total_bytes"])
