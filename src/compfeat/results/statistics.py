"""How sure the numbers are (``intervals.csv``, ``float_intervals.csv``, ``point_intervals.csv``), and the claims checked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compfeat.experiment.runs import Point
from compfeat.io import read_csv
from compfeat.results import Inputs, Made, table
from compfeat.results._bootstrap import (
    CELL,
    INTERVAL_COLUMNS,
    Samples,
    image_counts,
    interval_tables,
    of_different_images,
    point_intervals,
    point_samples,
)
from compfeat.results._claims import (
    COLUMNS,
    FEWER_BITS,
    NO_LOSS,
    claims_table,
    published_cells,
    published_losses,
    recorded_cells,
    run_cells,
    run_losses,
)
from compfeat.results._curves import FloatArray
from compfeat.results._measured import measured_points


@table(
    "statistics",
    makes=(
        *("intervals.csv", "float_intervals.csv", "point_intervals.csv"),
        *("claims.csv", "seeds_intervals.csv", "experiment.json"),
    ),
    needs=("scores", "ledgers", "descriptions", "seeds_record"),
    tables=("points.csv", "published_points.csv", "published_intervals.csv"),
    uses=("tasks", "cuts", "methods", "ladders", "comparisons", "frontier", "bootstrap", "claims", "experiment"),
)
def make(inputs: Inputs) -> dict[str, Made]:
    """Return all six; ``experiment.json`` says, beside a record of these tables, what they depend on.

    Raises:
        DataError: a file is missing or damaged, or a comparison lacks a run.
    """
    plan = inputs.plan
    assert plan.bootstrap is not None
    samples: dict[Point, Samples] = {}
    counts: dict[int, FloatArray] = {}
    for measured in measured_points(inputs):
        n = len(measured.image_ids)
        if n not in counts:
            counts[n] = image_counts(n, plan.bootstrap)
        samples[measured.point] = point_samples(measured, counts[n])
    samples = of_different_images(samples)
    intervals, floats = interval_tables(samples, plan, plan.bootstrap)
    seeds, seeds_claims = read_record(inputs)
    return {
        "intervals.csv": intervals,
        "float_intervals.csv": floats,
        "point_intervals.csv": point_intervals(samples, plan.compared(), plan.bootstrap),
        "claims.csv": claims(inputs, intervals, floats, seeds_claims),
        "seeds_intervals.csv": seeds,
        "experiment.json": plan.experiment,
    }


def claims(inputs: Inputs, intervals: pd.DataFrame, floats: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """Return the claims checked against this run and a recorded run, and some against the published numbers; no rows without any."""
    metrics = {metric.name: metric for metric in inputs.plan.compared()}
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    for limits in inputs.plan.claims:
        bd_rates = published_cells(inputs.table("published_intervals.csv")) if limits.published else []
        bd_rates += [*run_cells(intervals, limits), *recorded_cells(recorded, FEWER_BITS, limits)]
        losses = published_losses(inputs.table("published_points.csv")) if limits.published else []
        losses += run_losses(floats, inputs.table("points.csv"), limits, metrics)
        losses += recorded_cells(recorded, NO_LOSS, limits)
        parts.append(claims_table(bd_rates, [cell for cell in losses if cell.metric in metrics], limits, metrics))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def read_record(inputs: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the intervals and the claims of a recorded run of several seeds; without a record, tables of no rows.

    Rows of cuts, comparisons and metrics that this run does not have are left out.
    """
    intervals, checked = [*CELL, *INTERVAL_COLUMNS], list(COLUMNS)
    if not inputs.of("seeds_record"):
        return pd.DataFrame(columns=intervals), pd.DataFrame(columns=checked)
    plan = inputs.plan
    recorded = read_csv(inputs.file("seeds_record", "intervals"), intervals)[intervals]
    compared = recorded[["method", "against", "ladder", "against_ladder"]].itertuples(index=False, name=None)
    known = {tuple(vars(pair).values()) for pair in plan.pairs()}
    own = np.array([pair in known for pair in compared], dtype=bool)
    own &= recorded["cut"].isin(plan.cuts) & recorded["metric"].isin([metric.curve_name for metric in plan.compared()])
    found = read_csv(inputs.file("seeds_record", "claims"), checked)[checked]
    return recorded[own].reset_index(drop=True), found[found["cut"].isin(plan.cuts)].reset_index(drop=True)
