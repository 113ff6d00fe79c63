"""Draw one figure from the summary: ``python -m compfeat figures --help``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compfeat.figures import FIGURES
from compfeat.figures._style import theme
from compfeat.io import atomic_path

FIXED: dict[str, dict[str, Any]] = {
    "pdf": {"dpi": 300, "metadata": {"Creator": "compfeat", "Producer": "compfeat", "CreationDate": None}},
    "png": {"dpi": 200, "metadata": {"Software": "compfeat"}},
}
"""How each format is written: nothing in a file may tell when it was drawn, so that redrawing gives the same bytes."""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    p = argparse.ArgumentParser(prog="python -m compfeat figures", description=__doc__)
    p.add_argument("--figure", required=True, metavar="NAME", help=f"one of {', '.join(FIGURES.names())}")
    p.add_argument("--summary", type=Path, required=True, metavar="DIR", help="folder of the stage summarise")
    p.add_argument("--pdf", type=Path, required=True, help="output, for print")
    p.add_argument("--png", type=Path, required=True, help="output, 200 dpi")
    return p


def main(argv: Sequence[str]) -> None:
    """Draw. Raises ConfigError for an unknown figure, DataError for a file that is missing or of the wrong kind."""
    args = parser().parse_args(argv)
    spec = FIGURES.get(args.figure)
    with theme():
        drawn = spec.draw(spec.tables(args.summary))
        for kind, path in (("pdf", args.pdf), ("png", args.png)):
            with atomic_path(path) as temporary:
                drawn.savefig(temporary, format=kind, **FIXED[kind])
    print(f"figures: {args.figure} -> {args.pdf}, {args.png}")
