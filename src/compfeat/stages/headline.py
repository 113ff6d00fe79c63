"""Show a person what was found and where it lies: ``python -m compfeat headline --output results``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from compfeat.analysis.headline import COLUMNS, readable, text_table
from compfeat.analysis.points import POINT_KEYS
from compfeat.grid import UNCODED, Layout
from compfeat.io import read_csv


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    p = argparse.ArgumentParser(prog="python -m compfeat headline", description=__doc__)
    p.add_argument("--output", default="results", metavar="DIR", help="the results folder (default: %(default)s)")
    return p


def main(argv: Sequence[str]) -> None:
    """Print the headline table and a list of what was made."""
    layout = Layout(parser().parse_args(argv).output, "")
    headline = read_csv(Path(layout.summary("headline.csv")), COLUMNS)
    points = read_csv(Path(layout.summary("points.csv")), list(POINT_KEYS))
    print(report(headline, points, made_files(layout)), end="")


def made_files(layout: Layout) -> list[str]:
    """Return the paths of all tables, figures and documents that are there, sorted, tables first."""
    folders = [
        Path(layout.summary("x")).parent,
        Path(layout.figure("x", "svg")).parent,
        Path(layout.document("x")).parent,
    ]
    found = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    return [str(path) for path in found if path.is_file() and path.name[0] != "."]


def report(headline: pd.DataFrame, points: pd.DataFrame, files: Sequence[str]) -> str:
    """Return what the command prints: the table, how many runs and points, and where the files lie."""
    coded = int((points["codec"] != UNCODED).sum())
    n_runs = len(points[["cut", "loss", "seed"]].drop_duplicates())
    table = (
        text_table(*readable(headline)) if len(headline) else "No comparison: there is no loss beside the baseline.\n"
    )
    told = [
        "Rate at equal task performance against the baseline (negative: bits saved), and metrics of float features.",
        "",
        table,
        f"{n_runs} runs, {len(points)} points ({coded} coded), {len(files)} files:",
        *(f"  {path}" for path in files),
    ]
    return "\n".join(told) + "\n"
