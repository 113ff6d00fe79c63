"""What README.md and docs/ name of the project is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers import PROJECT

PAGES = ["README.md", *sorted(path.relative_to(PROJECT).as_posix() for path in (PROJECT / "docs").glob("*.md"))]
FOLDERS = ("", "src/compfeat", "src/compfeat/reports/explorer", "src/compfeat/reports/paper", "tests", "workflow")
"""Where names in the text begin."""
MADE = ("results", "data/raw", "data/prepared", "dvc_plots", "c512/", ".snakemake", ".venv")
"""How paths of files that a run makes begin."""


def named(text: str) -> set[str]:
    """Return the paths in a page's code and links, without placeholders, and the names of Python modules."""
    links = re.findall(r"\]\(([\w./-]+)[)#]", text)
    spans = [word for span in re.findall(r"`([^`\n]+)`", text) for word in span.split()]
    words = {word.rstrip(".,:;/") for word in [*links, *spans]}
    paths = {
        word for word in words if re.fullmatch(r"[\w.-]+(/[\w.-]+)+", word) or re.fullmatch(r"\w+\.(py|smk)", word)
    }
    return {
        path for path in paths if not re.search(r"[A-Z]{3}", path.replace("README", "")) and not path.startswith(MADE)
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_path_and_module_that_is_named_exists(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    modules = {
        path.name for folder in ("src", "tests", "benchmarks", "workflow") for path in (PROJECT / folder).rglob("*.*")
    }
    starts = [(PROJECT / page).parent, *(PROJECT / folder for folder in FOLDERS)]
    missing = [
        name
        for name in sorted(named(text))
        if not any((start / name).exists() for start in starts) and ("/" in name or Path(name).name not in modules)
    ]
    assert missing == []
