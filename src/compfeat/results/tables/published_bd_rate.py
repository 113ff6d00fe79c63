"""The BD-rates of the authors' released points, computed anew by their fit and by others (``published_bd_rate.csv``)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from compfeat.results.delta_rate import FITS, Rules, compare, library_fit
from compfeat.results.published import ANCHOR, AUTHORS_FIT, METRICS, TEST, authors_fit, curve, read_published
from compfeat.results.tables import AUTHORS, Inputs, table

BD_COLUMNS = ["cut", "metric", "fit", "bd_rate_percent", "overlap", "monotone", "n_anchor", "n_test", "dropped"]


@table(
    "published_bd_rate.csv",
    needs=("published",),
    title="Published BD-rates",
    caption="BD-rates (percent) of the authors' released points, by their own cubic and by three other fits.",
    category=AUTHORS,
)
def make(inputs: Inputs) -> pd.DataFrame:
    """Return BD_COLUMNS, n_images and verdict, one row a cut, metric and fit; sorted by cut, the authors' fit first.

    The authors' fit is there to reproduce their numbers, so a bent cubic is a warning there; for the library's fits it is a refusal,
    as everywhere else.
    """
    points, _ = read_published(inputs)
    rules, as_published = Rules(), Rules(check_fit=False)
    rows: list[dict[str, Any]] = []
    for cut, own in points.groupby("cut", sort=True):
        for metric in METRICS:
            anchor, test = (curve(own[own["method"] == method], metric) for method in (ANCHOR, TEST))
            outcomes = {AUTHORS_FIT: compare(anchor, test, authors_fit(), as_published)}
            outcomes |= {fit: compare(anchor, test, library_fit(fit), rules) for fit in FITS}
            n_images = int(own["n_images"].iloc[0])
            rows += [
                {"cut": cut, "n_images": n_images, "metric": metric.curve_name, "fit": fit, **asdict(outcome)}
                for fit, outcome in outcomes.items()
            ]
    return pd.DataFrame(rows, columns=[*BD_COLUMNS, "n_images", "verdict"])
