"""A hook of MkDocs: README.md, config/README.md and the like are pages of the site, and links to other files are plain text."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

PROJECT = Path(__file__).resolve().parent.parent
PAGES = {
    "README.md": "index.md",
    "config/README.md": "reference/configuration.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
}
"""Files outside of docs that are pages, by their path in the project."""
SOURCES = {page: source for source, page in PAGES.items()}
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie outside of docs."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(PROJECT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Return a page whose links lead to pages of the site; those to other files of the project become text."""
    place = page.file.src_uri
    source = SOURCES.get(place, f"docs/{place}")

    def lead(link: re.Match[str]) -> str:
        text, target, anchor = link[1], link[2], link[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        led = PAGES.get(path, path.removeprefix("docs/") if path.startswith("docs/") else "")
        return (
            f"[{text}]({posixpath.relpath(led, posixpath.dirname(place) or '.')}{anchor})"
            if led
            else f"{text} (`{path}`)"
        )

    return LINK.sub(lead, re.sub(r"<!-- \[\[\[.*?\]\]\] -->\n", "", markdown))
