"""How numbers, comparisons and cells of tables are written, in figures, explorer and headline alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from compfeat.experiment.entries import LadderConfig
from compfeat.settings.runs import Comparison

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
DIGITS = {"percent": 1, "bytes": 0, "db": 2}
"""Digits after the point of columns whose name ends like this; of others, SIGNIFICANT digits in all."""
SIGNIFICANT = 4


def side_label(method: str, ladder: str, methods: Mapping[str, str], ladders: Mapping[str, str]) -> str:
    """Return ``METHOD + LADDER``, one side of a comparison; a name that is not among the labels stands for itself."""
    return " + ".join(text for text in (methods.get(method, method), ladders.get(ladder, ladder)) if text)


def comparison_label(comparison: Comparison, methods: Mapping[str, str], ladders: Mapping[str, str]) -> str:
    """Return ``METHOD + LADDER vs METHOD + LADDER`` (see ``side_label``); without ladders where these are empty."""
    sides = ((comparison.method, comparison.ladder), (comparison.against, comparison.against_ladder))
    return " vs ".join(side_label(*side, methods, ladders) for side in sides)


def codec_label(codec: str, ladders: Mapping[str, LadderConfig]) -> str:
    """Return a codec's label: that of the first ladder with this codec alone, else its name in capitals."""
    own = (ladder.label for ladder in ladders.values() if ladder.codecs == (codec,) and ladder.label)
    return next(own, codec.upper())


def number(value: float | None, digits: int, sign: str = "") -> str:
    """Return ``value`` with ``digits`` after the point and a real minus sign; a dash if there is none."""
    if value is None or pd.isna(value):
        return NOTHING
    return f"{value:{sign}.{digits}f}".replace("-", MINUS)


def percent(value: float | None) -> str:
    """Return a signed percentage with one digit; a dash if there is none."""
    return NOTHING if value is None or pd.isna(value) else f"{number(value, 1, '+')} %"


def significant(value: float) -> str:
    """Return SIGNIFICANT digits of a number, large ones without an exponent."""
    if abs(value) >= 10**SIGNIFICANT:
        return number(value, 0)
    return f"{value:.{SIGNIFICANT}g}".replace("-", MINUS)


def listed(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def cells_of(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return a table as text: ``titles``, whether each column is ``numeric``, and ``rows``."""
    numeric = [bool(pd.api.types.is_numeric_dtype(table[name])) for name in table.columns]
    rows = [
        [written(value, str(name)) for name, value in zip(table.columns, row, strict=True)]
        for row in table.itertuples(index=False)
    ]
    return {"titles": [str(name).replace("_", " ") for name in table.columns], "numeric": numeric, "rows": rows}


def written(value: Any, column: str) -> str:
    """Return a cell as text: numbers rounded as their unit asks for, a dash if there is none."""
    if pd.isna(value):
        return NOTHING
    if not isinstance(value, float):
        return str(value)
    digits = DIGITS.get(column.rpartition("_")[2], 0 if value.is_integer() else None)
    return significant(value) if digits is None else number(value, digits)
