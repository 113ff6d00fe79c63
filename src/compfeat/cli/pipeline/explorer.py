"""Make one HTML file to look at the results with, offline: ``python -m compfeat explorer --help``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from compfeat.analysis.bootstrap import CELL, INTERVAL_COLUMNS, POINT_COLUMNS
from compfeat.documents.explorer.build import build
from compfeat.documents.explorer.tables import Tables
from compfeat.figures import Tables as Files
from compfeat.figures._pictures import Showcase
from compfeat.grid import Layout
from compfeat.io import read_csv, write_text

TABLES = {
    "points": "points.csv",
    "ladders": "ladders.csv",
    "bd_rate": "bd_rate.csv",
    "intervals": "intervals.csv",
    "floats": "float_intervals.csv",
    "point_intervals": "point_intervals.csv",
    "published": "published_points.csv",
    "published_intervals": "published_intervals.csv",
    "seeds": "seeds_intervals.csv",
}
"""The summary's file of each of the explorer's tables."""
PICTURES = ("showcase.npz", "per_image.csv", "points.csv")
"""The summary's files that the viewer reads."""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    p = argparse.ArgumentParser(prog="python -m compfeat explorer", description=__doc__)
    p.add_argument(
        "--output", required=True, metavar="DIR", help="the results folder: tables and pictures are read there"
    )
    p.add_argument("--html", type=Path, required=True, help="output")
    return p


def main(argv: Sequence[str]) -> None:
    """Run the stage. Raises DataError or ToolError for what a user can mend."""
    args = parser().parse_args(argv)
    summary = Path(Layout(args.output, "").summary("x")).parent
    tables = Tables(**{name: read_csv(summary / file, columns(file)) for name, file in TABLES.items()})
    showcases = Showcase.every(Files(summary, PICTURES))
    write_text(args.html, build(tables, showcases))
    print(f"explorer: {len(showcases)} images, {args.html.stat().st_size} bytes -> {args.html}")


def columns(file: str) -> list[str]:
    """Return the columns that a table must have, also where it has no rows."""
    if file in ("intervals.csv", "seeds_intervals.csv"):
        return [*CELL, *INTERVAL_COLUMNS]
    if file == "point_intervals.csv":
        return list(POINT_COLUMNS)
    return ["cut", "loss", "seed", "codec", "quality", "rate_bpe"] if file == "points.csv" else []
