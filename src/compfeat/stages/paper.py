"""Set the paper from the summary, the figures and the config: ``python -m compfeat paper --help``."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from compfeat.analysis.bootstrap import CELL, INTERVAL_COLUMNS
from compfeat.documents.paper.build import Picture, build
from compfeat.documents.paper.facts import paper_facts
from compfeat.documents.paper.tables import Tables
from compfeat.errors import ConfigError
from compfeat.figures import FIGURES
from compfeat.grid import Layout
from compfeat.io import read_csv, write_bytes

TABLES = {
    "points": "points.csv",
    "epochs": "epochs.csv",
    "headline": "headline.csv",
    "intervals": "intervals.csv",
    "floats": "float_intervals.csv",
    "details": "bd_details.csv",
    "claims": "claims.csv",
    "published": "published_bd_rate.csv",
    "published_intervals": "published_intervals.csv",
    "published_paired": "published_paired.csv",
    "seeds": "seeds_intervals.csv",
}
"""The summary's file of each of the paper's tables."""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    p = argparse.ArgumentParser(prog="python -m compfeat paper", description=__doc__)
    p.add_argument("--config", required=True, metavar="JSON", help="the whole config of the run")
    p.add_argument(
        "--output", required=True, metavar="DIR", help="the results folder: tables and figures are read there"
    )
    p.add_argument("--figures", nargs="*", default=[], metavar="NAME", help="figures to show")
    p.add_argument("--tools", nargs="*", default=[], metavar="NAME=VERSION", help="software to name")
    p.add_argument("--pdf", type=Path, required=True, help="output")
    return p


def main(argv: Sequence[str]) -> None:
    """Run the stage. Raises ConfigError, DataError or ToolError for what a user can mend."""
    args = parser().parse_args(argv)
    layout = Layout(args.output, "")
    try:
        config = json.loads(args.config)
    except ValueError as error:
        raise ConfigError(f"--config: not JSON ({error}); expected the whole config of the run") from None
    tables = Tables(**{name: read_table(Path(layout.summary(file))) for name, file in TABLES.items()})
    facts = paper_facts(config, tables)
    facts["tools"] = [tool.split("=", 1) for tool in args.tools]
    facts["files"] = [[f"summarise/{file}", digest(Path(layout.summary(file)))] for file in sorted(TABLES.values())]
    pictures = [Picture(name, Path(layout.figure(name, "pdf")), FIGURES.get(name).caption) for name in args.figures]
    write_bytes(args.pdf, build(facts, pictures))
    print(f"paper: {len(pictures)} figures -> {args.pdf}")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table of the summary; one of the kind of ``intervals.csv`` may have no rows."""
    return read_csv(path, [*CELL, *INTERVAL_COLUMNS] if path.name.startswith("seeds") else [])


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
