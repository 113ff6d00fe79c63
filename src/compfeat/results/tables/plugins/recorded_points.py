"""The points of a recorded run of further codecs (``recorded_points.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.io import read_csv, read_json
from compfeat.results.measured import POINT_KEYS
from compfeat.results.tables.base import Inputs, table

RATES = ["rate_bpe", "bytes_per_image"]


@table("recorded_points.csv", needs=("codecs_record",), uses=("cuts", "methods", "seeds"))
def make_recorded_points(inputs: Inputs) -> pd.DataFrame:
    """Return the record's points of this run's cuts, methods and seeds, ladder by ladder; none without a record.

    ``ladder`` is the label of the record's ladder.
    """
    columns = ["ladder", *POINT_KEYS, *RATES]
    if not inputs.of("codecs_record"):
        return pd.DataFrame(columns=columns)
    e = inputs.experiment
    points = read_csv(inputs.file("codecs_record", "points"), [*POINT_KEYS, *RATES])
    mine = {"cut": list(e.cuts), "method": list(e.methods), "seed": list(e.seeds)}
    points = points[points[list(mine)].isin(mine).all(axis=1)]
    ladders = read_json(inputs.file("codecs_record", "experiment"))["ladders"].items()
    every = [points[points["codec"].isin(of["codecs"])].assign(ladder=of.get("label") or name) for name, of in ladders]
    together = pd.concat([points[:0], *every], ignore_index=True)
    return together[[*columns, *(name for name in points if name not in columns)]]
