"""The identity of the code a stage uses: a hash of each module of its import closure.

Comments, docstrings, layout and the descriptions of configuration keys do not count: the hash is of the syntax trees without
them. Plug-ins are found by name at run time (``registry.py``), so the closure of a stage contains only the plug-ins it is given
here, those of other packages with what they import of their own package. A module that nobody names is not even read.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from compfeat.errors import ConfigError
from compfeat.io import write_text
from compfeat.provenance import syntax
from compfeat.registry import package_folders

PACKAGE = "compfeat"
DIGITS = 12
"""Hex digits of an identity."""
KNOWN = Path(".snakemake/modules.json")
"""Remembers what was found in every source text that was parsed; it may be deleted at any time."""


@dataclass(frozen=True)
class Module:
    """What is known of a module from its source text alone."""

    sha256: str
    """Hash of what it does."""
    imports: tuple[str, ...]
    """All that it imports, by dotted name; a relative name begins with its dots."""


@cache
def closure(modules: tuple[str, ...]) -> tuple[str, ...]:
    """Return, sorted, ``modules``, all they import of this package and of their own, and the packages these stand in.

    Raises:
        ConfigError: one of them has no source text, or cannot be parsed.
    """
    reached: set[str] = set()
    queue = list(modules)
    while queue:
        module = queue.pop()
        if module not in reached:
            reached.add(module)
            # The packages above, without this one (it has the version only).
            parts = module.split(".")
            above = (".".join(parts[:i]) for i in range(1 + (parts[0] == PACKAGE), len(parts)))
            queue += [package for package in above if source_path(package).is_file()]
            queue += imported_modules(module)
    return tuple(sorted(reached))


@cache
def imported_modules(module: str) -> tuple[str, ...]:
    """Return, sorted, the modules of this package and of its own that ``module`` imports, at its top or within functions.

    Raises:
        ConfigError: it has no source text, or cannot be parsed.
    """
    path = source_path(module)
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    packages = {PACKAGE, module.partition(".")[0]}
    modules: set[str] = set()
    for name in read_module(path).imports:
        below = name.lstrip(".")
        up = len(name) - len(below)
        whole = ".".join([*package[: len(package) + 1 - up], below]) if up else below
        # The last part of `from a import b` is a module or something in one.
        candidates = (one for one in (whole, whole.rpartition(".")[0]) if one.partition(".")[0] in packages)
        imported = next((one for one in candidates if one != PACKAGE and source_path(one).is_file()), None)
        if imported is not None:
            modules.add(imported)
    return tuple(sorted(modules))


def module_identities(*modules: str) -> dict[str, str]:
    """Return the identity of each module in the import closure of ``modules``, by name.

    Raises:
        ConfigError: one of them has no source text, or cannot be parsed.
    """
    before = len(known())
    identities = {module: identity(module) for module in closure(modules)}
    if len(known()) > before and KNOWN.parent.is_dir():
        write_text(KNOWN, json.dumps({key: [one.sha256, *one.imports] for key, one in known().items()}))
    return identities


def identity(module: str) -> str:
    """Return the hash (12 hex digits) of what a module does. Raises ConfigError if it has no source text, or cannot be parsed."""
    return read_module(source_path(module)).sha256[:DIGITS]


@cache
def known() -> dict[str, Module]:
    """Return what is remembered, by the hash of a source text and of all that it was read by."""
    try:
        remembered = json.loads(KNOWN.read_text(encoding="utf-8"))
        return {key: Module(sha256, tuple(imports)) for key, (sha256, *imports) in remembered.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


@cache
def reader() -> bytes:
    """Return what a module's identity and imports depend on besides its text: these two files, and Python's parser."""
    return b"\0".join([sys.version.encode(), Path(__file__).read_bytes(), Path(syntax.__file__).read_bytes()])


@cache
def read_module(path: Path) -> Module:
    """Return what is known of the module in a source file. Raises ConfigError if it cannot be read or parsed."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); expected the source text of a module; install its package"
        ) from None
    # Parsing is a third of a dry run.
    key = hashlib.sha256(reader() + b"\0" + text).hexdigest()
    if key not in known():
        try:
            tree = syntax.parsed(text)
        except SyntaxError as error:
            raise ConfigError(f"{path}:{error.lineno or 1}: {error.msg}; correct it") from None
        known()[key] = Module(syntax.tree_hash(tree), tuple(sorted({*imports(tree)})))
    return known()[key]


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted names that a module imports; of ``from a import b`` it is ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (f"{node.module}." if node.module else "")
            yield from (base + alias.name for alias in node.names)


@cache
def source_path(module: str) -> Path:
    """Return the file of a module or package, one that is not there where it has no source text."""
    top, *below = module.split(".")
    bases = [Path(folder, *below) for folder in package_folders(top)] or [Path(*module.split("."))]
    files = [file for base in bases for file in (base / "__init__.py", base.with_suffix(".py"))]
    return next((file for file in files if file.is_file()), files[-1])
