"""What a run found, as two tables of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from tabulate import tabulate

from compfeat.reports.labels import comparison_label
from compfeat.reports.summary import Tables, float_points, ladder_labels, measured, methods, metrics
from compfeat.settings.runs import UNCODED, Comparison

PAIR = ["method", "against", "ladder", "against_ladder"]
AT_ONE_PERCENT = "at_1_rate_change_percent"
NEEDS = ("headline.csv", "points.csv", "experiment.json")
"""Files of the summary that the headline is read from."""


def headline_text(tables: Tables) -> str:
    """Return the BD-rates by cut and comparison, and the metrics of float features by cut and method, a column per metric.

    Raises:
        DataError: a table of the summary is missing or damaged.
    """
    rows = tables.csv("headline.csv", "cut", *PAIR, "metric", "bd_rate_percent", AT_ONE_PERCENT, "verdict")
    points = tables.csv("points.csv", "cut", "method", "seed", "codec", "quality")
    labels, ladders = methods(tables), ladder_labels(tables)
    counts = (
        f"{len(points[['cut', 'method', 'seed']].drop_duplicates())} runs, {len(points)} points "
        f"({int((points['codec'] != UNCODED).sum())} coded)."
    )
    shown = [metric for metric in metrics(tables) if (rows["metric"] == metric.curve_name).any()]
    by_metric: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows.to_dict("records"):
        compared = comparison_label(Comparison(*(row[name] for name in PAIR)), labels, ladders)
        by_metric.setdefault((row["cut"], compared), {})[row["metric"]] = _bd_rate(row)
    rates = [[*key, *(own.get(metric.curve_name, "") for metric in shown)] for key, own in by_metric.items()]
    plain = measured(metrics(tables), points)
    means = float_points(points).groupby(["cut", "method"])[[m.name for m in plain]].mean()
    floats = [
        [str(cut), label, *(f"{means.loc[(cut, method), m.name]:.{m.digits}f}" for m in plain)]
        for cut in means.index.unique("cut")
        for method, label in labels.items()
        if (cut, method) in means.index
    ]
    refused = rows.loc[rows["bd_rate_percent"].isna(), "verdict"].value_counts(sort=False)
    reasons = [f"{count} of {len(rows)} BD-rates {reason}." for reason, count in refused.items()]
    texts = [
        "Change of size at equal task performance (negative: bits saved): BD-rate, and in brackets where each loses 1 % by coding.",
        _table(rates, ["cut", "compared", *(metric.curve_label for metric in shown)]),
        *(["\n".join(reasons)] if reasons else []),
        "Task performance of float features, before any coding.",
        _table(floats, ["cut", "method", *(metric.title for metric in plain)]),
        counts,
    ]
    return "\n\n".join(texts if rates else ["No comparison: the configuration names none.", counts])


def missing_intervals(intervals: pd.DataFrame) -> list[str]:
    """Return a line for each reason why BD-rates of ``intervals.csv`` have no interval."""
    verdicts = intervals["verdict"]
    reasons = verdicts[verdicts.str.startswith("no interval")].value_counts(sort=False)
    return [f"{count} of {len(intervals)} BD-rates have {reason}." for reason, count in reasons.items()]


def _table(rows: list[list[str]], header: list[str]) -> str:
    return str(tabulate(rows, header, tablefmt="simple", disable_numparse=True))


def _bd_rate(row: Mapping[Any, Any]) -> str:
    """Return a BD-rate, and in brackets the change of rate at a loss of 1 % where both get there."""
    rate = "refused" if pd.isna(row["bd_rate_percent"]) else f"{row['bd_rate_percent']:+.1f} %"
    return rate if pd.isna(row[AT_ONE_PERCENT]) else f"{rate} ({row[AT_ONE_PERCENT]:+.1f} %)"
