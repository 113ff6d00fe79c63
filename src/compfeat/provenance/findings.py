"""What a run found, as a table of text, and the files that it made for readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from tabulate import tabulate

from compfeat.experiment.layout import Layout
from compfeat.experiment.runs import UNCODED
from compfeat.io import read_csv

PAIR = ["method", "against", "ladder", "against_ladder"]


def made_files(project: Path, layout: Layout) -> list[str]:
    """Return the paths of all tables, figures and documents that are there, sorted, tables first."""
    folders = [Path(path).parent for path in (layout.table("x"), layout.figure("x", "svg"), layout.document("x"))]
    found = [
        folder / path.name for folder in folders for path in sorted((project / folder).glob("*")) if path.is_file()
    ]
    return [path.as_posix() for path in found if path.name[0] != "."]


def summary_text(project: Path, layout: Layout) -> str:
    """Return the headline: BD-rates by cut, comparison and metric, a column a ladder, with the metrics of float features.

    Raises:
        DataError: a table of the summary is missing or damaged.
    """

    def table(name: str, *columns: str) -> pd.DataFrame:
        return read_csv(project / layout.table(name), columns)

    rows = table("headline.csv", "cut", *PAIR, "metric", "bd_rate_percent", "verdict", "float_anchor", "float_test")
    points = table("points.csv", "cut", "method", "seed", "codec", "quality")
    labels = _labels(table("methods.csv", "method", "label"), "method")
    ladders = _labels(table("ladders.csv", "ladder", "label"), "ladder")
    metrics = _labels(table("metrics.csv", "curve_metric", "curve_label"), "curve_metric", "curve_label")
    counts = (
        f"{len(points[['cut', 'method', 'seed']].drop_duplicates())} runs, {len(points)} points "
        f"({int((points['codec'] != UNCODED).sum())} coded)."
    )
    if rows.empty:
        return f"No comparison: the configuration names none.\n\n{counts}"
    cells: dict[tuple[str, ...], dict[str, str]] = {}
    for row in ({str(k): v for k, v in record.items()} for record in rows.to_dict("records")):
        compared = f"{labels[row['method']]} against {labels[row['against']]}"
        line = cells.setdefault((row["cut"], compared, metrics.get(row["metric"], row["metric"])), {})
        line[_ladder(row, ladders)] = _bd_rate(row)
        for side in ("anchor", "test"):
            line[f"float: {'against' if side == 'anchor' else 'method'}"] = _number(row[f"float_{side}"])
    columns = sorted(
        dict.fromkeys(name for line in cells.values() for name in line), key=lambda name: name.startswith("float: ")
    )
    shown = [[*key, *(line.get(name, "") for name in columns)] for key, line in cells.items()]
    text = tabulate(shown, ["cut", "compared", "metric", *columns], tablefmt="simple", disable_numparse=True)
    title = "Size at equal task performance (negative: bits saved), and the metrics of float features."
    return f"{title}\n\n{text}\n\n{counts}"


def _labels(table: pd.DataFrame, key: str, label: str = "label") -> dict[str, str]:
    return dict(zip(table[key].astype(str), table[label].astype(str), strict=True))


def _ladder(row: dict[str, Any], labels: dict[str, str]) -> str:
    names = [labels.get(str(row[side]), str(row[side])) for side in ("ladder", "against_ladder")]
    return names[0] if names[0] == names[1] else f"{names[0]} against {names[1]}"


def _bd_rate(row: dict[str, Any]) -> str:
    return str(row["verdict"]) if pd.isna(row["bd_rate_percent"]) else f"{row['bd_rate_percent']:+.1f} %"


def _number(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.4g}"
