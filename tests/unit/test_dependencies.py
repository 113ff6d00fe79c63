"""What is declared is what is imported, in the right group, and every lock pins what its group declares."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from pkgutil import walk_packages

from packaging.requirements import Requirement

from compfeat.provenance.code import closure, source_path
from helpers import PROJECT

DISTRIBUTIONS = packages_distributions()
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
ON_A_GPU_MACHINE = ("render", "prepare", "train", "features")
"""Stages that need the extra train alone, with the packages of plug-ins that they look into."""
FOR_PICTURES = {"matplotlib"}
"""What plug-ins import when their pictures are drawn, which no stage of ON_A_GPU_MACHINE does."""
THEIR_PLUG_INS = ("scenes", "datasets", "tasks", "networks", "losses", "training")
HERE = {"compfeat", "snakemake_logger_plugin_compfeat"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(group: str = "") -> set[str]:
    """Return the names of a group's packages, with those of the groups that it names."""
    texts = DECLARED["optional-dependencies"][group] if group else DECLARED["dependencies"]
    names: set[str] = set()
    for requirement in map(Requirement, texts):
        named = requirement.extras if requirement.name == "compfeat" else ()
        names |= set().union(*map(declared, named)) if named else {normal(requirement.name)}
    return names


def locked(name: str) -> set[str]:
    lines = (PROJECT / name).read_text().splitlines()
    return {normal(line.partition("==")[0]) for line in lines if "==" in line}


def imported(paths: Iterable[Path]) -> set[str]:
    """Return the distributions that source files import, at their top or within functions."""
    names: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    other = names - HERE - set(sys.stdlib_module_names)
    return {normal(DISTRIBUTIONS[name][0]) if name in DISTRIBUTIONS else name for name in other}


def test_the_package_imports_what_is_declared_and_no_more_is_declared() -> None:
    programs = set(re.findall(r"\$\(BIN\)/([\w-]+)", (PROJECT / "Makefile").read_text()))
    found = imported((PROJECT / "src").rglob("*.py"))
    everything = declared() | declared("workflow")
    assert found <= everything
    assert everything - found <= programs


def test_a_gpu_machine_needs_the_extra_train_alone() -> None:
    packages = [f"compfeat.{name}" for name in THEIR_PLUG_INS]
    plug_ins = [
        module.name for package in packages for module in walk_packages([source_path(package).parent], f"{package}.")
    ]
    stages = [f"compfeat.cli.pipeline.{name}" for name in ON_A_GPU_MACHINE]
    modules = closure(("compfeat.__main__", *stages, *packages, *plug_ins))
    assert (
        imported(source_path(module) for module in modules if module != "compfeat")
        <= declared() | declared("train") | FOR_PICTURES
    )


def test_tests_and_benchmarks_import_what_is_declared() -> None:
    paths = [path for folder in ("tests", "benchmarks") for path in (PROJECT / folder).rglob("*.py")]
    siblings = {path.stem for path in (*paths, *(PROJECT / "examples").glob("*.py"), *(PROJECT / "docs").glob("*.py"))}
    known = declared() | declared("workflow") | declared("test")
    assert {name for name in imported(paths) if name not in siblings} <= known


def test_each_lock_pins_its_group_and_nothing_twice() -> None:
    run, test, scale = (locked(f"requirements{name}.lock") for name in ("", "-test", "-scale"))
    assert declared() | declared("workflow") <= run
    assert declared("test") <= run | test
    assert declared("scale") | declared("s3") | declared("scale-test") <= run | test | scale
    assert not run & test and not (run | test) & scale
    assert not {"pytest", "mypy", "playwright", "roc-validator", "ruff"} & run
