"""How much is luck of the seed: this run beside a recorded run of several seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from compfeat.analysis.bootstrap import ALL_SEEDS
from compfeat.analysis.claims import (
    FEWER_BITS,
    NO_LOSS,
    NOT_SUPPORTED,
    RECORDED,
    SEVERAL_TASKS,
    SUPPORTED,
    THIS_RUN,
    UNDECIDED,
    verdict,
)
from compfeat.documents.paper.beside import cell, match
from compfeat.documents.paper.words import METRIC_NAMES, NOTHING, percent

STATEMENTS = {
    "fewer bits: BD-rate below 0": (FEWER_BITS, 0.0),
    "about 20 % fewer bits": (FEWER_BITS, None),
    "no loss of task performance": (NO_LOSS, None),
    "for several tasks": (SEVERAL_TASKS, None),
}
"""What the seeds are asked: the claim whose rows answer, and the limit in place of the claim's own."""


def seed_rows(seeds: pd.DataFrame, intervals: pd.DataFrame, ladders: Mapping[str, str]) -> list[list[str]]:
    """Return, of a recorded run of several seeds: cut, ladder, metric, mean with interval, lowest and highest seed, how many
    are below zero, and beside it this run's with its interval.
    """
    keys = ("cut", "loss", "ladder", "metric")
    if not len(seeds):
        return []
    single = seeds[seeds["seed"].astype(str) != ALL_SEEDS]
    rows = []
    for r in seeds[seeds["seed"].astype(str) == ALL_SEEDS].to_dict("records"):
        every = match(single, r, *keys)["bd_rate_percent"]
        known = every.dropna()
        spread = f"{percent(float(known.min()))} to {percent(float(known.max()))}" if len(known) else "–"
        below = f"{int((known < 0).sum())} of {len(every)}"
        name = ladders.get(r["ladder"], r["ladder"])
        mean = cell(pd.DataFrame([r]))
        rows.append([r["cut"], name, METRIC_NAMES[r["metric"]], mean, spread, below, cell(match(intervals, r, *keys))])
    return rows


def survival_rows(claims: pd.DataFrame, ladders: Mapping[str, str]) -> list[list[str]]:
    """Return, a statement a row, what of this run's findings a recorded run of several seeds bears out.

    Of the rows (cut, ladder, metric) whose interval supports the statement in this run: of how many the interval over seeds and
    images supports it, too; of which it does, for which it is undecided, and which it speaks against. Empty without a record.
    """
    recorded = claims[claims["source"] == RECORDED]
    if not len(recorded):
        return []
    own = claims[claims["source"] == THIS_RUN]
    several = own[own["seed"].astype(str) == ALL_SEEDS]
    own = several if len(several) else own
    keys = ("claim", "cut", "loss", "ladder", "metric")
    rows = []
    for text, (claim, limit) in STATEMENTS.items():
        found: dict[str, list[Mapping[Any, Any]]] = {SUPPORTED: [], UNDECIDED: [], NOT_SUPPORTED: []}
        for r in own[own["claim"] == claim].fillna({"ladder": "", "metric": ""}).to_dict("records"):
            beside = match(recorded.fillna({"ladder": "", "metric": ""}), r, *keys)
            if len(beside) and verdict_of(r, limit) == SUPPORTED:
                found[verdict_of(beside.iloc[0], limit)].append(r)
        here, sure = sum(map(len, found.values())), len(found[SUPPORTED])
        rows.append([text, f"{sure} of {here}", *(places(found[name], ladders) for name in found)])
    return rows


def verdict_of(row: Mapping[Any, Any] | pd.Series[Any], limit: float | None) -> str:
    """Return a claim's verdict, or what it would be with another limit."""
    return str(row["verdict"]) if limit is None else verdict(float(row["low"]), float(row["high"]), limit)


def places(rows: list[Mapping[Any, Any]], ladders: Mapping[str, str]) -> str:
    """Return where something was found: the metrics of each cut and ladder; a dash for nowhere."""
    metrics: dict[str, list[str]] = {}
    for row in rows:
        where = " ".join(name for name in (str(row["cut"]), ladders.get(row["ladder"], row["ladder"])) if name)
        metrics.setdefault(where, []).append(METRIC_NAMES.get(row["metric"], "").split(" (")[0])
    told = (": ".join(text for text in (where, ", ".join(filter(None, own))) if text) for where, own in metrics.items())
    return "; ".join(told) or NOTHING
