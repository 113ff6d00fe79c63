"""The files that a run made for readers."""

from __future__ import annotations

from pathlib import Path

from compfeat.experiment.layout import Layout
from compfeat.provenance.files import is_artifact


def made_files(project: Path, layout: Layout) -> list[str]:
    """Return the paths of all tables, figures and documents that are there, sorted, tables first."""
    folders = [Path(path).parent for path in (layout.table("x"), layout.figure("x", "svg"), layout.document("x"))]
    found = [
        folder / path.name for folder in folders for path in sorted((project / folder).glob("*")) if path.is_file()
    ]
    return [path.as_posix() for path in found if path.name[0] != "." and is_artifact(path.name)]
