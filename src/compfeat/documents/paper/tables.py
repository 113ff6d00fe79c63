"""The tables that the paper reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

Facts = dict[str, Any]
"""What the template reads, nested; all leaves are text, or lists of rows of text."""


@dataclass(frozen=True)
class Tables:
    """The summary's tables that the paper reads; ``seeds`` are the recorded intervals of a run of several seeds, or empty."""

    points: pd.DataFrame
    epochs: pd.DataFrame
    headline: pd.DataFrame
    intervals: pd.DataFrame
    floats: pd.DataFrame
    details: pd.DataFrame
    claims: pd.DataFrame
    published: pd.DataFrame
    published_intervals: pd.DataFrame
    published_paired: pd.DataFrame
    seeds: pd.DataFrame
