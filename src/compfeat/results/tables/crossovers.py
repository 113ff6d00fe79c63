"""At what rate sending features and sending the image are equally good (``crossovers.csv``): docs/method.md, "Remote inference"."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from compfeat.results.curves import Curve, FloatArray
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import Pair, curve, pairs
from compfeat.results.tables import COMPARED, Inputs, table
from compfeat.tasks.base import Metric

STEPS = 4000
"""Steps over the shared range of log rates at which the two curves are compared."""
LEAST_POINTS = 2
CELL = ("cut", "split", "remote", "seed", "ladder", "remote_ladder", "metric", "remote_metric")
OUTCOME = (
    *("crossing", "crossing_bytes", "crossing_value", "better_below", "better_above"),
    *("from_bytes", "to_bytes", "verdict"),
)


@table(
    "crossovers.csv",
    tables=("points.csv",),
    uses=(*COMPARED, "bd_rate"),
    title="Crossovers",
    caption="Where the curve of a method that sends features crosses that of one that sends the image: bytes an image, the "
    "metric there, and which of the two is better below and above, over the rates that both curves have.",
)
def make(inputs: Inputs) -> pd.DataFrame:
    """Return a row a crossing, and one where there is none, of every comparison of features with an image.

    ``split`` sends features, ``remote`` the image; ``remote_metric`` is another than ``metric`` where the decoded image itself is
    judged in place of the network's output. ``from_bytes`` and ``to_bytes`` are the ends of the shared rates. All rates are bytes
    an image. Raises DataError where a comparison lacks a run.
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
        found = crossings(curve(features, metric), curve(images, judged), split, remote)
        for outcome in found:
            yield dict(zip(CELL, cell, strict=True)) | asdict(outcome.of(metric))


@dataclass(frozen=True)
class Crossing:
    """Where two curves cross, or that they do not.

    Attributes:
        crossing: its number, from the lowest rate; 0 where there is none.
        crossing_bytes: its rate (bytes an image).
        crossing_value: the metric there.
        better_below, better_above: which method is better at rates below and above; the same where there is no crossing, empty
            where the curves are the same or nothing can be said.
        from_bytes, to_bytes: the rates that both curves have.
        verdict: ``ok``, that there is no crossing, or why nothing can be said.
    """

    crossing: int
    crossing_bytes: float | None
    crossing_value: float | None
    better_below: str
    better_above: str
    from_bytes: float | None
    to_bytes: float | None
    verdict: str

    def of(self, metric: Metric) -> Crossing:
        """Return it with the metric itself in the place of what a curve is drawn over."""
        value = self.crossing_value
        return self if value is None or metric.higher_is_better else replace(self, crossing_value=1.0 / value)


def crossings(features: Curve, images: Curve, split: str, remote: str) -> list[Crossing]:
    """Return where the curves of the methods ``split`` and ``remote`` cross, by rising rate.

    Each is the PCHIP of its efficient points over the log rate; where both are equal over a stretch, they cross at its end.
    """
    from scipy.interpolate import PchipInterpolator

    def nothing(verdict: str, low: float | None = None, high: float | None = None, better: str = "") -> list[Crossing]:
        return [Crossing(0, None, None, better, better, low, high, verdict)]

    for name, raw in ((split, features), (remote, images)):
        if not len(raw) or not raw.measured:
            return nothing(f"refused: {name} has no points on this ladder, or lacks this metric at some")
        if len(raw.frontier()) < LEAST_POINTS:
            return nothing(f"refused: {name} has fewer than {LEAST_POINTS} efficient points")
    a, b = features.frontier(), images.frontier()
    low, high = max(a.rate[0], b.rate[0]), min(a.rate[-1], b.rate[-1])
    if low >= high:
        first, then = (split, remote) if a.rate[-1] <= b.rate[0] else (remote, split)
        return nothing(f"refused: no shared rates: all of {first} lie below those of {then}")
    x = np.linspace(np.log(low), np.log(high), STEPS + 1)
    of_a, of_b = (PchipInterpolator(np.log(c.rate), c.metric)(np.clip(x, *np.log(c.rate[[0, -1]]))) for c in (a, b))
    signs = np.sign(of_a - of_b)
    at = np.flatnonzero(signs)
    if not len(at):
        return nothing("no crossing: the curves are the same at all shared rates", low, high)
    names = {1.0: split, -1.0: remote}
    changes = [(i, j) for i, j in pairwise(at) if signs[i] != signs[j]]
    if not changes:
        better = names[signs[at[0]]]
        return nothing(f"no crossing: {better} is better at all shared rates", low, high, better)
    return [
        Crossing(n, *meeting(x, of_a, of_b, int(j)), names[signs[i]], names[signs[j]], low, high, "ok")
        for n, (i, j) in enumerate(changes, 1)
    ]


def meeting(x: FloatArray, of_a: FloatArray, of_b: FloatArray, j: int) -> tuple[float, float]:
    """Return rate and value where two curves that are sampled at the log rates ``x`` meet just before position ``j``."""
    before, after = of_a[j - 1] - of_b[j - 1], of_a[j] - of_b[j]
    share = before / (before - after)
    rate = np.exp(x[j - 1] + share * (x[j] - x[j - 1]))
    return float(rate), float(of_a[j - 1] + share * (of_a[j] - of_a[j - 1]))
