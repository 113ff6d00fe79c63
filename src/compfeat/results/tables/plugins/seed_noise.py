"""What chance does (``seed_noise.csv``): BD-rates between runs of one method that differ in the seed alone."""

from __future__ import annotations

from itertools import permutations

import pandas as pd

from compfeat.io import read_csv
from compfeat.results.delta_rate import HEADLINE_FIT, Rules, library_fit
from compfeat.results.measured import compared_metrics
from compfeat.results.pairs import POINTS, curve, on, outcome_cells, uncoded
from compfeat.results.tables.base import CERTAINTY, COMPARED, Inputs, table

KEYS = ["cut", "method", "ladder", "metric", "n_seeds"]
PERCENTS = ["bd_rate_percent", "equal_loss_percent"]


@table(
    "seed_noise.csv",
    needs=("seeds_record",),
    tables=("points.csv",),
    uses=(*COMPARED, "cuts", "bd_rate"),
    title="What chance does",
    caption="BD-rates, plain and at equal loss, between runs of an anchor that differ in the seed alone (percent): mean, standard "
    "deviation and largest over all ordered pairs of seeds: of the recorded run of several seeds if there is one, else of "
    "this run; no rows with one seed. What is no larger says nothing.",
    category=CERTAINTY,
)
def make_seed_noise(inputs: Inputs) -> pd.DataFrame:
    """Return a row an anchor of a comparison, cut, ladder and metric. Raises DataError if a file or a run's float features lack.

    ``n_pairs`` counts the ordered pairs of seeds that have a BD-rate; the others do not enter mean, standard deviation and max.
    """
    e, points = inputs.experiment, inputs.table("points.csv", *POINTS)
    if inputs.of("seeds_record"):
        recorded = read_csv(inputs.file("seeds_record", "seed_noise"), KEYS)
        return recorded[recorded["cut"].isin(list(e.cuts))].reset_index(drop=True)
    rules, fit = Rules(frontier=e.bd_rate.frontier), library_fit(HEADLINE_FIT)
    rows: list[dict[str, object]] = []
    for method, ladder in dict.fromkeys((c.against, c.against_ladder) for c in e.resolved_comparisons()):
        for cut, own in points[points["method"] == method].groupby("cut", sort=False):
            runs = [run for _, run in own.groupby("seed")]
            for metric in compared_metrics(e.tasks):
                sides = [(curve(on(e.ladders[ladder].codecs, run), metric), uncoded(run, metric)) for run in runs]
                row = dict(zip(KEYS, (cut, method, ladder, metric.curve_name, len(runs)), strict=True))
                rows += [
                    row | outcome_cells((anchor, test), (anchor_start, test_start), metric, fit, rules)
                    for (anchor, anchor_start), (test, test_start) in permutations(sides, 2)
                ]
    pairs = pd.DataFrame(rows, columns=[*KEYS, *PERCENTS]).astype(dict.fromkeys(PERCENTS, "float64"))
    groups = pairs.groupby(KEYS, sort=False)
    noise = groups["bd_rate_percent"].count().rename("n_pairs").to_frame()
    for name in PERCENTS:
        start = name.removesuffix("_percent")
        noise[f"{start}_mean_percent"] = groups[name].mean()
        noise[f"{start}_std_percent"] = groups[name].std(ddof=0)
        noise[f"{start}_max_percent"] = groups[name].max()
    return noise.reset_index()
