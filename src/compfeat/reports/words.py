"""How numbers and lists are written in documents."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from compfeat.reports.summary import Metric

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"


def number(value: float | None, digits: int, sign: str = "") -> str:
    """Return ``value`` with so many digits and a real minus sign; a dash where there is none."""
    if value is None or pd.isna(value):
        return NOTHING
    return f"{value:{sign}.{digits}f}".replace("-", MINUS)


def percent(value: float | None) -> str:
    """Return a change in percent, with its sign; "refused" where there is none."""
    return "refused" if value is None or pd.isna(value) else f"{number(value, 1, sign='+')} %"


def interval(low: float, high: float, digits: int = 1) -> str:
    """Return an interval, both ends with their signs; empty where there is none."""
    return "" if pd.isna(low) or pd.isna(high) else f"{number(low, digits, '+')} to {number(high, digits, '+')}"


def count(n: int) -> str:
    """Return a small number as a word."""
    return COUNTS[n] if n < len(COUNTS) else str(n)


def counted(n: int, noun: str) -> str:
    """Return ``one image``, ``two images``."""
    return f"{count(n)} {noun}{'' if n == 1 else 's'}"


def listed(words: Sequence[str], joint: str = "and") -> str:
    """Return ``a, b and c``."""
    return f" {joint} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def with_unit(metric: Metric) -> str:
    """Return a metric's label with its unit."""
    return f"{metric.label} ({metric.unit})" if metric.unit else metric.label


def capital(text: str) -> str:
    """Return ``text`` with a capital first letter."""
    return text[:1].upper() + text[1:]
