"""Tell where a file or a number comes from, back to the images: ``python -m compfeat lineage --help``.

For example ``python -m compfeat lineage results/summarise/bd_rate.csv --row cut=c256 --row ladder=hevc --row metric=miou``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from compfeat.errors import ConfigError
from compfeat.provenance import chart
from compfeat.provenance.lineage import inside, lineage, read_graph


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    form = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="python -m compfeat lineage", description=__doc__, formatter_class=form)
    p.add_argument("path", help="a file of the run")
    p.add_argument("--row", action="append", default=[], metavar="COLUMN=VALUE", help="only these rows of a table")
    p.add_argument("--format", choices=("text", "json", "mermaid"), default="text", help="default: %(default)s")
    p.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="where the run lies (default: here)")
    return p


def main(argv: Sequence[str]) -> None:
    """Print the chain. Raises DataError for a file that is not of the run, ConfigError for a row that is not there."""
    args = parser().parse_args(argv)
    graph = read_graph(args.project)
    told = lineage(args.project, graph, inside(args.project, args.path), parse_row(args.row))
    if args.format == "json":
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        print("\n".join(chart.text(told) if args.format == "text" else chart.mermaid(told)))


def parse_row(words: Sequence[str]) -> dict[str, str]:
    """Return the cells that ``COLUMN=VALUE`` name.

    Raises:
        ConfigError: a word has no equals sign.
    """
    wrong = [word for word in words if "=" not in word]
    if wrong:
        raise ConfigError(f"--row {wrong[0]}: expected COLUMN=VALUE, such as cut=c256")
    return {column: value for column, _, value in (word.partition("=") for word in words)}
