"""How much depends on the seed: this run beside a recorded run of several seeds, or its own seeds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pandas as pd

from compfeat.experiment.config import Experiment
from compfeat.reports.paper.results import cell
from compfeat.reports.paper.tables import CELL, Facts, Tables, match
from compfeat.reports.summary import ALL_SEEDS
from compfeat.reports.words import NOTHING, counted, percent

PUBLISHED, THIS_RUN, RECORDED = "published", "this run", "recorded seeds"
"""Sources of the rows of ``claims.csv``."""
FOUND = ("supported", "undecided", "not supported")
STATEMENTS = {
    "fewer bits: BD-rate below 0": ("fewer_bits", 0.0),
    "the limit of the claim on bits": ("fewer_bits", None),
    "no loss of task performance": ("no_loss", None),
    "for several tasks": ("several_tasks", None),
}
"""Statements checked on several seeds: the claim whose rows are read, and the limit in place of the claim's own."""


def seed_facts(experiment: Experiment, tables: Tables) -> Facts:
    """Return a record's rows and what of this run it confirms; without one, the rows of this run's own seeds, if several."""
    n = len(experiment.seeds)
    recorded = len(tables.seeds) > 0
    if recorded:
        sentence = (
            "The same experiment was run with several seeds and recorded. The interval resamples seeds and images."
        )
    elif n > 1:
        sentence = f"This run has {counted(n, 'seed')}. The intervals resample seeds and images."
    else:
        sentence = "This run has one seed, and no run of several seeds is recorded beside it: what it shows may depend on the seed."
    source = tables.seeds if recorded else tables.intervals
    return {
        "sentence": sentence,
        "recorded": recorded,
        "rows": seed_rows(source, tables, beside=recorded) if recorded or n > 1 else [],
        "survival": survival_rows(tables),
    }


def seed_rows(seeds: pd.DataFrame, tables: Tables, beside: bool) -> list[list[str]]:
    """Return, of intervals of several seeds: cut, ladder, comparison, metric, mean with interval, lowest and highest seed, how many
    are below zero; and, where they are a record, this run's BD-rate beside it.
    """
    every = seeds["seed"].astype(str) == ALL_SEEDS
    rows = []
    for r in seeds[every].to_dict("records"):
        known = match(seeds[~every], r, *CELL)["bd_rate_percent"]
        measured = known.dropna()
        spread = f"{percent(float(measured.min()))} to {percent(float(measured.max()))}" if len(measured) else NOTHING
        row = [r["cut"], tables.ladder(r), tables.who(r), tables.curve_label(r["metric"])]
        row += [cell(pd.DataFrame([r])), spread, f"{int((measured < 0).sum())} of {len(known)}"]
        rows.append(row + ([cell(match(tables.intervals, r, *CELL))] if beside else []))
    return rows


def survival_rows(tables: Tables) -> list[list[str]]:
    """Return, a statement a row, which of this run's findings a recorded run of several seeds confirms.

    Of the rows (cut, comparison, ladder, metric) whose interval supports the statement in this run: of how many the interval over
    seeds and images supports it, too; of which it does, for which it is undecided, and which it contradicts. Empty without a
    record.
    """
    keys = ["group", "claim", "cut", "method", "against", "ladder", "against_ladder", "metric"]
    claims = tables.claims.astype(dict.fromkeys(keys, object)).fillna(dict.fromkeys(keys, ""))
    recorded, own = (claims[claims["source"] == source] for source in (RECORDED, THIS_RUN))
    if not len(recorded):
        return []
    several = own[own["seed"].astype(str) == ALL_SEEDS]
    own = several if len(several) else own
    rows = []
    groups = list(dict.fromkeys(own["group"]))
    for group, (text, (claim, limit)) in product(groups, STATEMENTS.items()):
        found: dict[str, list[Mapping[Any, Any]]] = {name: [] for name in FOUND}
        for r in own[(own["group"] == group) & (own["claim"] == claim)].to_dict("records"):
            beside = match(recorded, r, *keys)
            if len(beside) and verdict_of(r, limit) == FOUND[0]:
                found[verdict_of(beside.iloc[-1], limit)].append(r)
        here, sure = sum(map(len, found.values())), len(found[FOUND[0]])
        if not here and len(groups) > 1:
            continue
        text = text if len(groups) == 1 else f"{group}, {text}"
        rows.append([text, f"{sure} of {here}", *(places(found[name], tables) for name in FOUND)])
    return rows


def verdict_of(row: Mapping[Any, Any] | pd.Series, limit: float | None) -> str:
    """Return a claim's verdict, or what it would be with another limit."""
    if limit is None:
        return str(row["verdict"])
    low, high = float(row["low"]), float(row["high"])
    return FOUND[0] if high <= limit else FOUND[2] if low > limit else FOUND[1]


def places(rows: list[Mapping[Any, Any]], tables: Tables) -> str:
    """Return where something was found: the metrics of each cut and ladder; a dash for nowhere."""
    labels = {m.name: m.label for m in tables.metrics}
    metrics: dict[str, list[str]] = {}
    for row in rows:
        ladder = tables.ladder({name: row[name] or None for name in ("ladder", "against_ladder")})
        where = " ".join(name for name in (str(row["cut"]), ladder) if name)
        name = str(row["metric"])
        metrics.setdefault(where, []).append(labels.get(name) or (tables.curve_label(name) if name else ""))
    texts = (
        ": ".join(text for text in (where, ", ".join(filter(None, own))) if text) for where, own in metrics.items()
    )
    return "; ".join(texts) or NOTHING
