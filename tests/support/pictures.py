"""Pictures of the documents for ``docs/images``: ``python tests/support/pictures.py RESULTS FOLDER`` (or ``make pictures``).

Of the paper its first page, of the explorer what a reader sees first. Needs Chromium (``make browser``).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import typst
from PIL import Image

import browser

WIDE = {"width": 1200, "height": 1180}
FIRST_PAGE = '#set page(width: 210mm, height: 297mm, margin: 0pt)\n#image("/paper.pdf", page: 1, width: 100%)\n'
"""Typst that shows the paper's first page."""
PIXELS_PER_INCH = 110


def first_page(paper: Path) -> bytes:
    """Return the paper's first page as a PNG."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(paper, folder / "paper.pdf")
        (folder / "page.typ").write_text(FIRST_PAGE, encoding="utf-8")
        return typst.compile(folder / "page.typ", root=folder, format="png", ppi=PIXELS_PER_INCH)


def main(results: Path, folder: Path) -> None:
    """Write the pictures; 256 colours are enough for text and curves."""
    with browser.browser() as started:
        page = started.new_page(viewport=WIDE)  # type: ignore[arg-type]
        page.goto((results / "paper/explorer.html").absolute().as_uri())
        page.wait_for_selector("#chart svg")
        pictures = {"explorer": page.screenshot(), "explorer_viewer": page.locator("#viewer").screenshot()}
    pictures["paper_first_page"] = first_page(results / "paper/paper.pdf")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in pictures.items():
        small = Image.open(BytesIO(data)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        small.save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
