"""Set the paper from the summary, the figures and the config."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from compfeat.cli.arguments import command
from compfeat.errors import DataError
from compfeat.io import read_json, write_bytes
from compfeat.reports.paper.build import build
from compfeat.reports.paper.facts import paper_facts
from compfeat.reports.paper.settings import Settings
from compfeat.reports.paper.tables import Tables
from compfeat.reports.summary import Tables as Files


def stage(*, settings: Settings, tables: list[Path], networks: list[Path], figures: list[Path] = (), pdf: Path) -> None:  # type: ignore[assignment]
    """Set the paper from the summary, the figures and the config.

    Args:
        settings: the config, and what its plug-ins declare.
        tables: files of the summary, found by their names.
        networks: descriptions of the trained networks (network.json), of each cut one at least.
        figures: PDFs of the figures, found by their names.
        pdf: output.

    Raises:
        DataError: a file is missing or damaged.
        ToolError: the template cannot be set.
    """
    shown = {path.stem: path for path in figures}
    missing = [figure.name for figure in settings.figures if figure.name not in shown]
    if missing:
        raise DataError(
            f"{missing[0]}.pdf: not among --figures; draw the figure, or remove it from the config's figures"
        )
    facts = paper_facts(settings, Tables.read(Files.of(tables)), [read_json(path) for path in networks])
    facts["files"] = [[path.name, digest(path)] for path in sorted(tables)]
    write_bytes(pdf, build(facts, shown))
    print(f"paper: {len(shown)} figures -> {pdf}")


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(argv: Sequence[str]) -> int | None:
    """Set the paper."""
    return command(stage, argv)
