"""A table's cells as text, for a reader."""

from __future__ import annotations

from typing import Any

import pandas as pd

from compfeat.reports.words import MINUS, NOTHING, number

DIGITS = {"percent": 1, "bytes": 0, "db": 2}
"""Digits after the point of columns whose name ends like this; of others, SIGNIFICANT digits in all."""
SIGNIFICANT = 4


def cells_of(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return a table as text: ``titles``, whether each column is ``numeric``, and ``rows``."""
    numeric = [bool(pd.api.types.is_numeric_dtype(table[name])) for name in table.columns]
    rows = [
        [written(value, str(name)) for name, value in zip(table.columns, row, strict=True)]
        for row in table.itertuples(index=False)
    ]
    return {"titles": [str(name).replace("_", " ") for name in table.columns], "numeric": numeric, "rows": rows}


def written(value: Any, column: str) -> str:
    """Return a cell as text: numbers rounded as their unit asks for, a dash where there is none."""
    if pd.isna(value):
        return NOTHING
    if not isinstance(value, float):
        return str(value)
    digits = DIGITS.get(column.rpartition("_")[2], 0 if value.is_integer() else None)
    return significant(value) if digits is None else number(value, digits)


def significant(value: float) -> str:
    """Return SIGNIFICANT digits of a number, large ones without an exponent."""
    if abs(value) >= 10**SIGNIFICANT:
        return number(value, 0)
    return f"{value:.{SIGNIFICANT}g}".replace("-", MINUS)
