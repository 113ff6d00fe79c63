"""Pictures of the documents for ``docs/images``: ``python tests/pictures.py RESULTS FOLDER`` (or ``make pictures``).

Of the paper its first page, of the explorer what a reader sees first. Needs Chromium (``make browser``).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import typst
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import browser

WIDE = {"width": 1200, "height": 1180}
FIRST_PAGE = '#set page(width: 210mm, height: 297mm, margin: 0pt)\n#image("/paper.pdf", page: 1, width: 100%)\n'
"""Typst that shows the paper's first page."""
PIXELS_PER_INCH = 110


def first_page(paper: Path, picture: Path) -> None:
    """Draw the paper's first page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(paper, folder / "paper.pdf")
        (folder / "page.typ").write_text(FIRST_PAGE, encoding="utf-8")
        picture.write_bytes(typst.compile(folder / "page.typ", root=folder, format="png", ppi=PIXELS_PER_INCH))


def explorer(page: Page, file: Path, picture: Path) -> None:
    """Photograph the explorer with its controls and its chart."""
    page.goto(file.absolute().as_uri())
    page.wait_for_selector("#chart svg")
    page.screenshot(path=picture)


def viewer(page: Page, picture: Path) -> None:
    """Photograph the open explorer's viewer."""
    page.locator("#viewer").screenshot(path=picture)


def shrink(picture: Path) -> None:
    """Make a picture small: 256 colours are enough for text and curves."""
    with Image.open(picture) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)


def main(results: Path, folder: Path) -> None:
    """Write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser.executable(), args=list(browser.FLAGS))
        page = started.new_page(viewport=WIDE)  # type: ignore[arg-type]
        explorer(page, results / "paper/explorer.html", folder / "explorer.png")
        viewer(page, folder / "explorer_viewer.png")
        started.close()
    first_page(results / "paper/paper.pdf", folder / "paper_first_page.png")
    for name in ("paper_first_page", "explorer", "explorer_viewer"):
        shrink(folder / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
