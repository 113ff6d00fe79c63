"""How much is saved depends on how long is trained: a recorded run of several lengths, or this run's own."""

from __future__ import annotations

import pandas as pd

from compfeat.reports.paper.results import cell
from compfeat.reports.paper.tables import Facts, Tables, match
from compfeat.reports.summary import ALL_SEEDS
from compfeat.reports.words import NOTHING, listed, percent

KEYS = ["cut", "ladder", "transform", "metric"]


def length_facts(tables: Tables) -> Facts:
    """Return a row a cut, ladder, transform and metric with its BD-rate at each length of training, and sentences on their means.

    Nothing where all were trained equally long.
    """
    table = tables.lengths[tables.lengths["ladder"] == tables.lengths["against_ladder"]]
    every = table["seed"].astype(str) == ALL_SEEDS
    table = (table[every] if every.any() else table).fillna({"transform": ""})
    epochs = sorted(set(table["epochs"].tolist()))
    if len(epochs) < 2:
        return {"sentences": [], "epochs": [], "rows": [], "recorded": False}
    released = tables.published[tables.published["fit"] == tables.published_intervals["fit"].iloc[0]]
    rows = []
    for r in table.drop_duplicates(KEYS).to_dict("records"):
        own = match(table, r, *KEYS)
        there = match(released, r, "cut", "metric")
        published = percent(float(there["bd_rate_percent"].iloc[0])) if len(there) and not r["transform"] else NOTHING
        cells = [cell(own[own["epochs"] == n].head(1)) for n in epochs]
        rows.append(
            [r["cut"], tables.ladder(r), r["transform"] or NOTHING, tables.curve_label(r["metric"]), *cells, published]
        )
    sentences = [
        mean_sentence(tables, match(table, r, *KEYS[:3]), match(released, r, "cut"))
        for r in table.drop_duplicates(KEYS[:3]).to_dict("records")
    ]
    recorded = bool((table["source"] == "record").all())
    return {"sentences": sentences, "epochs": [f"{n} epochs" for n in epochs], "rows": rows, "recorded": recorded}


def mean_sentence(tables: Tables, table: pd.DataFrame, released: pd.DataFrame) -> str:
    """Return the mean over the metrics at each length, of one cut, ladder and transform; without one, beside the published mean."""
    r = table.iloc[0].to_dict()
    means = table.groupby("epochs")["bd_rate_percent"].agg(lambda values: values.mean(skipna=False))
    what = f"The transform {r['transform']} gives" if r["transform"] else "The loss alone gives"
    published = released[released["metric"].isin(table["metric"])]["bd_rate_percent"].mean()
    compare = not r["transform"] and not pd.isna(published)
    texts = [
        f"{percent(mean)} after {n} epochs"
        + (f" ({100 * mean / published:.0f} % of what was published)" if compare and not pd.isna(mean) else "")
        for n, mean in means.items()
    ]
    ending = f"; the published mean is {percent(published)}" if compare else ""
    return f"{what} at {r['cut']} by {tables.ladder(r)}, in the mean over the tasks, {listed(texts)}{ending}."
