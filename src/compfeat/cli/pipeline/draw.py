"""Draw one figure from the summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compfeat.io import atomic_path
from compfeat.reports.figures.base import FIGURES
from compfeat.reports.summary import Tables

FIXED: dict[str, dict[str, Any]] = {
    "pdf": {"dpi": 300, "metadata": {"Creator": "compfeat", "Producer": "compfeat", "CreationDate": None}},
    "png": {"dpi": 200, "metadata": {"Software": "compfeat"}},
}
"""How each format is written: no file contains the time of drawing, so that redrawing gives the same bytes."""


def draw(*, figure: str, tables: list[Path], pdf: Path, png: Path) -> None:
    """Draw one figure from the summary.

    Args:
        figure: its name; NAME@LADDER where it shows one ladder.
        tables: the files that it needs, found by their names.
        pdf: output, for print.
        png: output, 200 dots per inch.

    Raises:
        ConfigError: the figure is unknown.
        DataError: a file is missing or of the wrong kind.
    """
    from compfeat.reports.figures.style import theme

    spec = FIGURES.get(figure)
    with theme():
        drawn = spec.draw(Tables.of(tables))
        for kind, path in (("pdf", pdf), ("png", png)):
            with atomic_path(path) as temporary:
                drawn.savefig(temporary, format=kind, **FIXED[kind])
    print(f"draw: {figure} -> {pdf}, {png}")
