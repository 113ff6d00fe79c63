"""``python -m compfeat NAME ...``: runs one stage of the pipeline or one command. ``python -m compfeat`` lists them."""

# ruff: noqa: E402
from __future__ import annotations

from compfeat.determinism import fix_environment

fix_environment()

import ast
import difflib
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from compfeat.cli.arguments import command
from compfeat.errors import CompfeatError

GROUPS = {"tools": "Commands for people", "pipeline": "Stages, which Snakemake runs"}
"""The packages of ``compfeat.cli`` with one module per command."""
READER_LEFT = 141
"""Exit status of a program whose reader went away, as in shells."""


def names(group: str) -> list[str]:
    """Return the names in a package of ``compfeat.cli``, sorted."""
    folder = Path(__file__).parent / "cli" / group
    return sorted(m.name for m in pkgutil.iter_modules([str(folder)]) if not m.name.startswith("_"))


def listing() -> Iterator[str]:
    """Yield the lines of a list of all names, each with the first line of its module's docstring; imports none of them."""
    yield "usage: python -m compfeat NAME ...     (python -m compfeat NAME --help explains one)"
    for group, title in GROUPS.items():
        yield f"\n{title}:"
        for name in names(group):
            source = (Path(__file__).parent / "cli" / group / f"{name}.py").read_text(encoding="utf-8")
            yield f"  {name:14} {(ast.get_docstring(ast.parse(source)) or '').partition(chr(10))[0]}"


def main(argv: list[str]) -> int:
    """Run what ``argv`` names; return the exit status (2 for a user's mistake, printed as one line).

    Commands that look for something, such as ``audit``, return a status of their own: 1 where they found it.
    """
    if not argv or argv[0] in ("-h", "--help"):
        print("\n".join(listing()))
        return 0
    name = argv[0]
    known = sorted(name for group in GROUPS for name in names(group))
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
        print(f"compfeat: {name!r} is unknown; {hint}", file=sys.stderr)
        return 2
    try:
        return int(call(name, argv[1:]) or 0)
    except CompfeatError as error:
        print(f"compfeat {name}: error: {error}", file=sys.stderr)
        return 2


def call(name: str, argv: Sequence[str]) -> int | None:
    """Run the stage or command ``name``, the function of that name in its module, with the arguments ``argv``.

    Raises:
        CompfeatError: a user's mistake, or a problem with files or programs.
    """
    group = next(group for group in GROUPS if name in names(group))
    function = getattr(importlib.import_module(f"compfeat.cli.{group}.{name}"), name)
    return command(function, argv)


def console() -> int:
    """Run the command line's words: the script ``compfeat``. A reader that stops early, such as head, is no error."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_LEFT
    return status


if __name__ == "__main__":
    sys.exit(console())
