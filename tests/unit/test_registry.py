"""Registries: a plug-in that cannot be used is told in one line, whatever was imported before it, and concerns nobody else."""

from __future__ import annotations

import importlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from compfeat.codecs.base import CODECS, Codec
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
        with pytest.raises(ConfigError) as caught:
            registry.get(name)
        said.append(str(caught.value))
    assert said[0] == said[1] and "\n" not in said[0]
    return said[0]


def test_a_whole_plug_in_is_found_beside_broken_ones(make: Make) -> None:
    registry = make(good=whole("good"), half="def (", older_copy=whole("good"), **{"good copy": "def ("})
    assert registry.get("good").size == 3
    assert registry.names() == ["good", "half", "older_copy"]


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


def test_a_plug_in_can_be_a_package(make: Make, tmp_path: Path) -> None:
    registry = make()
    folder = tmp_path / "plugged/things/wide"
    folder.mkdir()
    (folder / "__init__.py").write_text("from plugged.things.wide import parts\n")
    (folder / "parts.py").write_text(whole("wide"))
    assert registry.get("wide").size == 3


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            whole("b"),
            "plugged.things: thing 'b' is registered by the module a; expected a module's own name: register('a')",
        ),
        (whole("a") + whole("b"), "thing 'b' is registered by the module a"),
        (whole("a") + whole("a"), "thing 'a' is registered twice; expected one a module"),
        (whole("a", "name = 'b'"), "thing 'a' has the name 'b'; expected that of its module"),
        (whole("a", "fitted = True"), "thing 'a' lacks fit; expected what Base declares"),
        (whole("a").replace("def tool", "def tols").replace("size", "sise"), "thing 'a' lacks size, tool; expected"),
        (whole("a").replace("(Base)", ""), "thing 'a' is no Base; derive it from that class"),
        ("from plugged.things import THINGS\nTHINGS.register('a')(3)", "thing 'a' is no Base"),
        ("", "plugged.things.a: registers no thing of its own name; register('a') it"),
    ],
)
def test_what_is_no_plug_in_is_refused(source: str, message: str, make: Make) -> None:
    assert message in refused(make(a=source), "a")


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("x = 1\ndef (", 2, "SyntaxError: "),
        (
            "\n\nimport no_such_package",
            3,
            "ModuleNotFoundError: No module named 'no_such_package'); install it, or correct",
        ),
        ("from compfeat.io import nothing", 1, "ImportError: cannot import name 'nothing' from 'compfeat.io'"),
        (whole("a") + "1 / 0", 13, "ZeroDivisionError: division by zero); correct it"),
        ("raise ValueError('one\\ntwo')", 1, "ValueError: one); correct it"),
        ("import sys\nsys.exit('no')", 2, "SystemExit: no); correct it"),
        ("import json\njson.loads('{')", 2, "JSONDecodeError: "),
        ("from plugged.things import b", 1, "SyntaxError: "),
    ],
)
def test_what_cannot_be_imported_is_told_with_file_line_and_cause(
    source: str, line: int, message: str, make: Make, tmp_path: Path
) -> None:
    said = refused(make(a=source, b="def ("), "a")
    name = "b" if " b" in source[-2:] else "a"
    assert (
        said.startswith(f"{tmp_path}/plugged/things/{name}.py:{line}: thing 'a' cannot be imported (")
        and message in said
    )


@pytest.mark.parametrize("registry", [CODECS, DATASETS, LOSSES, NETWORKS, TASKS, VARIANTS, TRANSFORMS])
def test_every_kind_of_plug_in_says_what_it_must_have(registry: Registry[Any]) -> None:
    assert registry.base is not None
    empty = type("Empty", (registry.base,), {})
    with pytest.raises(ConfigError, match=r"'empty' lacks \w+"):
        registry.register("empty")(empty)


def test_a_codec_without_a_tool_is_refused() -> None:
    class Codec16(CODECS.get("png")):  # type: ignore[misc]
        tool = Codec.tool

    with pytest.raises(ConfigError, match="codec 'codec16' lacks tool"):
        CODECS.register("codec16")(Codec16)
