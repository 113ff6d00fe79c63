"""The BD-rates of the authors' released points, recomputed by their fit and by others (``published_bd_rate.csv``)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from compfeat.results.delta_rate import FITS, Rules, library_fit
from compfeat.results.pairs import curve, outcome_cells
from compfeat.results.published import ANCHOR, AUTHORS_FIT, METRICS, TEST, authors_fit, lossless, read_published
from compfeat.results.tables.base import AUTHORS, Inputs, table

COLUMNS = [
    *("cut", "metric", "fit", "bd_rate_percent", "equal_loss_percent", "anchor_uncoded", "test_uncoded"),
    *("overlap", "monotone", "n_anchor", "n_test", "dropped", "n_images", "verdict", "verdict_equal_loss"),
]


@table(
    "published_bd_rate.csv",
    needs=("published",),
    title="Published BD-rates",
    caption="BD-rates (percent) of the authors' released points, by their own cubic and by three other fits: of the metric, and at "
    "equal loss, of the metric minus that of the lossless point, which is shown for both networks.",
    category=AUTHORS,
)
def make_published_bd_rate(inputs: Inputs) -> pd.DataFrame:
    """Return COLUMNS, one row per cut, metric and fit; sorted by cut, the authors' fit first.

    The authors' fit is there to reproduce their numbers, so a bent cubic is a warning there; for the library's fits it is a refusal,
    as everywhere else. ``*_uncoded`` are the metric at the lossless PNG point, in its unit.
    """
    points, _ = read_published(inputs)
    rules, as_published = Rules(), Rules(check_fit=False)
    fits = {AUTHORS_FIT: (authors_fit(), as_published)} | {fit: (library_fit(fit), rules) for fit in FITS}
    rows: list[dict[str, Any]] = []
    for cut, of_cut in points.groupby("cut", sort=True):
        anchor, test = (of_cut[of_cut["method"] == method] for method in (ANCHOR, TEST))
        for metric in METRICS:
            curves = (curve(anchor, metric, "rate_bpe"), curve(test, metric, "rate_bpe"))
            starts = (lossless(anchor, metric), lossless(test, metric))
            row = {"cut": cut, "n_images": int(of_cut["n_images"].iloc[0]), "metric": metric.curve_name}
            row |= {"anchor_uncoded": starts[0], "test_uncoded": starts[1]}
            rows += [row | {"fit": name} | outcome_cells(curves, starts, metric, *how) for name, how in fits.items()]
    return pd.DataFrame(rows, columns=COLUMNS)
