"""Write a table of the summary as an HTML page, for the report: ``python -m compfeat tables --help``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from compfeat.documents.tables import PAGES
from compfeat.documents.tables.build import build
from compfeat.io import read_csv, write_text


def main(argv: Sequence[str]) -> None:
    """Run the stage on the files that ``argv`` names. Raises DataError where the table is missing or damaged."""
    parser = argparse.ArgumentParser(prog="python -m compfeat tables", description=__doc__)
    parser.add_argument("--name", required=True, choices=sorted(PAGES), help="which table it is")
    parser.add_argument("--table", type=Path, required=True, metavar="CSV", help="the summary's table")
    parser.add_argument("--html", type=Path, required=True, help="output")
    args = parser.parse_args(argv)
    write_text(args.html, build(PAGES[args.name], read_csv(args.table, [])))
