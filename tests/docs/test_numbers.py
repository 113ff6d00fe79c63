"""The tables of README.md and docs are what the records say."""

from __future__ import annotations

from cogapp import Cog

from helpers import PROJECT


def test_tables_are_those_of_the_records() -> None:
    pages = sorted(str(path) for path in (PROJECT / "docs").rglob("*.md"))
    options = ["-P", "-I", str(PROJECT / "docs"), "-p", "from blocks import *", "--check", "--diff"]
    found = Cog().main(["cog", *options, str(PROJECT / "README.md"), *pages])
    assert found == 0, "make numbers writes them"
