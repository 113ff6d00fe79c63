"""What is saved by the length of training after the start (``training_length.csv``): in a recorded run, or in this one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from compfeat.experiment.config import part_of
from compfeat.experiment.entries import MethodConfig
from compfeat.io import read_csv, read_json
from compfeat.results.pairs import PAIR
from compfeat.results.tables.base import Inputs, table

CELL = list(PAIR)
BD_RATE = ["bd_rate_percent", "low_percent", "high_percent"]
MEASURED = [*BD_RATE, "equal_loss_percent"]
LAST = ["cut", "training", "epoch"]
COLUMNS = ["source", *CELL, "transform", "epochs", *MEASURED]
RECORDED, THIS_RUN = "record", "this run"
"""Where the rows come from."""


@table(
    "training_length.csv",
    needs=("length_record",),
    tables=("intervals.csv", "epochs.csv"),
    uses=("methods", "cuts"),
    title="Length of training",
    caption="BD-rates, plain and at equal loss, by the epochs of training after the start, each against a method that was trained "
    "as long.",
)
def make_training_length(inputs: Inputs) -> pd.DataFrame:
    """Return the comparisons between methods that were trained equally long: of the record if there is one, else of this run.

    The anchors send features without a transform. Of a record only cuts count that this run has.

    Raises:
        DataError: a file is missing or damaged.
    """
    intervals, epochs = inputs.table("intervals.csv", *CELL, *MEASURED), inputs.table("epochs.csv", *LAST)
    source, methods = THIS_RUN, inputs.experiment.methods
    if inputs.of("length_record"):
        intervals = read_csv(inputs.file("length_record", "intervals"), [*CELL, *BD_RATE])
        epochs = read_csv(inputs.file("length_record", "epochs"), LAST)
        recorded = read_json(inputs.file("length_record", "experiment"))
        source, methods = RECORDED, part_of({"methods": recorded["methods"]}).methods
    of_cuts = intervals[intervals["cut"].isin(list(inputs.experiment.cuts))]
    of_cuts = of_cuts.reindex(columns=[*CELL, *MEASURED])  # An older record lacks the BD-rates at equal loss.
    return with_lengths(of_cuts, epochs, methods).assign(source=source)[COLUMNS]


def with_lengths(intervals: pd.DataFrame, epochs: pd.DataFrame, methods: Mapping[str, MethodConfig]) -> pd.DataFrame:
    """Return the comparisons that count, with the ``epochs`` of both methods and the ``transform`` of the tested one."""
    length = epochs.groupby(["cut", "training"])["epoch"].max().to_dict()
    rows = []
    for row in intervals.to_dict("records"):
        test, anchor = methods[row["method"]], methods[row["against"]]
        lengths = [length[row["cut"], method.training] for method in (test, anchor)]
        if lengths[0] == lengths[1] and anchor.sends == "features" and anchor.transform is None:
            transform = "" if test.transform is None else test.transform.name
            rows.append(row | {"transform": transform, "epochs": lengths[0]})
    return pd.DataFrame(rows, columns=[*CELL, *MEASURED, "transform", "epochs"])
