"""Write a table of the summary as an HTML page, for the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compfeat.cli.arguments import command
from compfeat.io import read_csv, write_text
from compfeat.reports.tables.build import build
from compfeat.reports.texts import TableText


def stage(*, settings: TableText, table: Path, html: Path) -> None:
    """Write a table of the summary as an HTML page, for the report.

    Args:
        settings: what describes the table.
        table: a CSV file.
        html: output.

    Raises:
        DataError: the table is missing or damaged.
    """
    write_text(html, build(settings, read_csv(table, [])))


def main(argv: Sequence[str]) -> int | None:
    """Write the page."""
    return command(stage, argv)
