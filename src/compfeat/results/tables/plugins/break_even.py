"""After how many images the states of a transform and a codec are paid for (``break_even.csv``).

Source: docs/explanation/statistics.md, "Break-even".
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from compfeat.results.curves import Curve
from compfeat.results.losses import relative
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import PAIR, pairs
from compfeat.results.resampled import Curves, rates_at
from compfeat.results.tables.base import COMPARED, RESULTS, Inputs, table
from compfeat.tasks.base import Metric

RUN = ["cut", "method", "seed"]
LOSS_PERCENT = 1.0
COLUMNS = (*PAIR, "loss_percent", "saved_bytes_per_image", "state_bytes", "images")


@table(
    "break_even.csv",
    tables=("points.csv", "transforms.csv", "codec_states.csv"),
    uses=COMPARED,
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
    transforms = inputs.table("transforms.csv", *RUN, "model_bytes").set_index(RUN)["model_bytes"].to_dict()
    codecs = inputs.table("codec_states.csv", *RUN, "codec", "array_bytes")
    fitted = codecs.set_index([*RUN, "codec"])["array_bytes"].to_dict()
    rows: list[dict[str, object]] = []
    for pair in pairs(inputs):
        c, states = pair.comparison, []
        for method, ladder in ((c.against, c.against_ladder), (c.method, c.ladder)):
            run = (pair.cut, method, pair.seed)
            on_ladder = sum(fitted.get((*run, codec), 0) for codec in e.ladders[ladder].codecs)
            states.append(int(transforms.get(run, 0) + on_ladder))
        state = states[1] - states[0]
        for metric in compared_metrics(e.tasks) if state > 0 else ():
            anchor, test = (
                rate_at_loss(curve, metric, start)
                for curve, start in zip(pair.curves(metric), pair.uncoded(metric), strict=True)
            )
            saved = anchor - test
            images = np.ceil(state / saved) if saved > 0 else np.nan
            values = {"loss_percent": LOSS_PERCENT, "saved_bytes_per_image": saved, "state_bytes": state}
            rows.append(pair.keys(metric) | values | {"images": images})
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"images": "Int64"})


def rate_at_loss(curve: Curve, metric: Metric, uncoded: float) -> float:
    """Return the rate at which a metric is LOSS_PERCENT worse than ``uncoded``; nan if the curve does not get there."""
    target = metric.curve_values(np.array([uncoded * relative(metric, LOSS_PERCENT)]))
    return float(rates_at(Curves.of(curve.rate[None], curve.metric[None]), target)[0])
