"""What code does has one hash under every version of Python: recorded ones, and those that other versions here compute."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from compfeat.provenance import syntax
from compfeat.provenance.syntax import parsed, tree_hash
from helpers import PROJECT

SNIPPETS = {
    "match statement": (
        "match command.split():\n"
        '    case ["go", ("north" | "south") as where, *rest] if rest:\n'
        "        x = 1\n"
        '    case {"a": 1, **others} | Point(0, y=None):\n'
        "        x = 2\n"
        '    case True | None | -1 | 1 + 2j | "s" | a.b:\n'
        "        pass\n"
        "    case _:\n"
        "        raise ValueError from None\n"
    ),
    "f-strings": (
        'x = f"{a!r:>{width}.{n}} {{literal}} {b=} {f\'{c}\'}" "tail" f""\n'
        "y = rf\"\\d{a:x}\" f'{x:%Y-%m}' ''\n"
        "z = f\"{a + 1:}{d['k']}{x:{y}}{ {1} }{(lambda: 1)!s:^{w}}b\"\n"
    ),
    "walrus": ("if (n := len(a)) > 10 and [y := f(x), y**2]:\n    print(n)\n"),
    "async": (
        "async def f(a, /, b: int = 1, *args: str, c, d=lambda x=(), *y, z=3, **k: x, **kwargs) -> None:\n"
        "    async with a as (b, c), d:\n"
        "        async for i in b:\n"
        "            await i\n"
        "    return [x async for x in y if x]\n"
    ),
    "decorators": (
        "@a.b[c](d)\n"
        "@(lambda f: f)\n"
        "class C(B, *bases, metaclass=M, **kw):\n"
        '    """Say."""\n'
        "\n"
        '    x: "int | None" = None\n'
        '    """Say more."""\n'
        "    y: list[int]\n"
        "    (z): int\n"
    ),
    "stars": (
        "a, *b = *c, *d\n"
        "print(*a, **b, c=1)\n"
        "x = [*a, *b], {*c}, {**d, None: 1}\n"
        "y[*a, 1:2, ..., ::3]\n"
        "for i in *a, b:\n"
        "    pass\n"
    ),
    "numbers": (
        "a = 100000000000000000000000000000000000000000, 0b101, 0o17, 1_000, 0xFF\n"
        "b = 1e-7, 1.0, 1e16, 0.1, 1e400, 5e-324, -0.0\n"
        "c = 1j, 1.5e300j, 1 + 2j, -0j\n"
        "d = True, False, None, ...\n"
    ),
    "texts": (
        'a = b"\\x00\\xff\\n" rb"\\d", "\\N{BULLET}\\U0001fae9\\u2028\\ud800"\n'
        'b = "stra\xdfe \u4efb\u52a1 \U0001fae9 \U0001fac6 \xe9" \'quo"te\' u"u"\n'
    ),
    "names": ("stra\xdfe = \ufb01x = \xf1 = \u6570 = 1\nclass \u2102: pass\n"),
    "statements": (
        "from __future__ import annotations\n"
        "from . import a as b, c\n"
        "from ...d.e import *\n"
        "import os.path as p, sys\n"
        "global g\n"
        "assert x, y\n"
        "del a[0], b.c\n"
        "while 1:\n"
        "    break\n"
        "else:\n"
        "    continue\n"
        "x @= y // z ** -w if not u else v\n"
    ),
    "errors": (
        "try:\n"
        "    x\n"
        "except* (A, B) as e:\n"
        "    raise\n"
        "else:\n"
        "    y\n"
        "finally:\n"
        "    return z\n"
        "try:\n"
        "    yield\n"
        "except A:\n"
        "    pass\n"
        "except:\n"
        "    yield from b\n"
    ),
    "comparisons": ("a < b <= c is not d not in e != f\nnot a and b or (c and d)\n~a << 2 | 3 & 4 ^ 5 >> 6 % 7\n"),
    "a number of more digits than Python writes": "x = 0x" + "f" * 5000,
}
GOLDEN = {
    "match statement": "e82e9e4d9c19",
    "f-strings": "0eaf1f2dd21d",
    "walrus": "f48edd0fe17d",
    "async": "71afefaa0370",
    "decorators": "62486ce8b47b",
    "stars": "5e80c8ba1609",
    "numbers": "cd66e4d08ec0",
    "texts": "120556984feb",
    "names": "86634c81281a",
    "statements": "97b2eaca9e12",
    "errors": "676dc5d87b89",
    "comparisons": "3b4c60db5353",
    "a number of more digits than Python writes": "37e2a6947fa3",
}
VERSIONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
"""Versions of Python that are looked for on PATH, at least those that the Makefile takes."""
ALIKE = [
    ("x = 1  # why", "x = 1"),
    ("x = (1)", "x=1"),
    ("x = 'a' \"b\"", "x = 'ab'"),
    ("x = u'a'", "x = 'a'"),
    ("x = 0x10", "x = 16"),
    ("x = 1_000.0", "x = 1000."),
    ("x = f'a' 'b' f'{y}' ''", "x = f'ab{y}'"),
    ("def f():\n    '''Say.'''", "def f():\n    pass"),
    ("x = Field(1, description='a')", "x = Field(1, description='b')"),
    ("x = 1\r\ny = '''a\r\nb'''\r\n", "x = 1\ny = '''a\nb'''\n"),
    ("\ufeffx = 1", "x = 1"),
]
DIFFERENT = [
    ("x = 1", "x = 2"),
    ("x = 0", "x = None"),
    ("x = 0", "x = False"),
    ("x = 1", "x = True"),
    ("x = 1", "x = 1.0"),
    ("x = 0.0", "x = -0.0"),
    ("x = ''", "x = b''"),
    ("x = ''", "x = None"),
    ("x = ()", "x = []"),
    ("x = {**a}", "x = {None: a}"),
    ("x = [a, None]", "x = [None, a]"),
    ("x: int", "(x): int"),
    ("from a import b", "from .a import b"),
    ("from . import b", "from .. import b"),
    ("def f(*, a, b=1): pass", "def f(*, a=1, b): pass"),
    ("def f(a, /): pass", "def f(a): pass"),
    ("async def f(): pass", "def f(): pass"),
    ("f'{x}'", "f'{x!r}'"),
    ("f'{x:a}'", "f'{x}'"),
    ("match x:\n    case None: pass", "match x:\n    case False: pass"),
    ("match x:\n    case 0: pass", "match x:\n    case None: pass"),
    ("x = Field(1, ge=1)", "x = Field(1, ge=2)"),
    ("if x:\n    pass\nelse:\n    y", "if x:\n    y"),
    ("x[a:]", "x[:a]"),
]


def text_hash(source: str) -> str:
    return tree_hash(parsed(source.encode()))


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_hash_is_the_recorded_one(name: str) -> None:
    assert text_hash(SNIPPETS[name])[:12] == GOLDEN[name]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_does_nothing_does_not_count(one: str, other: str) -> None:
    assert text_hash(one) == text_hash(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_does_something_counts(one: str, other: str) -> None:
    assert text_hash(one) != text_hash(other)


def test_warnings_that_a_session_made_errors_stop_nothing() -> None:
    argv = [sys.executable, "-I", "-W", "error", "-c", PROGRAM, str(syntax.__file__)]
    source = json.dumps({"escape": "x = '\\d'\ny = 1 is 1\n"})
    done = subprocess.run(argv, input=source, capture_output=True, text=True, check=True)
    assert list(json.loads(done.stdout)) == ["escape"]


PROGRAM = """
import json, runpy, sys
syntax = runpy.run_path(sys.argv[1])
sources = json.load(sys.stdin)
print(json.dumps({name: syntax["tree_hash"](syntax["parsed"](text.encode())) for name, text in sources.items()}))
"""


def other_python(version: str) -> str | None:
    """Return a Python of this version that starts, or None. (A shim of pyenv's may not.)"""
    program = shutil.which(f"python{version}")
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    if program is None:
        return None
    done = subprocess.run([program, "-I", "-c", asked], capture_output=True, text=True, check=False)
    return program if done.stdout.strip() == version else None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("options", [(), ("-OO",)])
def test_other_versions_of_python_find_the_same(version: str, options: tuple[str, ...]) -> None:
    program = other_python(version)
    if program is None:
        pytest.skip(f"no Python {version} on PATH")
    files = sorted((PROJECT / "src").rglob("*.py"))
    sources = {path.relative_to(PROJECT).as_posix(): path.read_text(encoding="utf-8") for path in files} | SNIPPETS
    argv = [program, "-I", *options, "-c", PROGRAM, str(syntax.__file__)]
    done = subprocess.run(argv, input=json.dumps(sources), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {name: text_hash(text) for name, text in sources.items()}
