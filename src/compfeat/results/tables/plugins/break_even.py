"""After how many images the states of a transform and a codec are paid for (``break_even.csv``).

Source: docs/explanation/statistics.md, "Break-even".
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from compfeat.experiment.config import Experiment
from compfeat.results.curves import Curve
from compfeat.results.losses import relative
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import PAIR, pairs
from compfeat.results.resampled import Curves, rates_at
from compfeat.results.tables.base import RESULTS, Inputs, table
from compfeat.tasks.base import Metric

LOSS_PERCENT = 1.0
COLUMNS = (*PAIR, "loss_percent", "saved_bytes_per_image", "state_bytes", "images")


@table(
    "break_even.csv",
    tables=("points.csv", "transforms.csv", "codec_states.csv"),
    uses=("tasks", "methods", "codecs", "ladders", "comparisons"),
    title="When states are paid for",
    caption="The bytes that sender and receiver share once, of the transform and of the codec, beside the bytes saved per image "
    "where each metric is 1 percent worse than without coding, and the images after which more is saved than the states weigh.",
    category=RESULTS,
)
def make_break_even(inputs: Inputs) -> pd.DataFrame:
    """Return COLUMNS of every comparison, cut, seed and metric whose states weigh more than the anchor's.

    ``images`` is empty where a curve does not get to the loss, or nothing is saved there. Raises DataError if a comparison lacks
    a run.
    """
    e = inputs.experiment
    transforms, codecs = inputs.table("transforms.csv", "model_bytes"), inputs.table("codec_states.csv", "array_bytes")
    rows: list[dict[str, object]] = []
    for pair in pairs(inputs):
        for metric in compared_metrics(e.tasks):
            keys = pair.keys(metric)
            sides = (("against", "against_ladder"), ("method", "ladder"))
            states = [state_bytes(e, transforms, codecs, keys, *names) for names in sides]
            if states[1] > states[0]:
                anchor, test = (
                    rate_at_loss(curve, metric, start)
                    for curve, start in zip(pair.curves(metric), pair.uncoded(metric), strict=True)
                )
                saved, state = anchor - test, states[1] - states[0]
                images = np.ceil(state / saved) if saved > 0 else np.nan
                values = {"loss_percent": LOSS_PERCENT, "saved_bytes_per_image": saved, "state_bytes": state}
                rows.append(keys | values | {"images": images})
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"images": "Int64"})


def rate_at_loss(curve: Curve, metric: Metric, uncoded: float) -> float:
    """Return the rate at which a metric is LOSS_PERCENT worse than ``uncoded``; nan if the curve does not get there."""
    target = metric.curve_values(np.array([uncoded * relative(metric, LOSS_PERCENT)]))
    return float(rates_at(Curves.of(curve.rate[None], curve.metric[None]), target)[0])


def state_bytes(
    e: Experiment, transforms: pd.DataFrame, codecs: pd.DataFrame, keys: dict[str, object], method: str, ladder: str
) -> int:
    """Return what the states of one side weigh: of its transform, and of the codecs of its ladder. ``keys``: see ``PAIR``."""

    def of_run(table: pd.DataFrame) -> pd.DataFrame:
        return table[
            (table["cut"] == keys["cut"]) & (table["method"] == keys[method]) & (table["seed"] == keys["seed"])
        ]

    fitted = of_run(codecs)
    on_ladder = fitted[fitted["codec"].isin(e.ladders[str(keys[ladder])].codecs)]
    return int(of_run(transforms)["model_bytes"].sum() + on_ladder["array_bytes"].sum())
