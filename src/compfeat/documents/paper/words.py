"""How numbers and lists are written in documents."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

TASK_NAMES = {
    "segmentation": "semantic segmentation",
    "disparity": "disparity estimation",
    "reconstruction": "input reconstruction",
}
METRIC_NAMES = {"miou": "mIoU", "psnr_db": "PSNR (dB)", "inv_rmse": "1/RMSE", "rmse": "RMSE (px)"}
COUNTS = ("no", "one", "two", "three", "four", "five", "six")
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


def interval(low: float, high: float) -> str:
    """Return an interval of percents, empty where there is none."""
    return "" if pd.isna(low) or pd.isna(high) else f"{number(low, 1, '+')} to {number(high, 1, '+')}"


def count(n: int) -> str:
    """Return a small number as a word."""
    return COUNTS[n] if n < len(COUNTS) else str(n)


def listed(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
