"""The headline's BD-rates (``metrics.json``), nested by cut, comparison and metric, for tools that track numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from compfeat.results.tables.base import Inputs, table

SIDES = ["method", "against", "ladder", "against_ladder"]


@table("metrics.json", tables=("headline.csv",))
def make_metrics(inputs: Inputs) -> dict[str, Any]:
    """Return the BD-rates (%); refused ones are left out."""
    values: dict[str, Any] = {}
    for row in inputs.table("headline.csv", "cut", *SIDES, "metric", "bd_rate_percent").to_dict("records"):
        by_metric = values.setdefault(row["cut"], {}).setdefault("-".join(dict.fromkeys(row[k] for k in SIDES)), {})
        if pd.notna(row["bd_rate_percent"]):
            by_metric[row["metric"]] = round(float(row["bd_rate_percent"]), 2)
    return values
