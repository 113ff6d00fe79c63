"""Comparing a run with the recorded one: the same to the byte, or how far off in rate and task performance."""

from __future__ import annotations

REFERENCE_TABLES = ("points.csv", "bd_rate.csv")
"""Tables of the summary that are kept beside a record, for comparisons of numbers."""
