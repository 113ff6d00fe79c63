"""Setting the paper: facts and figures go into a folder beside the template, and Typst makes a PDF of it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import typst

from compfeat.errors import ToolError
from compfeat.reports.paper.tables import Facts

TEMPLATE = Path(__file__).with_name("paper.typ")
INTERNAL = "internal error"
"""How the message of an error begins that is Typst's own."""


def build(facts: Facts, pictures: Mapping[str, Path], template: Path = TEMPLATE) -> bytes:
    """Return the paper's PDF: the same bytes for the same facts and figures, whenever and wherever it is made.

    Args:
        pictures: the PDF of each figure by name.

    Raises:
        ToolError: Typst refuses the template; the message is Typst's.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(template, folder / "paper.typ")
        for figure, pdf in pictures.items():
            shutil.copyfile(pdf, folder / f"{figure}.pdf")
        (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
        try:
            pdf_bytes = _compiled(folder)
        except typst.TypstError as error:
            raise ToolError(
                f"{template.name}: {error.message}; the template and the facts do not fit together"
            ) from None
    if not isinstance(pdf_bytes, bytes):
        raise ToolError(f"{template.name}: Typst made no single PDF")
    return pdf_bytes


def _compiled(folder: Path) -> object:
    """Return what Typst makes of ``folder/paper.typ``, without tags for screen readers where it cannot make these.

    Some positions of floating figures and page breaks end in an internal error of its tags (typst issue 8487). The pages are
    the same without them.
    """

    def compiled(tags: bool) -> object:
        return typst.compile(
            folder / "paper.typ",
            root=folder,
            format="pdf",
            ignore_system_fonts=True,
            font_paths=[],
            timestamp=0,
            pdf_tags=tags,
        )

    try:
        return compiled(tags=True)
    except typst.TypstError as error:
        if not error.message.startswith(INTERNAL):
            raise
    return compiled(tags=False)
