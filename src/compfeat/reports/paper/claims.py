"""The claims of a run, as rows of the paper."""

from __future__ import annotations

import pandas as pd

from compfeat.reports.paper.seeds import PUBLISHED, THIS_RUN
from compfeat.reports.paper.tables import PAIR, Facts, Tables
from compfeat.reports.summary import ALL_SEEDS
from compfeat.reports.words import NOTHING, listed, number


def claim_facts(tables: Tables) -> Facts:
    """Return the abstract's claims: ``about``, the methods, and their ``rows`` (see ``claim_rows``)."""
    own = [rows for rows in groups_of(tables.claims).values() if is_published(rows)]
    pairs = [r for rows in own for r in rows.drop_duplicates(PAIR).to_dict("records")]
    return {
        "rows": [row for rows in own for row in claim_rows(tables, rows)],
        "about": listed([tables.vs(r) for r in pairs]),
    }


def groups_of(claims: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the claims by group, with empty text where nothing is given."""
    filled = claims.astype(object).where(claims.notna(), "")
    return {str(name): rows for name, rows in filled.groupby("group", sort=False)}


def is_published(claims: pd.DataFrame) -> bool:
    """Return whether a group's claims are those of the abstract, which are checked on the published numbers, too."""
    return bool((claims["source"] == PUBLISHED).any())


def claim_rows(tables: Tables, claims: pd.DataFrame) -> list[list[str]]:
    """Return one group's rows: claim, source, where, metric, value, interval, verdict.

    Of several seeds, this run's rows are those of all together.
    """
    ours = claims["source"] == THIS_RUN
    several = ours & (claims["seed"].astype(str) == ALL_SEEDS)
    if several.any():
        claims = claims[
            ~ours | several | (claims["claim"].isin(set(claims.loc[ours, "claim"]) - set(claims.loc[several, "claim"])))
        ]
    by_name = {m.name: m for m in tables.metrics}
    pairs = claims.drop_duplicates(PAIR)
    rows = []
    for r in claims.to_dict("records"):
        ladders = {name: r[name] or None for name in ("ladder", "against_ladder")}
        where = [str(r["cut"]), tables.ladder(ladders)] + ([tables.vs(r)] if len(pairs) > 1 else [])
        name, unit = str(r["metric"]), str(r["unit"])
        digits = (
            0 if unit == "tasks" else 1 if unit.startswith("%") else by_name[name].digits + 1 if name in by_name else 3
        )
        value, low, high = (number(None if r[k] == "" else float(r[k]), digits) for k in ("value", "low", "high"))
        metric = NOTHING if not name else by_name[name].label if name in by_name else tables.curve_label(name)
        between = f"{low} to {high}" if NOTHING not in (low, high) else NOTHING
        rows.append([r["text"], r["source"], ", ".join(filter(None, where)), metric, value, between, r["verdict"]])
    return rows
