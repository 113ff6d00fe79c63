"""A table: which share of its bytes a point spends on headers and side information."""

from __future__ import annotations

from compfeat.results import Inputs, Made, table


@table(
    "overhead",
    makes=("overhead.csv",),
    tables=("points.csv",),
    pages={"overhead.csv": ("Overhead", "The share of each point's bytes that are headers or side information.")},
)
def make(inputs: Inputs) -> dict[str, Made]:
    """Return cut, method, seed, codec, quality and ``overhead`` (0..1) of every coded point."""
    points = inputs.table("points.csv", "total_bytes", "payload_bytes").dropna(subset="total_bytes")
    keys = ["cut", "method", "seed", "codec", "quality"]
    return {"overhead.csv": points[keys].assign(overhead=1 - points["payload_bytes"] / points["total_bytes"])}
