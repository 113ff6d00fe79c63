"""Setting the paper and its supplement: facts, tables and figures go into a folder with a template, and Typst makes a PDF or HTML."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import typst

from compfeat.errors import ToolError
from compfeat.experiment.config import Experiment
from compfeat.reports.paper.facts import Facts

FOLDER = Path(__file__).parent
PAPER, OVERLAY, SUPPLEMENT = (FOLDER / f"{name}.typ" for name in ("paper", "overlay", "supplement"))
IMPORTED = tuple(FOLDER / f"{name}.typ" for name in ("shared", "tables"))
"""What templates import."""
Format = Literal["pdf", "html"]


def templates(experiment: Experiment) -> dict[str, Path]:
    """Return the template of each document by its name: PAPER is written for experiments that state the paper's claim."""
    claims = (experiment.claims or {}).values()
    return {"paper": PAPER if any(claim.published for claim in claims) else OVERLAY, "supplement": SUPPLEMENT}


def build(facts: Facts, files: Iterable[Path], template: Path = PAPER, form: Format = "pdf") -> bytes:
    """Return a document: the same bytes for the same facts, tables and figures, whenever and wherever it is made.

    Args:
        facts: see ``paper_facts``.
        files: the tables, the experiment and the PDFs of figures, which the template finds by their names.
        template: the document's.
        form: a PDF, or one file of HTML that needs no other and no network; its formulas are MathML and its figures SVG.

    Raises:
        ToolError: Typst refuses the template; the message is Typst's.
    """
    with laid_out(facts, files, template) as path:
        try:
            made = _compiled(path, form)
        except typst.TypstError as error:
            raise ToolError(
                f"{template.name}: {error.message}; the template, the tables and the facts do not fit together"
            ) from None
    if not isinstance(made, bytes):
        raise ToolError(f"{template.name}: Typst made no single document")
    style = f"<style>{(FOLDER / 'paper.css').read_text(encoding='utf-8')}</style></head>"
    return made if form == "pdf" else made.replace(b"</head>", style.encode(), 1)


@contextmanager
def laid_out(facts: Facts, files: Iterable[Path], template: Path = PAPER) -> Iterator[Path]:
    """Yield the template's path in a temporary folder that has the facts and the files, too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (template, *IMPORTED, *files):
            shutil.copyfile(path, folder / path.name)
        (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
        yield folder / template.name


def _compiled(template: Path, form: Format) -> object:
    """Return what Typst makes of a template, without tags for screen readers where it cannot make these.

    Some positions of figures and page breaks end in an internal error of its tags (typst issue 8487). The pages are the same
    without them.
    """
    compiled = partial(
        typst.compile,
        template,
        root=template.parent,
        format=form,
        sys_inputs={"target": form},
        ignore_system_fonts=True,
        font_paths=[],
        timestamp=0,
    )
    try:
        return compiled(pdf_tags=True)
    except typst.TypstError as error:
        if not error.message.startswith("internal error"):
            raise
    return compiled(pdf_tags=False)
