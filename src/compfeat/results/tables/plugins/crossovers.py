"""At what rate sending features and sending the image are equally good (``crossovers.csv``).

Source: docs/explanation/method.md, "Remote inference".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from compfeat.results.curves import Curve, FloatArray
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import Pair, curve, pairs
from compfeat.results.tables.base import COMPARED, Inputs, table
from compfeat.tasks.base import Metric

STEPS = 4000
"""Steps over the shared range of log rates at which the two curves are compared."""
LEAST_POINTS = 2
CELL = ("cut", "split", "remote", "seed", "ladder", "remote_ladder", "metric", "remote_metric")
OUTCOME = (
    *("crossing", "crossing_bytes", "crossing_value", "better_below", "better_above"),
    *("from_bytes", "to_bytes", "verdict"),
)
"""``crossing``: its number, from the lowest rate; 0 if there is none. ``better_below``, ``better_above``: which method is better
at rates below and above; the same if there is no crossing, empty where nothing can be said. ``from_bytes``, ``to_bytes``: the
rates that both curves have. ``verdict``: ``ok``, that there is no crossing, or why nothing can be said."""


@table(
    "crossovers.csv",
    tables=("points.csv",),
    uses=(*COMPARED, "bd_rate"),
    title="Crossovers",
    caption="Where the curve of a method that sends features crosses that of one that sends the image: bytes per image, the "
    "metric there, and which of the two is better below and above, over the rates that both curves have.",
)
def make_crossovers(inputs: Inputs) -> pd.DataFrame:
    """Return a row per crossing, and one if there is none, of every comparison of features with an image (CELL and OUTCOME).

    ``split`` sends features, ``remote`` the image; ``remote_metric`` is another than ``metric`` where the decoded image itself is
    judged in place of the network's output. All rates are bytes per image. Raises DataError if a comparison lacks a run.
    """
    e = inputs.experiment
    senders = {name for name, method in e.methods.items() if method.sends == "image"}
    rows = [
        row
        for pair in pairs(inputs)
        if len({pair.comparison.method, pair.comparison.against} & senders) == 1
        for metric in compared_metrics(e.tasks)
        for row in rows_of(pair, metric, senders)
    ]
    return pd.DataFrame(rows, columns=[*CELL, *OUTCOME])


def rows_of(pair: Pair, metric: Metric, senders: Collection[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of one comparison and metric; also with the decoded image itself in the place of the network's output."""
    c = pair.comparison
    named = [(c.against, c.against_ladder, pair.sides[0]), (c.method, c.ladder, pair.sides[1])]
    (remote, remote_ladder, images), (split, ladder, features) = sorted(named, key=lambda side: side[0] not in senders)
    for name in (metric.name, metric.of_image):
        if name not in images or not images[name].notna().any():
            continue
        judged = replace(metric, name=name)
        cell = (pair.cut, split, remote, pair.seed, ladder, remote_ladder, metric.curve_name, judged.curve_name)
        for outcome in crossings(curve(features, metric), curve(images, judged), split, remote):
            if outcome["crossing"] and not metric.higher_is_better:
                outcome["crossing_value"] = 1.0 / outcome["crossing_value"]
            yield dict(zip(CELL, cell, strict=True)) | outcome


def crossings(features: Curve, images: Curve, split: str, remote: str) -> list[dict[str, Any]]:
    """Return where the curves of the methods ``split`` and ``remote`` cross, by rising rate (OUTCOME; the value is the curves').

    Each is the PCHIP of its efficient points over the log rate; where both are equal over a stretch, they cross at its end.
    """
    from scipy.interpolate import PchipInterpolator

    def outcome(*cells: Any) -> dict[str, Any]:
        return dict(zip(OUTCOME, cells, strict=True))

    def none(
        verdict: str, low: float | None = None, high: float | None = None, better: str = ""
    ) -> list[dict[str, Any]]:
        return [outcome(0, None, None, better, better, low, high, verdict)]

    for name, raw in ((split, features), (remote, images)):
        if not len(raw) or not raw.measured:
            return none(f"refused: {name} has no points on this ladder, or lacks this metric at some")
        if len(raw.frontier()) < LEAST_POINTS:
            return none(f"refused: {name} has fewer than {LEAST_POINTS} efficient points")
    a, b = features.frontier(), images.frontier()
    low, high = max(a.rate[0], b.rate[0]), min(a.rate[-1], b.rate[-1])
    if low >= high:
        first, then = (split, remote) if a.rate[-1] <= b.rate[0] else (remote, split)
        return none(f"refused: no shared rates: all of {first} lie below those of {then}")
    x = np.linspace(np.log(low), np.log(high), STEPS + 1)
    of_a, of_b = (PchipInterpolator(np.log(c.rate), c.metric)(np.clip(x, *np.log(c.rate[[0, -1]]))) for c in (a, b))
    signs = np.sign(of_a - of_b)
    at = np.flatnonzero(signs)
    if not len(at):
        return none("no crossing: the curves are the same at all shared rates", low, high)
    better = np.where(signs > 0, split, remote)
    changes = [(i, j) for i, j in pairwise(at) if signs[i] != signs[j]]
    if not changes:
        only = str(better[at[0]])
        return none(f"no crossing: {only} is better at all shared rates", low, high, only)
    return [
        outcome(n, *meeting(x, of_a, of_b, int(j)), str(better[i]), str(better[j]), low, high, "ok")
        for n, (i, j) in enumerate(changes, 1)
    ]


def meeting(x: FloatArray, of_a: FloatArray, of_b: FloatArray, j: int) -> tuple[float, float]:
    """Return rate and value where two curves that are sampled at the log rates ``x`` meet just before position ``j``."""
    before, after = of_a[j - 1] - of_b[j - 1], of_a[j] - of_b[j]
    share = before / (before - after)
    rate = np.exp(x[j - 1] + share * (x[j] - x[j - 1]))
    return float(rate), float(of_a[j - 1] + share * (of_a[j] - of_a[j - 1]))
