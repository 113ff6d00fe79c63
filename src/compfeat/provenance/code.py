"""The identity of the code a stage uses: a hash of each module of its import closure.

Comments, docstrings, layout and the descriptions of configuration keys do not count: the hash is of the syntax trees without
them. Plug-ins are found by name at run time (``registry.py``), so the closure of a stage contains only the plug-ins it is given
here.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from functools import cache
from pathlib import Path

import grimp

from compfeat.io import write_text

PACKAGE = "compfeat"
KNOWN = Path(".snakemake/tree-hashes.json")
"""Remembers the hash of every source text that was parsed; it may be deleted at any time."""


@cache
def import_graph() -> grimp.ImportGraph:
    """Return the package's import graph."""
    return grimp.build_graph(PACKAGE, cache_dir=None)


@cache
def closure(modules: tuple[str, ...]) -> tuple[str, ...]:
    """Return, sorted, ``modules``, all they import within the package, and the packages these stand in."""
    graph = import_graph()
    found = set(modules)
    while True:
        grown = found | {parent for m in found for parent in parents(m)}
        grown |= {upstream for m in grown for upstream in graph.find_upstream_modules(m)}
        if grown == found:
            return tuple(sorted(found))
        found = grown


def parents(module: str) -> list[str]:
    """Return the packages above ``module``, without the top one (it has the version only)."""
    parts = module.split(".")
    return [".".join(parts[:i]) for i in range(2, len(parts))]


def module_identities(*modules: str) -> dict[str, str]:
    """Return the hash (12 hex digits) of the syntax tree of each module in the import closure of ``modules``, by name."""
    before = len(known())
    found = {module: tree_hash(source_path(module))[:12] for module in closure(modules)}
    if len(known()) > before and KNOWN.parent.is_dir():
        write_text(KNOWN, json.dumps(known()))
    return found


@cache
def known() -> dict[str, str]:
    """Return what is remembered: from the hash of a source text, and of what parses it, to that of its syntax tree."""
    try:
        remembered: dict[str, str] = json.loads(KNOWN.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return remembered


@cache
def tree_hash(path: Path) -> str:
    """Return the SHA-256 of a source file's syntax tree without docstrings and descriptions of keys."""
    text = path.read_text(encoding="utf-8")
    # Parsing is a third of a dry run; syntax trees differ by Python's version, hashes by what this module leaves out.
    key = hashlib.sha256(f"{sys.version_info[:3]}\n{source_path(__name__).read_text()}\n{text}".encode()).hexdigest()
    if key not in known():
        known()[key] = text_hash(text)
    return known()[key]


def text_hash(source: str) -> str:
    """Return the SHA-256 of the syntax tree of ``source`` without docstrings and descriptions of keys."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A bare string is a docstring (of a module, class, function or attribute): it does nothing.
            kept = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field":
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "description"]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@cache
def source_path(module: str) -> Path:
    """Return the file of a module or package of ours."""
    base = Path(__file__).parents[1].joinpath(*module.split(".")[1:])
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
