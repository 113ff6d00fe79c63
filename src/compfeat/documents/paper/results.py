"""What the paper tells of this run's results, in rows and in sentences that follow from the numbers by rule."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from compfeat.analysis.bd_table import ANCHOR_LOSS
from compfeat.documents.paper.beside import match
from compfeat.documents.paper.tables import Facts, Tables
from compfeat.documents.paper.words import METRIC_NAMES, interval, number, percent
from compfeat.grid import UNCODED


def result_facts(tables: Tables, ladders: Mapping[str, str]) -> Facts:
    """Return the headline table with its intervals, what stands beside it, and the sentences about it."""
    headline = tables.headline
    rows, details = [], []
    for r in headline.to_dict("records"):
        cells = match(tables.intervals, r, "cut", "loss", "ladder", "metric")
        cell = cells.iloc[-1] if len(cells) else None  # of several seeds the last row is of all
        between = "" if cell is None else interval(cell["low_percent"], cell["high_percent"])
        digits = 2 if r["float_metric"] == "psnr_db" else 4
        floats = [number(r[f"float_{which}"], digits) for which in ("anchor", "test")]
        rows.append(
            [
                r["cut"],
                ladders[r["ladder"]],
                METRIC_NAMES[r["metric"]],
                percent(r["bd_rate_percent"]),
                between or "–",
                *floats,
            ]
        )
    for d in tables.details.to_dict("records"):
        name = METRIC_NAMES[d["metric"]]
        methods = [percent(d[f"{method}_percent"]) for method in ("cubic", "pchip", "akima")]
        rates = [number(d[f"rate_at_1_percent_loss_{side}_bpe"], 2) for side in ("anchor", "test")]
        change = number(d["bd_metric"], 4 if d["metric"] == "miou" else 3, sign="+")
        rest = [percent(d["without_lossless_percent"]), f"{100 * d['overlap']:.0f} %", change, *rates]
        details.append([d["cut"], ladders[d["ladder"]], name, *methods, *rest])
    refused = headline[headline["bd_rate_percent"].isna()]
    return {
        "rows": rows,
        "details": details,
        "ladders": [
            ladder_sentence(ladder, headline, tables.intervals, ladders[ladder])
            for ladder in sorted(set(headline["ladder"]))
        ],
        "refused": [
            f"{r['cut']}, {ladders[r['ladder']]}, {METRIC_NAMES[r['metric']]}: {r['verdict']}"
            for r in refused.to_dict("records")
        ],
        "floats": float_rows(tables.floats),
        "equal_quality": equal_quality_sentence(tables.points),
    }


def ladder_sentence(ladder: str, headline: pd.DataFrame, intervals: pd.DataFrame, title: str) -> str:
    """Return what one ladder says: how many cells are below 0, how many of them surely, and the mean."""
    own = headline[headline["ladder"] == ladder]
    measured = own["bd_rate_percent"].dropna()
    if not len(measured):
        return f"{title}: no BD-rate could be formed."
    below = int((measured < 0).sum())
    last = intervals[intervals["ladder"] == ladder].drop_duplicates(["cut", "loss", "metric"], keep="last")
    sure = int((last["high_percent"] < 0).sum())
    against = int((last["low_percent"] > 0).sum())
    verb = "is" if below == 1 else "are"
    told = f"{title}: {below} of {len(own)} BD-rates {verb} below zero, {sure} of them with their whole interval"
    told += (
        f"; {against} {'lies' if against == 1 else 'lie'} wholly above zero"
        if against
        else "; none lies wholly above zero"
    )
    return f"{told}. Their mean is {percent(float(measured.mean()))}."


def equal_quality_sentence(points: pd.DataFrame) -> str:
    """Return how the bytes compare at the same codec and quality, whatever became of the tasks."""
    coded = points[points["codec"] != UNCODED]
    keys = ["cut", "seed", "codec", "quality"]
    wide = coded.pivot_table(index=keys, columns="loss", values="rate_bpe")
    if ANCHOR_LOSS not in wide or len(wide.columns) < 2:
        return ""
    changes = wide.drop(columns=ANCHOR_LOSS).div(wide[ANCHOR_LOSS], axis=0).to_numpy(float)
    percents = 100 * (changes[np.isfinite(changes)] - 1)
    fewer = int((percents < 0).sum())
    spread = f"from {percent(float(percents.min()))} to {percent(float(percents.max()))}"
    return (
        f"At the same codec and quality {fewer} of {len(percents)} points take fewer bits than the baseline's, {spread}, "
        f"{percent(float(percents.mean()))} in the mean; what that costs the tasks is what a BD-rate charges for."
    )


def float_rows(floats: pd.DataFrame) -> list[list[str]]:
    """Return rows of cut, metric, difference on float features and its interval."""
    rows = []
    for r in floats.drop_duplicates(["cut", "loss", "metric"], keep="last").to_dict("records"):
        digits = 3 if r["metric"] == "psnr_db" else 4
        cells = [number(r[name], digits, sign="+") for name in ("difference", "low", "high")]
        rows.append([r["cut"], METRIC_NAMES[r["metric"]], cells[0], f"{cells[1]} to {cells[2]}"])
    return rows
