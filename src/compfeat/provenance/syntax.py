"""What a source text does, as a hash that is the same under every version of Python.

Nothing but the standard library is imported, so that any Python can run this file by itself.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterator

WITHOUT_EFFECT = ("ctx", "kind", "type_comment", "type_ignores")
"""Fields of syntax trees that follow from a node's place, or that no program can tell."""


def parsed(source: bytes | str) -> ast.Module:
    """Return the syntax tree of a source text.

    Raises:
        SyntaxError: it is no Python, or of a later version than the one that runs.
    """
    with warnings.catch_warnings():
        # Which escapes and comparisons are warned of differs by version, and a session may turn warnings into errors.
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except ValueError as error:
            # Python 3.11 says so of null bytes.
            raise SyntaxError(str(error)) from None


def tree_hash(tree: ast.Module) -> str:
    """Return the SHA-256 of a syntax tree without docstrings and descriptions of keys, which are taken out of it."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A bare string is a docstring (of a module, class, function or attribute): it does nothing.
            kept = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field":
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "description"]
        if isinstance(node, ast.JoinedStr):
            node.values = list(joined(node.values))
    return hashlib.sha256(written(tree).encode("ascii")).hexdigest()


def joined(values: list[ast.expr]) -> Iterator[ast.expr]:
    """Yield the parts of an f-string, its texts joined: versions of Python split them differently."""
    text = ""
    for value in values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
            continue
        if text:
            yield ast.Constant(text)
        text = ""
        yield value
    if text:
        yield ast.Constant(text)


def written(value: object) -> str:
    """Return a node, a list of nodes or a constant as ASCII.

    Not by ``ast.dump`` or ``ast.unparse``, which differ between versions. Empty fields and flags that are 0 are left out, since
    versions add fields.
    """
    if isinstance(value, ast.AST):
        fields = ((name, getattr(value, name, None)) for name in sorted(value._fields) if name not in WITHOUT_EFFECT)
        constant = isinstance(value, ast.Constant)
        said = [f"{name}={written(field)}" for name, field in fields if constant or field or isinstance(field, bool)]
        return f"{type(value).__name__}({','.join(said)})"
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if type(value) is int:
        # Python refuses to write very long integers in decimal.
        return hex(value)
    # Which characters repr escapes depends on the version of Unicode; ascii escapes all beyond ASCII.
    return ascii(value)
