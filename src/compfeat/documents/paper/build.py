"""Setting the paper: facts and figures go into a folder beside the template, and Typst makes a PDF of it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typst

from compfeat.documents.paper.tables import Facts
from compfeat.errors import ToolError

TEMPLATE = Path(__file__).with_name("paper.typ")


@dataclass(frozen=True)
class Picture:
    """A figure of the paper: its name, its PDF, and its caption."""

    name: str
    pdf: Path
    caption: str


def build(facts: Facts, pictures: Sequence[Picture], template: Path = TEMPLATE) -> bytes:
    """Return the paper's PDF: the same bytes for the same facts and figures, whenever and wherever it is made.

    Raises:
        ToolError: Typst refuses the template; the message is Typst's.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(template, folder / "paper.typ")
        for picture in pictures:
            shutil.copyfile(picture.pdf, folder / f"{picture.name}.pdf")
        captions = {picture.name: picture.caption for picture in pictures}
        (folder / "facts.json").write_text(json.dumps({**facts, "figures": captions}), encoding="utf-8")
        try:
            pdf = typst.compile(
                folder / "paper.typ", root=folder, format="pdf", ignore_system_fonts=True, font_paths=[], timestamp=0
            )
        except typst.TypstError as error:
            raise ToolError(
                f"{template.name}: {error.message}; the template and the facts do not fit together"
            ) from None
    if not isinstance(pdf, bytes):
        raise ToolError(f"{template.name}: Typst made no single PDF")
    return pdf
