"""Registries: a plug-in that cannot be used is told in one line, whatever was imported before it, and concerns nobody else."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from compfeat.codecs.base import CODECS
from compfeat.datasets.base import DATASETS
from compfeat.errors import ConfigError
from compfeat.losses.base import LOSSES
from compfeat.networks.base import NETWORKS
from compfeat.registry import Registry
from compfeat.tasks.base import TASKS
from compfeat.training.variants.base import VARIANTS
from compfeat.transforms.base import TRANSFORMS

Make = Callable[..., Registry[Any]]


class Base(ABC):
    size: ClassVar[int]
    unit: ClassVar[str] = "px"
    fitted: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def tool(cls) -> str: ...

    @classmethod
    def fit(cls) -> None:
        raise NotImplementedError


WHOLE = """
from test_registry import Base
from plugged.things import THINGS

@THINGS.register("{name}")
class Thing(Base):
    size = 3
    {more}

    @classmethod
    def tool(cls):
        return "none"
"""


def whole(name: str, more: str = "") -> str:
    return WHOLE.format(name=name, more=more)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Return a function that writes a package of plug-ins, from each module's name to its source, and returns its registry."""
    folder = tmp_path / "plugged/things"
    folder.mkdir(parents=True)
    (tmp_path / "plugged/__init__.py").touch()
    (folder / "__init__.py").write_text(
        "from compfeat.registry import Registry\nfrom test_registry import Base\n"
        "THINGS = Registry('plugged.things', 'thing', base=Base)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def written(**modules: str) -> Registry[Any]:
        for name, source in modules.items():
            (folder / f"{name}.py").parent.mkdir(exist_ok=True)
            (folder / f"{name}.py").write_text(source)
        importlib.invalidate_caches()
        registry: Registry[Any] = importlib.import_module("plugged.things").THINGS
        return registry

    yield written
    for name in [name for name in sys.modules if name.partition(".")[0] == "plugged"]:
        del sys.modules[name]


def refused(registry: Registry[Any], name: str) -> str:
    """Return in which line a plug-in is refused, twice."""
    said = []
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"^[^\n]+$") as caught:
            registry.get(name)
        said.append(str(caught.value))
    assert said[0] == said[1]
    return said[0]


def test_a_whole_plug_in_is_found_beside_broken_ones_and_can_be_a_package(make: Make) -> None:
    wide = {"wide/__init__": "from plugged.things.wide import parts\n", "wide/parts": whole("wide")}
    registry = make(good=whole("good"), half="def (", **{"good copy": "def ("}, **wide)
    assert registry.names() == ["good", "half", "wide"]
    assert registry.get("good").size == registry.get("wide").size == 3


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_plug_in_under_anothers_name_is_refused_whatever_is_imported_first(first: str, make: Make) -> None:
    registry = make(a=whole("b"), b=whole("b"))
    outcomes = {}
    for name in (first, *({"a", "b"} - {first})):
        try:
            outcomes[name] = registry.get(name).__module__
        except ConfigError as error:
            outcomes[name] = str(error)
    assert outcomes["b"] == "plugged.things.b"
    assert "thing 'b' is registered by the module a" in outcomes["a"] and "register('a')" in outcomes["a"]


def test_a_module_that_imports_its_sibling_is_not_taken_for_it(make: Make) -> None:
    registry = make(a="from plugged.things.b import Thing\n" + whole("a"), b=whole("b"))
    assert (registry.get("a").__module__, registry.get("b").__module__) == ("plugged.things.a", "plugged.things.b")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (whole("a") + whole("b"), "thing 'b' is registered by the module a"),
        (whole("a") + whole("a"), "thing 'a' is registered twice"),
        (whole("a", "name = 'b'"), "thing 'a' has the name 'b'"),
        (whole("a", "fitted = True"), "thing 'a' lacks fit"),
        (whole("a").replace("def tool", "def tols").replace("size", "sise"), "thing 'a' lacks size, tool"),
        (whole("a").replace("(Base)", ""), "thing 'a' is no Base"),
        ("from plugged.things import THINGS\nTHINGS.register('a')(3)", "thing 'a' is no Base"),
        ("", "registers no thing of its own name; register('a') it"),
    ],
)
def test_what_is_no_plug_in_is_refused(source: str, message: str, make: Make) -> None:
    assert message in refused(make(a=source), "a")


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        ("x = 1\ndef (", "a.py:2", "SyntaxError: "),
        ("\n\nimport no_such_package", "a.py:3", "No module named 'no_such_package'); install it, or correct"),
        ("from compfeat.io import nothing", "a.py:1", "ImportError: cannot import name 'nothing'"),
        (whole("a") + "1 / 0", "a.py:13", "ZeroDivisionError: division by zero); correct it"),
        ("raise ValueError('one\\ntwo')", "a.py:1", "ValueError: one); correct it"),
        ("import sys\nsys.exit('no')", "a.py:2", "SystemExit: no); correct it"),
        ("import json\njson.loads('{')", "a.py:2", "JSONDecodeError: "),
        ("from plugged.things import b", "b.py:1", "SyntaxError: "),
    ],
)
def test_what_cannot_be_imported_is_told_with_file_line_and_cause(
    source: str, place: str, message: str, make: Make, tmp_path: Path
) -> None:
    said = refused(make(a=source, b="def ("), "a")
    assert said.startswith(f"{tmp_path}/plugged/things/{place}: thing 'a' cannot be imported (") and message in said


@pytest.mark.parametrize("registry", [CODECS, DATASETS, LOSSES, NETWORKS, TASKS, VARIANTS, TRANSFORMS])
def test_every_kind_of_plug_in_says_what_it_must_have(registry: Registry[Any]) -> None:
    assert registry.base is not None
    with pytest.raises(ConfigError, match=r"'empty' lacks \w+"):
        registry.register("empty")(type("Empty", (registry.base,), {}))


OUTSIDE = {
    "coding": '''
"""A codec of another package."""
from compfeat.codecs.base import CODECS
from compfeat.codecs.plugins.png import Png
from outside import rounding

@CODECS.register("outer")
class Outer(Png):
    """Another PNG."""
''',
    "rounding": "STEP = 1",
    "unrelated": "def half(",
    "__init__": "",
}
PROGRAM = """
import json, sys
from compfeat.codecs.base import CODECS
from compfeat.errors import ConfigError
from compfeat.provenance.code import module_identities
try:
    names, imported = CODECS.names(), "outside" in sys.modules
    code = module_identities(CODECS.module(sys.argv[1]))
    print(json.dumps([names, imported, CODECS.get(sys.argv[1])("lossless").name, code]))
except ConfigError as error:
    print(json.dumps(str(error)))
"""


def installed(folder: Path, entries: str = "outer = outside.coding\nhalf = outside.unrelated") -> None:
    """Write a folder of installed packages with one that has plug-ins."""
    package, info = folder / "outside", folder / "outside-1.0.dist-info"
    package.mkdir()
    info.mkdir()
    for name, source in OUTSIDE.items():
        (package / f"{name}.py").write_text(source)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[compfeat.codecs]\n{entries}\n")


def said_of(codec: str, folder: Path) -> Any:
    """Return what the program finds of a codec with the packages of a folder installed."""
    argv, environment = [sys.executable, "-c", PROGRAM, codec], {**os.environ, "PYTHONPATH": str(folder)}
    return json.loads(subprocess.run(argv, capture_output=True, check=True, env=environment, cwd=folder).stdout)


def test_a_plug_in_of_another_package_is_found_and_its_code_counts_with_what_it_imports(tmp_path: Path) -> None:
    installed(tmp_path)
    names, imported, name, code = said_of("outer", tmp_path)
    assert {"outer", "half", "png"} <= set(names) and not imported and name == "outer"
    assert {"outside", "outside.coding", "outside.rounding", "compfeat.codecs.plugins.png", "compfeat.io"} <= set(code)
    assert "outside.unrelated" not in code
    (tmp_path / "outside/rounding.py").write_text("STEP = 2  # another")
    after = said_of("outer", tmp_path)[3]
    assert {module for module in code if code[module] != after[module]} == {"outside.rounding"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("png = outside.coding", "codec 'png' is compfeat.codecs.plugins.png and outside.coding; rename or"),
        ("outer = outside.rounding", "outside.rounding: registers no codec of its own name; register('outer')"),
        ("outer = outside.gone", "outside/gone.py: cannot be read (No such file or directory)"),
        ("half = outside.unrelated", "outside/unrelated.py:1: "),
    ],
)
def test_a_mistake_of_another_package_is_told_in_one_line(entry: str, message: str, tmp_path: Path) -> None:
    installed(tmp_path, entry)
    found = said_of(entry.partition(" ")[0], tmp_path)
    assert message in found and "\n" not in found
