"""Plug-ins of installed packages are found by entry points, and their code is part of what uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MODULES = {
    "__init__": "",
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


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a folder of installed packages with one that has plug-ins."""
    package, info = tmp_path / "outside", tmp_path / "outside-1.0.dist-info"
    package.mkdir()
    for name, source in MODULES.items():
        (package / f"{name}.py").write_text(source)
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[compfeat.codecs]\nouter = outside.coding\nhalf = outside.unrelated\n")
    return tmp_path


def said(site: Path, name: str = "outer") -> Any:
    """Return what the program finds of a codec with the packages of a folder installed."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", PROGRAM, name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=site)
    return json.loads(done.stdout)


def test_a_codec_of_another_package_is_found_and_nothing_is_imported_before_it_is_named(site: Path) -> None:
    names, imported, name, code = said(site)
    assert {"outer", "half", "png"} <= set(names) and not imported and name == "outer"
    assert {"outside", "outside.coding", "outside.rounding", "compfeat.codecs.plugins.png", "compfeat.io"} <= set(code)
    assert "outside.unrelated" not in code


def test_its_code_counts_with_what_it_imports_of_its_package(site: Path) -> None:
    before = said(site)[3]
    (site / "outside/rounding.py").write_text("STEP = 2  # another")
    after = said(site)[3]
    assert {module for module in before if before[module] != after[module]} == {"outside.rounding"}


@pytest.mark.parametrize(
    ("entry", "name", "message"),
    [
        ("png = outside.coding", "png", "codec 'png' is compfeat.codecs.plugins.png and outside.coding; rename or"),
        (
            "outer = outside.rounding",
            "outer",
            "outside.rounding: registers no codec of its own name; register('outer')",
        ),
        ("inner = outside.coding", "inner", "codec 'outer' is registered by the module inner; expected"),
        ("outer = outside.gone", "outer", "outside/gone.py: cannot be read (No such file or directory); expected"),
        ("outer = gone.coding", "outer", "gone/coding.py: cannot be read (No such file or directory); expected"),
        ("half = outside.unrelated", "half", "outside/unrelated.py:1: "),
    ],
)
def test_a_mistake_is_told_in_one_line(entry: str, name: str, message: str, site: Path) -> None:
    (site / "outside-1.0.dist-info/entry_points.txt").write_text(f"[compfeat.codecs]\n{entry}\n")
    found = said(site, name)
    assert message in found and "\n" not in found
