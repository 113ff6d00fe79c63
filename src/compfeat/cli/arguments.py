"""A command line from a function's signature: its parameters are the arguments, its docstring is the help.

A module of ``pipeline`` or ``tools`` is one function of its name::

    def score(*, settings: Settings, arrays: Path, tables: list[Path], limit: int | None = None, quiet: bool = False) -> None:
        \"\"\"Do one thing.

        Args:
            settings: what the configuration says about it.
            arrays: packed scenes.
        \"\"\"

Keyword-only parameters become options (``--settings JSON --arrays PATH --tables PATH PATH``), others positional arguments.
A parameter without a default must be given; ``X | None`` is an X that may be left out. The values of a list may follow the
option once or more (``--row a --row b c``), so a list's default is empty. An underscore at a name's end, which keeps it apart from
a module's or a keyword, is no part of the option: ``json_`` is ``--json``.
"""

from __future__ import annotations

import argparse
import inspect
import re
import types
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

METAVARS = {Path: "PATH", str: "TEXT", int: "INT", float: "NUMBER"}
SECTIONS = re.compile(r"^(Args|Returns|Raises|Yields):$", re.MULTILINE)
PROGRAM = "python -m compfeat"


def command(function: Callable[..., int | None], argv: Sequence[str], program: str = PROGRAM) -> int | None:
    """Call ``function`` with what ``argv`` says; return what it returns: an exit status, or None for success.

    In its help it is a command of ``program``.
    Parameters may be typed Path, str, int, float, bool, a Literal of texts, a pydantic model (given as JSON), a list of any
    of these but bool, or any of these or None.

    Raises:
        ConfigError: a text is not JSON, or is not the model's.
        SystemExit: an argument is missing, unknown or of the wrong type (status 2, reported in one line), or ``--help`` was asked.
    """
    text, helps = described(inspect.getdoc(function) or "")
    form, program = argparse.RawDescriptionHelpFormatter, f"{program} {function.__name__.replace('_', '-')}"
    made = argparse.ArgumentParser(prog=program, description=text, formatter_class=form, allow_abbrev=False)
    hints = get_type_hints(function)
    for parameter in inspect.signature(function).parameters.values():
        _add(made, parameter, hints[parameter.name], helps.get(parameter.name, ""))
    return function(**vars(made.parse_args(argv)))


def described(docstring: str) -> tuple[str, dict[str, str]]:
    """Return a docstring's text before its sections, and from each name in its section Args to what is said of it."""
    text, *sections = SECTIONS.split(docstring)
    args = dict(zip(sections[::2], sections[1::2], strict=True)).get("Args", "")
    entries = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", args, re.MULTILINE)
    return text.strip(), {name: " ".join(text.split()).replace("%", "%%") for name, text in entries}


def _add(made: argparse.ArgumentParser, parameter: inspect.Parameter, hint: Any, help_text: str) -> None:
    """Add one argument."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    several = get_origin(hint) in (list, Sequence)
    kind = get_args(hint)[0] if several else hint
    optional = parameter.default is not parameter.empty
    keywords: dict[str, Any] = {"help": help_text}
    if optional:
        keywords["default"] = list(parameter.default or ()) if several else parameter.default
        if parameter.default not in (None, False, "", ()):
            keywords["help"] += " (default: %(default)s)"
    if kind is bool:
        keywords["action"] = "store_true" if parameter.default is False else argparse.BooleanOptionalAction
    else:
        keywords |= _value(kind)
        if several:
            keywords |= {"nargs": "*", "action": "extend"}
    if parameter.kind is parameter.KEYWORD_ONLY:
        flag = f"--{parameter.name.rstrip('_').replace('_', '-')}"
        made.add_argument(flag, dest=parameter.name, required=not optional, **keywords)
    else:
        if optional and not several:
            keywords["nargs"] = "?"
        keywords.pop("metavar", None)
        made.add_argument(parameter.name, **keywords)


def _value(kind: Any) -> dict[str, Any]:
    """Return how argparse reads one value of a type."""
    if get_origin(kind) is Literal:
        return {"choices": get_args(kind)}
    if hasattr(kind, "model_validate_json"):
        from compfeat.settings.section import from_json

        return {"type": partial(from_json, kind), "metavar": "JSON"}
    return {"type": kind, "metavar": METAVARS[kind]}
