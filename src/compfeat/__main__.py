"""``python -m compfeat STAGE ...``: runs one stage or command on files. ``python -m compfeat`` lists them."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

from compfeat import stages
from compfeat.errors import CompfeatError

SEEN_ENOUGH = 141
"""Exit status of a program whose reader went away, as shells tell it."""


def stage_names() -> list[str]:
    """Return the names of all stages, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(stages.__path__))


def main(argv: list[str]) -> int:
    """Run the stage that ``argv`` names; return the exit status (2 for a user's mistake, told in one line).

    Commands that look for something, such as ``audit``, return a status of their own: 1 where they found it.
    """
    names = stage_names()
    if not argv or argv[0] not in names:
        wrong = f"unknown stage {argv[0]!r}; " if argv and argv[0] not in ("-h", "--help") else ""
        print(
            f"compfeat: {wrong}expected one of {', '.join(names)}; see python -m compfeat STAGE --help", file=sys.stderr
        )
        return 0 if argv and not wrong else 2
    try:
        status = importlib.import_module(f"compfeat.stages.{argv[0]}").main(argv[1:])
    except CompfeatError as error:
        print(f"compfeat {argv[0]}: error: {error}", file=sys.stderr)
        return 2
    return int(status or 0)


def console() -> int:
    """Run the command line's words: the script ``compfeat``. A reader that has seen enough, such as head, is no error."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SEEN_ENOUGH
    return status


if __name__ == "__main__":
    sys.exit(console())
