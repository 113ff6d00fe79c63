"""How numbers and lists are written in documents."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"


def number(value: float | None, digits: int, sign: str = "") -> str:
    """Return ``value`` with so many digits and a real minus sign; a dash where there is none."""
    if value is None or pd.isna(value):
        return NOTHING
    return f"{value:{sign}.{digits}f}".replace("-", MINUS)


def listed(words: Sequence[str], joint: str = "and") -> str:
    """Return ``a, b and c``."""
    return f" {joint} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
