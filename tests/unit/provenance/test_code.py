"""The identity of a stage's code: it changes with what the code does, for the stages that use it, and with nothing else."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import grimp
import pytest

from compfeat.errors import ConfigError
from compfeat.provenance import code, syntax
from helpers import PROJECT

STAGES = {
    "encode jpeg": ("cli.pipeline.encode", "codecs.plugins.jpeg"),
    "encode png": ("cli.pipeline.encode", "codecs.plugins.png"),
    "encode hevc": ("cli.pipeline.encode", "codecs.plugins.hevc"),
    "evaluate jpeg": ("cli.pipeline.evaluate", "codecs.plugins.jpeg"),
    "evaluate none": ("cli.pipeline.evaluate",),
    "train compressible": ("cli.pipeline.train", "losses.plugins.compressible"),
    "train baseline": ("cli.pipeline.train", "losses.plugins.baseline"),
    "features": ("cli.pipeline.features",),
    "prepare": ("cli.pipeline.prepare", "datasets.plugins.streets"),
}
Edit = Callable[[str, str, str], set[str]]


def forget() -> None:
    for remembered in (code.read_module, code.imported_modules, code.closure, code.known):
        remembered.cache_clear()


def identities() -> dict[str, dict[str, str]]:
    forget()
    return {name: code.module_identities(*(f"compfeat.{m}" for m in modules)) for name, modules in STAGES.items()}


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edit]:
    """Return a function that edits a copy of the source and returns the names of the STAGES whose identity changed."""
    shutil.copytree(PROJECT / "src/compfeat", tmp_path / "compfeat", ignore=shutil.ignore_patterns("__pycache__"))
    original = code.source_path
    monkeypatch.setattr(code, "source_path", lambda module: tmp_path / original(module).relative_to(PROJECT / "src"))
    before = identities()

    def apply(file: str, old: str, new: str) -> set[str]:
        path = tmp_path / "compfeat" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        after = identities()
        return {name for name in STAGES if after[name] != before[name]}

    yield apply
    forget()


def test_identities_are_all_different_and_repeat() -> None:
    found = identities()
    assert found == identities()
    assert len({tuple(modules.items()) for modules in found.values()}) == len(STAGES)
    assert all(len(identity) == 12 for modules in found.values() for identity in modules.values())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""', '"""Said in other words. '),
        ("from __future__", "# A comment.\n\nfrom __future__"),
        ("\n\n\n", "\n\n\n\n\n"),
    ],
)
def test_docstrings_comments_and_layout_do_not_count(old: str, new: str, edit: Edit) -> None:
    assert edit("codecs/plugins/jpeg.py", old, new) == set()


def test_descriptions_of_keys_do_not_count_but_their_limits_do(edit: Edit) -> None:
    assert edit("settings/recipe.py", 'description="images per step"', 'description="batch size"') == set()
    changed = edit("settings/recipe.py", 'ge=1, description="batch size"', 'ge=2, description="batch size"')
    assert changed >= {"train compressible", "train baseline"}


@pytest.mark.parametrize("stage", ["render", "prepare", "train", "features", "fit", "encode", "evaluate"])
def test_no_stage_before_the_tables_uses_the_model_of_the_whole_configuration(stage: str) -> None:
    plugins = [f"{p}.plugins.{m}" for p in ("codecs", "losses", "transforms", "datasets") for m in plugins_of(p)]
    closure = code.closure(tuple(f"compfeat.{m}" for m in (f"cli.pipeline.{stage}", *plugins)))
    assert not {"compfeat.experiment.config", "compfeat.experiment.entries", "compfeat.experiment.files"} & set(closure)


def plugins_of(kind: str) -> list[str]:
    return sorted(path.stem for path in (PROJECT / "src/compfeat" / kind / "plugins").glob("[a-z]*.py"))


@pytest.mark.parametrize(
    ("plugin", "stages"),
    [
        ("codecs/plugins/jpeg", {"encode jpeg", "evaluate jpeg"}),
        ("losses/plugins/compressible", {"train compressible"}),
    ],
)
def test_an_edit_of_one_plug_in_changes_what_uses_it(plugin: str, stages: set[str], edit: Edit) -> None:
    assert edit(f"{plugin}.py", "from __future__ import annotations", "X = 1") == stages


def test_an_edit_of_shared_code_changes_all_that_import_it(edit: Edit) -> None:
    changed = edit("codecs/tiling.py", "rows, columns = grid_shape", "columns, rows = grid_shape")
    assert changed >= {"encode jpeg", "encode png", "encode hevc", "evaluate none"}
    assert not changed & {"train compressible", "train baseline", "prepare"}


def test_the_closure_holds_packages_but_no_sibling_plug_ins() -> None:
    closure = code.closure(("compfeat.cli.pipeline.encode", "compfeat.codecs.plugins.png"))
    assert {"compfeat.codecs", "compfeat.cli", "compfeat.codecs.frames", "compfeat.io"} <= set(closure)
    others = {"compfeat.codecs.plugins.jpeg", "compfeat.codecs.plugins.hevc", "compfeat.cli.pipeline.train"}
    assert not others & set(closure)


def test_the_closure_is_what_import_linter_finds() -> None:
    graph = grimp.build_graph("compfeat", cache_dir=None)
    modules = sorted(graph.modules - {"compfeat"})
    assert modules
    for module in modules:
        direct = graph.find_modules_directly_imported_by(module) - {"compfeat"}
        assert set(code.imported_modules(module)) == direct, module


def test_relative_imports_count(edit: Edit) -> None:
    before = identities()["encode jpeg"]
    edit("codecs/plugins/png.py", "from __future__ import annotations", "from ...scenes import png\nfrom . import jpeg")
    edit("codecs/__init__.py", '"""Codecs', 'from .. import scenes\n"""Codecs')
    after = identities()
    assert {"compfeat.scenes.png", "compfeat.codecs.plugins.jpeg"} <= set(after["encode png"])
    assert set(after["encode jpeg"]) - set(before) >= {"compfeat.scenes"}


def test_a_half_written_module_that_nobody_names_stops_nothing(edit: Edit) -> None:
    assert edit("codecs/plugins/webp.py", "from __future__", "def half(") == set()


@pytest.mark.parametrize("broken", ["def half(", "x = '\0'", "x = '\udc80'"])
def test_a_half_written_module_that_is_named_is_told_with_its_line(broken: str, edit: Edit, tmp_path: Path) -> None:
    path = tmp_path / "compfeat/codecs/plugins/webp.py"
    path.write_bytes(f"import os\n{broken}\n".encode(errors="surrogateescape"))
    forget()
    with pytest.raises(ConfigError, match=rf"^{re.escape(str(path))}:\d+: [^\n]+; correct it$"):
        code.module_identities("compfeat.codecs.plugins.webp")


def test_what_is_remembered_is_by_all_that_it_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake").mkdir()
    forget()
    first = code.module_identities("compfeat.codecs.plugins.png")
    remembered = json.loads((tmp_path / code.KNOWN).read_text())
    assert {sha256[: code.DIGITS] for sha256, *_ in remembered.values()} == set(first.values())
    forget()
    with monkeypatch.context() as without_parser:
        without_parser.setattr(syntax, "parsed", lambda source: pytest.fail("parsed again"))
        assert code.module_identities("compfeat.codecs.plugins.png") == first
    for damaged in ("damaged", "[]", '{"a": 1}', '{"a": []}', '"text"'):
        (tmp_path / code.KNOWN).write_text(damaged)
        forget()
        assert code.module_identities("compfeat.codecs.plugins.png") == first
    # Another version of what hashes finds nothing that it may use.
    forget()
    monkeypatch.setattr(code, "reader", lambda: b"another")
    monkeypatch.setattr(syntax, "tree_hash", lambda tree: "0" * 64)
    assert set(code.module_identities("compfeat.codecs.plugins.png").values()) == {"0" * 12}
    forget()
