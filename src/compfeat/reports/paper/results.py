"""What the paper says of this run's results, in rows and in sentences that follow from the numbers by rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.experiment.runs import UNCODED
from compfeat.reports.paper.tables import CELL, CROSSOVER, LADDERS, PAIR, Facts, Tables, match
from compfeat.reports.summary import Metric, float_points
from compfeat.reports.words import NOTHING, capital, count, interval, number, percent, with_unit

FloatArray = NDArray[np.float64]
MOST_IN_ABSTRACT = 3
"""At most so many comparisons are summed up one by one in the abstract."""
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
        "details": [detail_row(tables, r, fits) for r in over_seeds(tables.details).to_dict("records")],
        "who": f"method, against {tables.anchor()}" if tables.anchor() else "comparison",
        "abstract": abstract_sentences(tables),
        "sentences": result_sentences(tables) if len(tables.pairs()) == 1 else [],
        "sums": sum_rows(tables) if len(tables.pairs()) > 1 else [],
        **crossover_facts(tables),
        "refused": [
            f"cut {r['cut']}, {tables.vs(r)}, {tables.ladder(r)}, {tables.curve_label(r['metric'])}: {r['verdict']}"
            for r in tables.headline[tables.headline["bd_rate_percent"].isna()].to_dict("records")
        ],
        "compared": bool(tables.comparisons),
    }


def crossover_facts(tables: Tables) -> Facts:
    """Return where features and images are equally good: ``crossover_metrics``, and ``crossovers``, a row a cut, ladder and pair."""
    table = tables.crossovers
    kinds = list(table[["metric", "remote_metric"]].drop_duplicates().itertuples(index=False, name=None))
    rows = []
    for r in table.drop_duplicates(CROSSOVER[:5]).to_dict("records"):
        own = match(table, r, *CROSSOVER[:5])
        cells = [crossover_text(tables, own[(own["metric"] == m) & (own["remote_metric"] == n)]) for m, n in kinds]
        ladder = tables.ladder({"ladder": r["ladder"], "against_ladder": r["remote_ladder"]})
        rows.append([r["cut"], ladder, tables.method(r["split"]), tables.method(r["remote"]), *cells])
    labels = [tables.curve_label(m) + ("" if m == n else " against the decoded image's own") for m, n in kinds]
    return {"crossovers": rows, "crossover_metrics": labels}


def crossover_text(tables: Tables, own: pd.DataFrame) -> str:
    """Return where the curves of one pair cross, over all seeds in one cell: which of the two is better up to how many bytes."""
    seeds = [rows for _, rows in own.groupby("seed", sort=True)]
    first = {str(rows["better_below"].iloc[0]) for rows in seeds if pd.notna(rows["better_below"].iloc[0])}
    counts = {len(rows[rows["crossing"] > 0]) for rows in seeds}
    if not len(own) or own["better_below"].isna().any():
        return NOTHING
    if len(first) > 1 or len(counts) > 1:
        return "differs by seed"
    (better,), (crossed,) = first, counts
    if not crossed:
        return f"{tables.method(better)} throughout"
    if crossed > 1:
        return f"cross {crossed} times"
    ends = [number(float(end), 0) for end in (own["crossing_bytes"].min(), own["crossing_bytes"].max())]
    return f"{tables.method(better)} below {' to '.join(dict.fromkeys(ends))}"


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
            cells.append(
                cell(sure, "\n") if len(sure) else percent(mean["bd_rate_percent"].iloc[0]) if len(mean) else NOTHING
            )
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


def over_seeds(details: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over seeds of each number, of those seeds that have it."""
    numbers = [name for name in details.columns if name not in (*CELL, "seed") and details[name].dtype.kind == "f"]
    means: pd.DataFrame = details.groupby(CELL, sort=False, as_index=False)[numbers].mean()
    return means


def detail_row(tables: Tables, row: Mapping[Any, Any], fits: list[str]) -> list[str]:
    """Return what stands beside one BD-rate."""
    metric = next((m for m in tables.metrics if m.curve_name == row["metric"]), None)
    shared = NOTHING if pd.isna(row["overlap"]) else f"{100 * row['overlap']:.0f} %"
    change = number(row["bd_metric"], metric.digits + 1 if metric else 3, sign="+")
    rates = [number(value, 2) for name, value in row.items() if name.startswith("rate_at_")]
    fitted = [percent(row[f"{fit}_percent"]) for fit in fits]
    where = [str(row["cut"]), tables.ladder(row), tables.who(row), tables.curve_label(str(row["metric"]))]
    return [*where, *fitted, percent(row["without_lossless_percent"]), shared, change, *rates]


@dataclass(frozen=True)
class Sum:
    """What some of the headline's cells say together.

    Attributes:
        cells: how many there are.
        measured: how many have a BD-rate.
        below: how many of these are below 0.
        sure: how many have their whole interval below 0.
        above: how many have it above 0.
        mean: of the BD-rates (%); nan without any.
    """

    cells: int
    measured: int
    below: int
    sure: int
    above: int
    mean: float

    @classmethod
    def of(cls, tables: Tables, own: pd.DataFrame) -> Sum:
        """Sum up rows of the headline."""
        rates = own["bd_rate_percent"].dropna()
        last = tables.intervals.drop_duplicates(CELL, keep="last").merge(own[CELL], on=CELL)
        sure, above = int((last["high_percent"] < 0).sum()), int((last["low_percent"] > 0).sum())
        return cls(len(own), len(rates), int((rates < 0).sum()), sure, above, float(rates.mean()))

    def sentence(self, title: str) -> str:
        """Return the sum in words."""
        if not self.measured:
            return f"{title}: no BD-rate could be formed."
        above = f"{self.above or 'none'} {'lie' if self.above > 1 else 'lies'} wholly above zero"
        return (
            f"{title}: {self.below} of {self.cells} BD-rates {'is' if self.below == 1 else 'are'} below zero, {self.sure} of them "
            f"with their whole interval; {above}. Their mean is {percent(self.mean)}."
        )


def by_comparison(tables: Tables) -> list[tuple[dict[Any, Any], Sum]]:
    """Return each comparison on each ladder, in the order of the headline, with its sum."""
    keys = [*PAIR, *LADDERS]
    rows = tables.headline.drop_duplicates(keys)[keys].to_dict("records")
    return [(row, Sum.of(tables, match(tables.headline, row, *keys))) for row in rows]


def result_sentences(tables: Tables) -> list[str]:
    """Return a sentence for each ladder of a single comparison, and how the bytes compare at equal quality."""
    sentences = [total.sentence(tables.ladder(row)) for row, total in by_comparison(tables)]
    for method, against in tables.pairs():
        percents = at_equal_quality(tables, method, against)
        if len(percents):
            fewer, spread = int((percents < 0).sum()), (percent(float(end)) for end in (percents.min(), percents.max()))
            sentences.append(
                f"At the same codec and quality, {fewer} of {len(percents)} points of {tables.method(method)} take fewer bytes than "
                f"those of {tables.method(against)}, from {' to '.join(spread)}, {percent(float(percents.mean()))} in the mean; "
                "what that costs the tasks is what a BD-rate charges for."
            )
    return sentences


def sum_rows(tables: Tables) -> list[list[str]]:
    """Return, of several comparisons, a row each and ladder: comparison, ladder, mean BD-rate, how many of the BD-rates are below 0,
    certainly below and certainly above, and the mean change of bytes at the same codec and quality.
    """
    rows = []
    for row, total in by_comparison(tables):
        codecs = tables.ladders[row["ladder"]].codecs if row["ladder"] in tables.ladders else ()
        percents = at_equal_quality(tables, row["method"], row["against"], codecs)
        bytes_ = percent(float(percents.mean())) if len(percents) else NOTHING
        counts = [f"{n} of {total.cells}" for n in (total.below, total.sure, total.above)]
        mean = percent(total.mean)
        rows.append([tables.who(row), tables.ladder(row), mean, *counts, bytes_])
    return rows


def abstract_sentences(tables: Tables) -> list[str]:
    """Return the results in short: of one comparison by ladder, of few one by one, of more the sum and the best."""
    if not tables.comparisons:
        return ["No method is compared with another one."]
    pairs = tables.pairs()
    own = {pair: match(tables.headline, dict(zip(PAIR, pair, strict=True)), *PAIR) for pair in pairs}
    if len(pairs) == 1:
        rows = by_comparison(tables)
        return (
            [f"{capital(tables.vs(rows[0][0]))}:", *(total.sentence(tables.ladder(row)) for row, total in rows)]
            if rows
            else []
        )
    if len(pairs) <= MOST_IN_ABSTRACT:
        return [Sum.of(tables, own[p]).sentence(capital(tables.vs(dict(zip(PAIR, p, strict=True))))) for p in pairs]
    total = Sum.of(tables, tables.headline).sentence(f"{capital(count(len(pairs)))} comparisons of methods")
    means = {
        p: float(rows["bd_rate_percent"].mean()) for p, rows in own.items() if rows["bd_rate_percent"].notna().any()
    }
    if not means:
        return [total]
    best = min(means, key=lambda pair: means[pair])
    return [
        total,
        f"The lowest mean is that of {tables.vs(dict(zip(PAIR, best, strict=True)))}: {percent(means[best])}.",
    ]


def at_equal_quality(tables: Tables, method: str, against: str, codecs: Collection[str] | None = None) -> FloatArray:
    """Return how many percent more bytes each point of a method takes than the same point of another one, of some codecs alone."""
    coded = tables.points[tables.points["codec"] != UNCODED]
    coded = coded if codecs is None else coded[coded["codec"].isin(codecs)]
    keys = ["cut", "seed", "codec", "quality"]
    pair = coded[coded["method"] == method].merge(coded[coded["method"] == against], on=keys, suffixes=("", "_against"))
    ratio: FloatArray = (pair["bytes_per_image"] / pair["bytes_per_image_against"]).to_numpy(float)
    return 100 * (ratio[np.isfinite(ratio)] - 1)
