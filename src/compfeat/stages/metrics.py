"""Give the headline as nested JSON, for tools that track numbers over time: ``python -m compfeat metrics --help``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from compfeat.analysis.headline import COLUMNS
from compfeat.io import read_csv, write_json

KEYS = ("cut", "loss", "ladder", "metric")
VALUES = ("bd_rate_percent", "float_anchor", "float_test")


def main(argv: Sequence[str]) -> None:
    """Run the stage on the files that ``argv`` names. Raises DataError where the headline is missing or damaged."""
    parser = argparse.ArgumentParser(prog="python -m compfeat metrics", description=__doc__)
    parser.add_argument("--headline", type=Path, required=True, metavar="CSV", help="the headline table")
    parser.add_argument(
        "--metrics", type=Path, required=True, metavar="JSON", help="output: nested by " + ", ".join(KEYS)
    )
    args = parser.parse_args(argv)
    write_json(args.metrics, nested(read_csv(args.headline, list(COLUMNS))))


def nested(headline: pd.DataFrame) -> dict[str, Any]:
    """Return the headline's numbers by KEYS; a number that is not there (a refused BD-rate) is left out."""
    tree: dict[str, Any] = {}
    for row in headline.to_dict("records"):
        leaf = tree
        for key in KEYS:
            leaf = leaf.setdefault(str(row[key]), {})
        leaf |= {name: float(row[name]) for name in VALUES if pd.notna(row[name])}
    return tree
