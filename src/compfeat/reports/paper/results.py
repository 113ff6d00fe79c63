"""What the paper tells of this run's results, in rows and in sentences that follow from the numbers by rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

from compfeat.experiment.runs import UNCODED
from compfeat.reports.paper.tables import CELL, LADDERS, PAIR, Facts, Tables, match
from compfeat.reports.summary import Metric, float_points
from compfeat.reports.words import NOTHING, interval, number, percent, with_unit

MOST_IN_ABSTRACT = 3
"""Comparisons that the abstract tells one by one."""
FIT_NAMES = {"pchip": "PCHIP", "akima": "Akima"}


def result_facts(tables: Tables) -> Facts:
    """Return the headline table with its intervals, what stands beside it, and the sentences about it."""
    metrics = [m for m in tables.metrics if (tables.headline["metric"] == m.curve_name).any()]
    fits = fit_columns(tables.details)
    return {
        "metrics": [m.curve_label for m in metrics],
        "rows": headline_rows(tables, metrics),
        "float_metrics": [with_unit(m) for m in tables.metrics],
        "floats": float_rows(tables),
        "fits": [fit_title(name) for name in fits],
        "details": [detail_row(tables, r, fits) for r in tables.details.to_dict("records")],
        "abstract": abstract_sentences(tables),
        "sentences": comparison_sentences(tables),
        "equal_quality": [text for pair in tables.pairs() if (text := equal_quality_sentence(tables, *pair))],
        "refused": [
            f"cut {r['cut']}, {tables.vs(r)}, {tables.ladder(r)}, {tables.curve_label(r['metric'])}: {r['verdict']}"
            for r in tables.headline[tables.headline["bd_rate_percent"].isna()].to_dict("records")
        ],
        "compared": bool(tables.comparisons),
    }


def fit_columns(details: pd.DataFrame) -> list[str]:
    """Return the fits that have a column of ``bd_details.csv``, in its order."""
    before = list(details.columns)[: list(details.columns).index("overlap")]
    return [name.removesuffix("_percent") for name in before if name.endswith("_percent")]


def fit_title(name: str) -> str:
    """Return what a fit is called."""
    return FIT_NAMES.get(name, name.replace("_", " "))


def cell(table: pd.DataFrame, join: str = " ") -> str:
    """Return the BD-rate of a table's last row (of several seeds, that of all) with its interval; a dash without a row."""
    if not len(table):
        return NOTHING
    row = table.iloc[-1]
    between = interval(row["low_percent"], row["high_percent"])
    return percent(row["bd_rate_percent"]) + (f"{join}({between})" if between else "")


def headline_rows(tables: Tables, metrics: list[Metric]) -> list[list[str]]:
    """Return a row a comparison and cut: cut, ladder, method, against, then the BD-rate of each metric with its interval."""
    keys = ["cut", *PAIR, *LADDERS]
    rows = []
    for r in tables.headline.drop_duplicates(keys).to_dict("records"):
        own, intervals = match(tables.headline, r, *keys), match(tables.intervals, r, *keys)
        cells = []
        for m in metrics:
            mean, sure = own[own["metric"] == m.curve_name], intervals[intervals["metric"] == m.curve_name]
            cells.append(cell(sure, "\n") if len(sure) else percent(mean["bd_rate_percent"].iloc[0]) if len(mean) else NOTHING)
        rows.append([r["cut"], tables.ladder(r), tables.method(r["method"]), tables.method(r["against"]), *cells])
    return rows


def float_rows(tables: Tables) -> list[list[str]]:
    """Return a row a cut and method: each metric where nothing is coded, and below it the difference from what it is compared with.

    A method that is compared with several others has a row for each.
    """
    floats = float_points(tables.points)
    rows = []
    for cut in sorted(set(floats["cut"])):
        for name, label in tables.methods.items():
            own = floats[(floats["cut"] == cut) & (floats["method"] == name)]
            against = [other for method, other in tables.pairs() if method == name]
            for other in against or [""]:
                cells = []
                for m in tables.metrics:
                    value = number(own[m.name].mean() if m.name in own else None, m.digits)
                    key = {"cut": cut, "method": name, "against": other, "metric": m.name}
                    found = match(tables.floats, key, *key)
                    cells.append(value + (f"\n{difference(found.iloc[-1], m)}" if len(found) else ""))
                rows.append([cut, label, tables.method(other) if other else NOTHING, *cells])
    return rows


def difference(row: pd.Series, metric: Metric) -> str:
    """Return a difference on float features with its interval."""
    digits = metric.digits + 1
    between = interval(row["low"], row["high"], digits)
    return number(row["difference"], digits, "+") + (f" ({between})" if between else "")


def detail_row(tables: Tables, row: dict[str, object], fits: list[str]) -> list[str]:
    """Return what stands beside one BD-rate."""
    metric = next((m for m in tables.metrics if m.curve_name == row["metric"]), None)
    several_seeds = tables.details["seed"].nunique() > 1
    method = tables.vs(row) + (f", seed {row['seed']}" if several_seeds else "")
    overlap = row["overlap"]
    shared = NOTHING if pd.isna(overlap) else f"{100 * float(str(overlap)):.0f} %"
    change = number(row["bd_metric"], metric.digits + 1 if metric else 3, sign="+")  # type: ignore[arg-type]
    rates = [number(value, 2) for name, value in row.items() if name.startswith("rate_at_")]  # type: ignore[arg-type]
    fitted = [percent(row[f"{fit}_percent"]) for fit in fits]  # type: ignore[arg-type]
    where = [str(row["cut"]), tables.ladder(row), method, tables.curve_label(str(row["metric"]))]
    return [*where, *fitted, percent(row["without_lossless_percent"]), shared, change, *rates]  # type: ignore[arg-type]


def sentence(tables: Tables, own: pd.DataFrame, title: str) -> str:
    """Return what some of the headline's cells say: how many are below 0, how many of them certainly, and the mean."""
    measured = own["bd_rate_percent"].dropna()
    if not len(measured):
        return f"{title}: no BD-rate could be formed."
    below = int((measured < 0).sum())
    last = tables.intervals.drop_duplicates(CELL, keep="last").merge(own[CELL], on=CELL)
    sure, against = int((last["high_percent"] < 0).sum()), int((last["low_percent"] > 0).sum())
    told = f"{title}: {below} of {len(own)} BD-rates {'is' if below == 1 else 'are'} below zero, {sure} of them with their whole interval"
    told += f"; {against or 'none'} {'lie' if against > 1 else 'lies'} wholly above zero"
    return f"{told}. Their mean is {percent(float(measured.mean()))}."


def comparison_sentences(tables: Tables) -> list[str]:
    """Return a sentence for each comparison and ladder."""
    several = len(tables.pairs()) > 1
    keys = [*LADDERS, *PAIR]
    told = []
    for r in tables.headline.drop_duplicates(keys)[keys].to_dict("records"):
        title = f"{tables.ladder(r)}, {tables.vs(r)}" if several else tables.ladder(r)
        told.append(sentence(tables, match(tables.headline, r, *keys), title))
    return told


def abstract_sentences(tables: Tables) -> list[str]:
    """Return the results in short: of one comparison by ladder, of few one by one, of more the sum and the best."""
    if not tables.comparisons:
        return ["No method is compared with another one."]
    pairs = tables.pairs()
    own = {pair: match(tables.headline, dict(zip(PAIR, pair, strict=True)), *PAIR) for pair in pairs}
    if len(pairs) == 1:
        return [f"{tables.vs(dict(zip(PAIR, pairs[0], strict=True)))}:", *comparison_sentences(tables)]
    if len(pairs) <= MOST_IN_ABSTRACT:
        return [sentence(tables, own[p], tables.vs(dict(zip(PAIR, p, strict=True)))) for p in pairs]
    total = sentence(tables, tables.headline, f"{len(pairs)} comparisons of methods")
    means = {p: float(rows["bd_rate_percent"].mean()) for p, rows in own.items() if rows["bd_rate_percent"].notna().any()}
    if not means:
        return [total]
    best = min(means, key=lambda pair: means[pair])
    return [total, f"The lowest mean is that of {tables.vs(dict(zip(PAIR, best, strict=True)))}: {percent(means[best])}."]


def equal_quality_sentence(tables: Tables, method: str, against: str) -> str:
    """Return how the bytes compare at the same codec and quality, whatever the tasks make of it; empty where they share none."""
    coded = tables.points[tables.points["codec"] != UNCODED]
    keys = ["cut", "seed", "codec", "quality"]
    pair = coded[coded["method"] == method].merge(coded[coded["method"] == against], on=keys, suffixes=("", "_against"))
    ratio = (pair["bytes_per_image"] / pair["bytes_per_image_against"]).to_numpy(float)
    percents = 100 * (ratio[np.isfinite(ratio)] - 1)
    if not len(percents):
        return ""
    spread = f"from {percent(float(percents.min()))} to {percent(float(percents.max()))}"
    return (
        f"At the same codec and quality, {int((percents < 0).sum())} of {len(percents)} points of {tables.method(method)} take fewer "
        f"bytes than those of {tables.method(against)}, {spread}, {percent(float(percents.mean()))} in the mean. "
    )
