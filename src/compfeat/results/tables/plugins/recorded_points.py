"""The points of a recorded run of further codecs (``recorded_points.csv``)."""

from __future__ import annotations

import pandas as pd

from compfeat.io import read_csv, read_json
from compfeat.results.measured import POINT_KEYS
from compfeat.results.tables.base import Inputs, table

RATES = ["rate_bpe", "bytes_per_image"]


@table("recorded_points.csv", needs=("codecs_record",), uses=("cuts", "methods", "codecs"))
def make_recorded_points(inputs: Inputs) -> pd.DataFrame:
    """Return the record's points of this run's cuts and methods by codecs that this run lacks; none without a record.

    ``ladder`` is the label of the record's ladder of these codecs.
    """
    columns = ["ladder", *POINT_KEYS, *RATES]
    if not inputs.of("codecs_record"):
        return pd.DataFrame(columns=columns)
    e = inputs.experiment
    points = read_csv(inputs.file("codecs_record", "points"), [*POINT_KEYS, *RATES])
    points = points[points["cut"].isin(list(e.cuts)) & points["method"].isin(list(e.methods))]
    found = [points[:0]]
    for name, ladder in read_json(inputs.file("codecs_record", "experiment"))["ladders"].items():
        if not set(ladder["codecs"]) & set(e.codecs):
            found.append(points[points["codec"].isin(ladder["codecs"])].assign(ladder=ladder.get("label") or name))
    every = pd.concat(found).reindex(columns=[*columns, *(name for name in points if name not in columns)])
    return every.reset_index(drop=True)
