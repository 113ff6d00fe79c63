"""BD-rates of all comparisons (``bd_rate.csv``), what stands beside them (``bd_details.csv``), and the headline.

Rates are bytes an image, so that a method that sends the image compares; ``rate`` says which bytes: all (``total``), or the
entropy-coded samples alone (``payload``).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from tabulate import tabulate

from compfeat.errors import DataError
from compfeat.experiment.runs import FLOAT, UNCODED, Comparison, Run
from compfeat.results import Inputs, Made, table
from compfeat.results._bd_rate import FITS, HEADLINE_FIT, Outcome, Rules, compare, library_fit
from compfeat.results._curves import Curve
from compfeat.results._measured import counterparts
from compfeat.results.plan import Plan
from compfeat.tasks import Metric

RATES = {"total": "total_bytes", "payload": "payload_bytes"}
"""Which bytes a BD-rate is about, and their column of ``points.csv``."""
TASK_LOSS = 0.01
"""The relative loss of a task's metric at which the rate is given."""
PAIR = ("cut", "method", "against", "seed", "ladder", "against_ladder", "metric")
OUTCOME = ("bd_rate_percent", "overlap", "monotone", "n_anchor", "n_test", "dropped", "verdict")
DETAILS = (
    *PAIR,
    *(f"{fit}_percent" for fit in FITS),
    *("overlap", "monotone", "without_lossless_percent", "bd_metric"),
    *("rate_at_1_percent_loss_anchor_bpe", "rate_at_1_percent_loss_test_bpe"),
    *("verdict", "verdict_without_lossless", "verdict_at_1_percent_loss"),
)
HEADLINE = (
    *("cut", "method", "against", "ladder", "against_ladder", "metric"),
    *("bd_rate_percent", "bd_rate_min_percent", "bd_rate_max_percent", "n_seeds", "n_ok", "verdict"),
    *("float_metric", "float_anchor", "float_test", "float_difference"),
)
HEADLINE_KEYS = list(HEADLINE[:6])
Outcomes = dict[tuple[str, str], Outcome]
"""By kind of bytes (of RATES) and fit."""


@table(
    "bd_rates",
    makes=("bd_rate.csv", "bd_details.csv", "headline.csv", "headline.md"),
    more=lambda plan: tuple(metrics_file(cut, pair) for cut in plan.cuts for pair in plan.pairs()),
    tables=("points.csv",),
    uses=("tasks", "cuts", "methods", "codecs", "ladders", "comparisons", "frontier"),
)
def make(inputs: Inputs) -> dict[str, Made]:
    """Return all of them. Raises DataError where a comparison lacks a run, or a run its float features."""
    plan, points = inputs.plan, inputs.table("points.csv", "cut", "method", "seed", "codec", "quality")
    rates, details = [], []
    for pair in pairs(points, plan):
        for metric in plan.compared():
            outcomes = pair.outcomes(metric)
            for (rate, fit), outcome in outcomes.items():
                rates.append(pair.keys(metric) | {"fit": fit, "rate": rate} | asdict(outcome))
            details.append(pair.keys(metric) | pair.details(metric, outcomes))
    bd_rates = pd.DataFrame(rates, columns=[*PAIR, "fit", "rate", *OUTCOME]).astype({"bd_rate_percent": "float64"})
    headline = headline_table(bd_rates, points, plan)
    return {
        "bd_rate.csv": bd_rates,
        "bd_details.csv": pd.DataFrame(details, columns=list(DETAILS)),
        "headline.csv": headline,
        "headline.md": tabulate(
            readable(headline, plan), headers="keys", tablefmt="github", showindex=False, disable_numparse=True
        )
        + "\n",
        **tracked(headline, plan),
    }


class Pair:
    """The points of one comparison at one cut and seed."""

    def __init__(self, points: pd.DataFrame, comparison: Comparison, cut: str, seed: int, plan: Plan) -> None:
        ladders = plan.ladder_codecs()
        self.comparison, self.cut, self.seed = comparison, cut, seed
        self.rules = Rules(frontier=plan.frontier)
        self.lossless = [plan.lossless(name) for name in (comparison.against, comparison.method)]
        runs = points[(points["cut"] == cut) & (points["seed"] == seed)]
        self.whole = [runs[runs["method"] == name] for name in (comparison.against, comparison.method)]
        sides = zip(self.whole, (comparison.against_ladder, comparison.ladder), strict=True)
        self.sides = [run[run["codec"].isin(ladders[ladder])] for run, ladder in sides]

    def keys(self, metric: Metric) -> dict[str, Any]:
        """Return the columns PAIR."""
        c = self.comparison
        values = (self.cut, c.method, c.against, self.seed, c.ladder, c.against_ladder, metric.curve_name)
        return dict(zip(PAIR, values, strict=True))

    def outcomes(self, metric: Metric) -> Outcomes:
        """Return the BD-rate of every kind of bytes by every fit."""
        found: Outcomes = {}
        for rate, column in RATES.items():
            anchor, test = (curve(side, metric, column) for side in self.sides)
            found |= {(rate, fit): compare(anchor, test, library_fit(fit), self.rules) for fit in FITS}
        return found

    def details(self, metric: Metric, outcomes: Outcomes) -> dict[str, Any]:
        """Return what stands beside a BD-rate: does it depend on the fit, on one point, and what is it in other words?

        ``bd_metric`` is the mean change of the metric at equal rate, in the metric's own unit. ``rate_at_1_percent_loss_*`` (bits per
        element) is where the metric is 1 % worse than on float features.
        """
        lossy = [curve(without(side, known), metric) for side, known in zip(self.sides, self.lossless, strict=True)]
        found = {fit: outcomes["total", fit] for fit in FITS}
        main = found[HEADLINE_FIT]
        left = compare(lossy[0], lossy[1], library_fit(HEADLINE_FIT), self.rules)
        cells: dict[str, Any] = {f"{fit}_percent": outcome.bd_rate_percent for fit, outcome in found.items()}
        cells |= {"overlap": main.overlap, "monotone": main.monotone, "verdict": main.verdict}
        cells |= {"without_lossless_percent": left.bd_rate_percent, "verdict_without_lossless": left.verdict}
        cells["bd_metric"] = bd_metric(self.sides, metric, main, self.rules)
        notes = []
        for name, run, side in zip(("anchor", "test"), self.whole, self.sides, strict=True):
            if side["rate_bpe"].isna().any():
                rate, why = None, "has no rate per feature element"
            else:
                rate, why = rate_at_loss(curve(side, metric, "rate_bpe"), float_value(run, metric))
            cells[f"rate_at_1_percent_loss_{name}_bpe"] = rate
            notes += [f"{name}: {why}"] if why else []
        return cells | {"verdict_at_1_percent_loss": "; ".join(notes) or "ok"}


def without(side: pd.DataFrame, lossless: Container[tuple[str, str]]) -> pd.DataFrame:
    """Return the points of one side that are not lossless."""
    named = zip(side["codec"], side["quality"], strict=True)
    return side[np.array([point not in lossless for point in named], dtype=bool)]


def pairs(points: pd.DataFrame, plan: Plan) -> Iterator[Pair]:
    """Yield every comparison at every cut and seed, in the plan's order.

    Raises:
        DataError: a run of one of the methods has no counterpart of the other.
    """
    runs = {
        Run(str(cut), str(m), int(seed))
        for cut, m, seed in zip(points["cut"], points["method"], points["seed"], strict=True)
    }
    for comparison in plan.pairs():
        for run, _ in counterparts(runs, comparison):
            yield Pair(points, comparison, run.cut, int(run.seed), plan)


def curve(points: pd.DataFrame, metric: Metric, rate: str = "total_bytes") -> Curve:
    """Return the curve of one run's points over a column of bytes, as bytes an image, or of another rate as it is."""
    rates = points[rate].to_numpy(dtype=float, na_value=np.nan)
    if rate.endswith("_bytes"):
        rates = rates / points["n_images"].to_numpy(dtype=float)
    return Curve.of(rates, metric.curve_values(points[metric.name].to_numpy(dtype=float)))


def bd_metric(sides: Sequence[pd.DataFrame], metric: Metric, outcome: Outcome, rules: Rules) -> float | None:
    """Return the mean change of the metric, in its own unit, over the shared range of log rates; None where refused."""
    import bjontegaard  # which imports matplotlib

    if outcome.bd_rate_percent is None:
        return None
    # A metric that falls is negated to rise with the rate, and its change is negated back.
    sign = 1.0 if metric.higher_is_better else -1.0
    curves = [
        Curve.of(side["bytes_per_image"].to_numpy(float), sign * side[metric.name].to_numpy(float)) for side in sides
    ]
    a, b = (c.frontier() if rules.frontier else c for c in curves)
    change = bjontegaard.bd_psnr(
        a.rate, a.metric, b.rate, b.metric, HEADLINE_FIT, require_matching_points=False, min_overlap=0
    )
    return sign * float(change)


def float_value(run: pd.DataFrame, metric: Metric) -> float:
    """Return what a curve is drawn over, of a run's float features. Raises DataError where they were not evaluated."""
    at = (run["codec"] == UNCODED) & (run["quality"] == FLOAT)
    if at.sum() != 1:
        raise DataError(
            f"points.csv: {int(at.sum())} points {UNCODED}/{FLOAT} of a run; expected one; rerun the stage evaluate"
        )
    return float(metric.curve_values(run.loc[at, metric.name].to_numpy(float))[0])


def rate_at_loss(points: Curve, uncoded: float, loss: float = TASK_LOSS) -> tuple[float | None, str]:
    """Return the rate at which the metric is ``loss`` worse than ``uncoded``, or None and why not.

    PCHIP of the log rate through the efficient points.
    """
    from scipy.interpolate import PchipInterpolator

    efficient = points.frontier()
    # The inverse of a metric m falls by 1 - 1/(1 + loss) where m rises by the share ``loss``: the same to first order.
    target = uncoded * (1.0 - loss)
    if len(efficient) < 2:
        return None, "fewer than 2 efficient points"
    if not efficient.metric[0] <= target <= efficient.metric[-1]:
        where = "above" if target > efficient.metric[-1] else "below"
        return None, f"{100 * loss:.0f} % loss lies {where} all points"
    return float(np.exp(PchipInterpolator(efficient.metric, np.log(efficient.rate))(target))), ""


def headline_table(bd_rates: pd.DataFrame, points: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return HEADLINE: BD-rates by one fit, over all seeds, and the metrics on float features.

    ``bd_rate_percent`` is the mean over the ``n_ok`` seeds (of ``n_seeds``) that were not refused, with the lowest and highest
    of them; the verdict names every seed left out and why. ``float_*`` are the means over all seeds of the metric
    ``float_metric`` on float features, in its unit, of anchor and test, and test minus anchor.
    """
    metrics = {metric.curve_name: metric.name for metric in plan.compared()}
    floats = points[(points["codec"] == UNCODED) & (points["quality"] == FLOAT)]
    rows = []
    chosen = bd_rates[(bd_rates["fit"] == HEADLINE_FIT) & (bd_rates["rate"] == "total")]
    for key, cells in chosen.groupby(HEADLINE_KEYS, sort=False):
        row: dict[str, Any] = dict(zip(HEADLINE_KEYS, key, strict=True))
        name, accepted = metrics[str(row["metric"])], cells["bd_rate_percent"].dropna()
        own = floats[(floats["cut"] == row["cut"]) & floats["seed"].isin(cells["seed"])]
        anchor, test = (own.loc[own["method"] == row[side], name].mean() for side in ("against", "method"))
        row.update(
            bd_rate_percent=accepted.mean(), bd_rate_min_percent=accepted.min(), bd_rate_max_percent=accepted.max()
        )
        row.update(n_seeds=len(cells), n_ok=len(accepted), verdict=seeds_verdict(cells), float_metric=name)
        row.update(float_anchor=anchor, float_test=test, float_difference=test - anchor)
        rows.append(row)
    return pd.DataFrame(rows, columns=list(HEADLINE))


def seeds_verdict(cells: pd.DataFrame) -> str:
    """Return one sentence for all seeds: their common verdict, or what was said of which seed."""
    verdicts = cells["verdict"].tolist()
    if len(set(verdicts)) == 1:
        return str(verdicts[0])
    n_ok = int(cells["bd_rate_percent"].notna().sum())
    notes = [f"seed {s} {v}" for s, v in zip(cells["seed"], verdicts, strict=True) if v != "ok"]
    start = "refused for all seeds" if n_ok == 0 else f"ok for {n_ok} of {len(cells)} seeds"
    return "; ".join([start, *notes])


def readable(headline: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return the headline as text cells of Markdown for a person; a refused number shows as "refused"."""
    metrics = {metric.name: metric for metric in plan.compared()}
    rows = []
    for row in headline.to_dict("records"):
        rate = "refused" if pd.isna(row["bd_rate_percent"]) else f"{row['bd_rate_percent']:+.1f}"
        if row["n_ok"] > 1:
            rate += f" ({row['bd_rate_min_percent']:+.1f} to {row['bd_rate_max_percent']:+.1f})"
        metric = metrics[row["float_metric"]]
        ladder = (
            row["ladder"] if row["ladder"] == row["against_ladder"] else f"{row['ladder']} / {row['against_ladder']}"
        )
        anchor, test = (f"{row[f'float_{side}']:.{metric.digits}f}" for side in ("anchor", "test"))
        rows.append(
            {
                "cut": row["cut"],
                "method": row["method"],
                "against": row["against"],
                "ladder": ladder,
                "metric": metric.curve_label,
            }
            | {"BD-rate (%)": rate, "seeds": f"{row['n_ok']} of {row['n_seeds']}", "float: against": anchor}
            | {"float: method": test, "verdict": row["verdict"]}
        )
    return pd.DataFrame(rows).map(lambda text: str(text).replace("|", "\\|"))


def metrics_file(cut: str, pair: Comparison) -> str:
    """Return the file of a comparison's BD-rates at one cut, for tools that track numbers: a row a file fits a terminal."""
    ladders = dict.fromkeys((pair.ladder, pair.against_ladder))
    return f"metrics/{cut}/{'-'.join([pair.method, pair.against, *ladders])}.json"


def tracked(headline: pd.DataFrame, plan: Plan) -> dict[str, Made]:
    """Return the headline's BD-rates (%) by metric, one mapping a ``metrics_file``; refused ones are left out."""
    files: dict[str, Made] = {}
    for cut in plan.cuts:
        for pair in plan.pairs():
            own = headline[(headline[HEADLINE_KEYS[:5]] == [cut, *vars(pair).values()]).all(axis=1)]
            found = zip(own["metric"], own["bd_rate_percent"], strict=True)
            files[metrics_file(cut, pair)] = {str(name): round(float(v), 2) for name, v in found if pd.notna(v)}
    return files
