"""The identity of a stage's code: it changes with what the code does, for the stages that use it, and with nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from compfeat.provenance import code
from helpers import PROJECT

STAGES = {
    "encode jpeg": ("cli.pipeline.encode", "codecs.jpeg"),
    "encode png": ("cli.pipeline.encode", "codecs.png"),
    "encode hevc": ("cli.pipeline.encode", "codecs.hevc"),
    "evaluate jpeg": ("cli.pipeline.evaluate", "codecs.jpeg"),
    "evaluate none": ("cli.pipeline.evaluate",),
    "train compressible": ("cli.pipeline.train", "losses.compressible"),
    "train baseline": ("cli.pipeline.train", "losses.baseline"),
    "features": ("cli.pipeline.features",),
    "prepare": ("cli.pipeline.prepare", "datasets.streets"),
}
Edit = Callable[[str, str, str], set[str]]


def forget() -> None:
    code.tree_hash.cache_clear()


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
    assert edit("codecs/jpeg.py", old, new) == set()


def test_descriptions_of_keys_do_not_count_but_their_limits_do(edit: Edit) -> None:
    assert edit("experiment/training.py", 'description="images a step"', 'description="batch size"') == set()
    changed = edit("experiment/training.py", 'ge=1, description="batch size"', 'ge=2, description="batch size"')
    assert changed >= {"train compressible", "train baseline"}


@pytest.mark.parametrize("stage", ["render", "prepare", "train", "features", "fit", "encode", "evaluate"])
def test_no_stage_before_the_tables_uses_the_model_of_the_whole_configuration(stage: str) -> None:
    plugins = [f"{p}.{m}" for p in ("codecs", "losses", "transforms", "datasets") for m in modules_of(p)]
    closure = code.closure(tuple(f"compfeat.{m}" for m in (f"cli.pipeline.{stage}", *plugins)))
    assert not {"compfeat.experiment.config", "compfeat.experiment.entries", "compfeat.experiment.files"} & set(closure)


def modules_of(package: str) -> list[str]:
    return sorted(path.stem for path in (PROJECT / "src/compfeat" / package).glob("[a-z]*.py"))


def test_an_edit_of_one_codec_changes_what_uses_it(edit: Edit) -> None:
    assert edit("codecs/jpeg.py", "from __future__ import annotations", "X = 1") == {"encode jpeg", "evaluate jpeg"}


def test_an_edit_of_one_loss_changes_its_training(edit: Edit) -> None:
    assert edit("losses/compressible.py", "from __future__ import annotations", "X = 1") == {"train compressible"}


def test_an_edit_of_shared_code_changes_all_that_import_it(edit: Edit) -> None:
    changed = edit("codecs/tiling.py", "rows, columns = grid_shape", "columns, rows = grid_shape")
    assert changed >= {"encode jpeg", "encode png", "encode hevc", "evaluate none"}
    assert not changed & {"train compressible", "train baseline", "prepare"}


def test_the_closure_holds_packages_but_no_sibling_plug_ins() -> None:
    closure = code.closure(("compfeat.cli.pipeline.encode", "compfeat.codecs.png"))
    assert {"compfeat.codecs", "compfeat.cli", "compfeat.codecs.frames", "compfeat.io"} <= set(closure)
    assert not {"compfeat.codecs.jpeg", "compfeat.codecs.hevc", "compfeat.cli.pipeline.train"} & set(closure)


def test_what_is_remembered_is_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake").mkdir()
    forget()
    code.known.cache_clear()
    first = code.module_identities("compfeat.codecs.png")
    remembered = json.loads((tmp_path / code.KNOWN).read_text())
    assert {tree_hash[:12] for tree_hash in remembered.values()} == set(first.values())
    forget()
    code.known.cache_clear()
    monkeypatch.setattr(code, "text_hash", lambda source: pytest.fail("parsed again"))
    assert code.module_identities("compfeat.codecs.png") == first
    (tmp_path / code.KNOWN).write_text("damaged")
    monkeypatch.undo()
    forget()
    code.known.cache_clear()
    assert code.module_identities("compfeat.codecs.png") == first
