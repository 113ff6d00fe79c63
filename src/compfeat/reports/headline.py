"""What a run found, as a table of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from tabulate import tabulate

from compfeat.experiment.runs import UNCODED, Comparison
from compfeat.reports.labels import comparison_label, ladder_label
from compfeat.reports.summary import Tables, ladders, methods, metrics

PAIR = ["method", "against", "ladder", "against_ladder"]
NEEDS = ("headline.csv", "points.csv", "experiment.json")
"""Files of the summary that the headline is read from."""


def headline_text(tables: Tables) -> str:
    """Return BD-rates by cut, comparison and metric, a column a ladder, with the metrics of float features.

    Raises:
        DataError: a table of the summary is missing or damaged.
    """
    wanted = ("cut", *PAIR, "metric", "bd_rate_percent", "verdict", "float_anchor", "float_test")
    rows = tables.csv("headline.csv", *wanted)
    points = tables.csv("points.csv", "cut", "method", "seed", "codec", "quality")
    labels, known = methods(tables), {name: ladder.label for name, ladder in ladders(tables).items()}
    curves = {metric.curve_name: metric.curve_label for metric in metrics(tables)}
    counts = (
        f"{len(points[['cut', 'method', 'seed']].drop_duplicates())} runs, {len(points)} points "
        f"({int((points['codec'] != UNCODED).sum())} coded)."
    )
    if rows.empty:
        return f"No comparison: the configuration names none.\n\n{counts}"
    cells: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows.to_dict("records"):
        comparison = Comparison(*(row[name] for name in PAIR))
        compared = comparison_label(comparison, labels, known)
        line = cells.setdefault((row["cut"], compared, curves.get(row["metric"], row["metric"])), {})
        line[ladder_label(comparison, known)] = _bd_rate(row)
        line |= {"float: against": _number(row["float_anchor"]), "float: method": _number(row["float_test"])}
    columns = sorted(
        dict.fromkeys(name for line in cells.values() for name in line), key=lambda name: name.startswith("float: ")
    )
    shown = [[*key, *(line.get(name, "") for name in columns)] for key, line in cells.items()]
    text = tabulate(shown, ["cut", "compared", "metric", *columns], tablefmt="simple", disable_numparse=True)
    title = "Size at equal task performance (negative: bits saved), and the metrics of float features."
    return f"{title}\n\n{text}\n\n{counts}"


def missing_intervals(intervals: pd.DataFrame) -> list[str]:
    """Return a line for each reason why BD-rates of ``intervals.csv`` have no interval."""
    verdicts = intervals["verdict"]
    reasons = verdicts[verdicts.str.startswith("no interval")].value_counts(sort=False)
    return [f"{count} of {len(intervals)} BD-rates have {reason}." for reason, count in reasons.items()]


def _bd_rate(row: Mapping[Any, Any]) -> str:
    return str(row["verdict"]) if pd.isna(row["bd_rate_percent"]) else f"{row['bd_rate_percent']:+.1f} %"


def _number(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.4g}"
