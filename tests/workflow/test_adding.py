"""Every example of docs/how-to/add-a-plugin.md is a part of the modules that the extension test runs."""

from __future__ import annotations

import re
import textwrap

import pytest

from helpers import PROJECT

PAGE = (PROJECT / "docs/how-to/add-a-plugin.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- (tests/extension/\S+) -->\n```\w+\n(.*?)\n```", PAGE, re.S)
KINDS = {
    path.name for path in (PROJECT / "tests/extension").iterdir() if path.stem not in ("test_extension", "__pycache__")
}


def plain(text: str) -> list[str]:
    """Return the lines of a text without their common indentation and without those that are blank."""
    return [line.strip() for line in textwrap.dedent(text).splitlines() if line.strip()]


@pytest.mark.parametrize(("file", "example"), EXAMPLES, ids=[file for file, _ in EXAMPLES])
def test_an_example_is_what_the_module_says(file: str, example: str) -> None:
    lines, wanted = plain((PROJECT / file).read_text(encoding="utf-8")), plain(example)
    assert any(lines[i : i + len(wanted)] == wanted for i in range(len(lines)))


def test_every_kind_of_addition_has_an_example() -> None:
    assert set(re.findall(r"tests/extension/([\w.]+)", PAGE)) == KINDS
