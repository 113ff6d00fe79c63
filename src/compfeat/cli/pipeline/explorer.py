"""Make one HTML file to look at the results with, offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compfeat.io import read_csv, write_text
from compfeat.reports.explorer.build import build
from compfeat.reports.settings import ExplorerSettings
from compfeat.reports.showcase import Showcase
from compfeat.reports.summary import Tables


def explorer(
    *,
    settings: ExplorerSettings,
    tables: list[Path],
    figures: Sequence[Path] = (),
    pages: Sequence[Path] = (),
    html: Path,
) -> None:
    """Make one HTML file to look at the results with, offline.

    Args:
        settings: what describes the figures and tables.
        tables: files of the summary, found by their names, pictures.npz among them.
        figures: PNGs of the figures to show, found by their names.
        pages: tables to show, found by their names.
        html: output.

    Raises:
        DataError: a file is missing or damaged, or there is too much for one page.
        ToolError: the scripts of the chart cannot be bundled.
    """
    summary, pictures, shown = Tables.of(tables), Tables.of(figures), Tables.of(pages)
    showcases = Showcase.every(summary)
    page = build(
        summary,
        showcases,
        [(text, pictures.path(f"{text.name}.png").read_bytes()) for text in settings.figures],
        [(text, read_csv(shown.path(f"{text.name}.csv"), [])) for text in settings.pages],
    )
    write_text(html, page)
    print(f"explorer: {len(showcases)} images, {html.stat().st_size} bytes -> {html}")
