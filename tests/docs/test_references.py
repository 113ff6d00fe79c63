"""What README.md, CONTRIBUTING.md and docs point to is there: pages, headings, files, commands and targets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from compfeat.__main__ import GROUPS, names
from compfeat.console import COMMANDS as LIBRARY
from helpers import PROJECT

PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M))
COMMANDS = {name for group in GROUPS for name in names(group)} | set(LIBRARY)
FOLDERS = ["src", "tests", "benchmarks", "workflow", "config", "data/published", "docs", "profiles", "examples", ".ci"]
TRACKED = [path for name in FOLDERS for path in (PROJECT / name).rglob("*") if "__pycache__" not in path.parts]
MADE = ("results", "data/raw", "data/prepared", ".venv", ".snakemake", "tests/artifacts")
"""What a run, make or a user writes."""
TOP = "|".join(name.partition("/")[0] for name in FOLDERS)
PATH = re.compile(rf"(?<![\w/.{{-])((?:{TOP})/[\w./-]*\w|[a-z_]\w*(?:/\w+)*\.(?:py|smk|typ)\b)")
"""What looks like a file or folder of the project."""


def without_blocks(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.S)


def written(page: Path) -> str:
    """Return a page without its generated blocks."""
    return re.sub(r"\]\]\]-->\n.*?<!--\[\[\[end", "", page.read_text(encoding="utf-8"), flags=re.S)


def headings(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub and the site make them."""
    found = re.findall(r"^#+ (.*)$", without_blocks(page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in found}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the file and anchor of every link of a page to a file."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page.read_text(encoding="utf-8"))):
        if "://" not in target:
            file, _, anchor = target.partition("#")
            yield (page.parent / file).resolve() if file else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    assert not [
        f"{file}#{anchor}"
        for file, anchor in links(page)
        if not file.exists() or (anchor and anchor not in headings(file))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_named_files_targets_and_commands_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    spans = re.findall(r"`([^`\n]+)`", without_blocks(text)) + re.findall(r"```\w*\n(.*?)```", text, re.S)
    code = "\n".join(spans)
    assert set(re.findall(r"(?<!\w)make ([a-z]+)\b", code)) <= TARGETS
    assert set(re.findall(r"compfeat ([a-z][a-z-]+)", code)) <= COMMANDS | {"compfeat"}
    assert [name for span in spans for name in PATH.findall(span) if not exists(name)] == []


def exists(name: str) -> bool:
    """Return whether a path is in the project, or is a placeholder or made by a run."""
    if re.search(r"NAME|[A-Z]{3}", name) or name.startswith(MADE):
        return True
    return (PROJECT / name).exists() or any(str(path).endswith(f"/{name}") for path in TRACKED)


def test_pages_that_code_refers_to_have_the_heading() -> None:
    missing = []
    outside = [path for path in TRACKED if PROJECT / "docs" not in path.parents]
    for path in [*outside, PROJECT / "Makefile", PROJECT / "CHANGELOG.md", PROJECT / "pyproject.toml"]:
        if path.suffix in (".py", ".smk", ".yaml", ".md", ".toml", "") and path.is_file():
            for page, heading in re.findall(r'docs/([\w/-]+\.md)(?:, "([^"]+)")?', path.read_text(encoding="utf-8")):
                there = PROJECT / "docs" / page
                if not there.is_file() or (heading and f" {heading}\n" not in there.read_text(encoding="utf-8")):
                    missing.append((path, page, heading))
    assert not missing


def test_the_readme_is_short_and_its_lines_are() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 1100
    assert max(len(line) for line in text.splitlines() if "[[[cog" not in line) <= 100
    assert sum(len(written(page).split()) for page in PAGES[2:]) <= 12000


def test_every_configuration_has_a_line_of_its_own() -> None:
    text = (PROJECT / "config/README.md").read_text()
    assert [path.name for path in sorted((PROJECT / "config").glob("*.yaml")) if f"| `{path.name}` |" not in text] == []
