"""Write a table of the summary as an HTML page, for the report."""

from __future__ import annotations

from pathlib import Path

from compfeat.io import read_csv, write_text
from compfeat.reports.tables.build import build
from compfeat.reports.texts import TableText


def table_page(*, settings: TableText, table: Path, html: Path) -> None:
    """Write a table of the summary as an HTML page, for the report.

    Args:
        settings: what describes the table.
        table: a CSV file.
        html: output.

    Raises:
        DataError: the table is missing or damaged.
    """
    write_text(html, build(settings, read_csv(table, [])))
