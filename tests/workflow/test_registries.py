"""The registries, the stages, the configuration's documentation and the rules name the same things."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from compfeat.__main__ import names
from compfeat.codecs.base import CODECS
from compfeat.datasets.base import DATASETS
from compfeat.experiment import documentation
from compfeat.losses.base import LOSSES
from compfeat.networks.base import NETWORKS
from compfeat.reports.figures.base import FIGURES
from compfeat.results.tables.base import TABLES
from compfeat.tasks.base import TASKS
from compfeat.training.variants.base import VARIANTS
from compfeat.transforms.base import TRANSFORMS
from helpers import PROJECT

REGISTRIES = (CODECS, DATASETS, LOSSES, NETWORKS, TABLES, TASKS, VARIANTS, TRANSFORMS)


def test_every_plug_in_can_be_had_by_its_name() -> None:
    for registry in REGISTRIES:
        for name in registry.names():
            assert registry.get(name) is not None
    for name in FIGURES.names():
        assert FIGURES.get(f"{name}@hevc" if FIGURES.by_ladder(name) else name) is not None


def test_declarations_need_no_heavy_package() -> None:
    """A dry run imports every plug-in's module."""
    modules = [f"{r.package}.{name}" for r in (*REGISTRIES, FIGURES) for name in r.names()]
    figures = [name for name in modules if name.startswith(f"{FIGURES.package}.")]
    for imported, heavy in ((figures, ["scipy"]), (modules, [])):
        program = (
            f"import importlib, sys\nfor name in {imported!r}:\n    importlib.import_module(name)\n"
            f"print([m for m in ('torch', 'matplotlib', 'seaborn', 'altair', *{heavy!r}) if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"


def test_schema_and_table_of_keys_are_those_of_the_model() -> None:
    stored = json.loads((PROJECT / "workflow/schemas/config.schema.json").read_text())
    assert stored == json.loads(json.dumps(documentation.schema())), "run make keys"
    readme = (PROJECT / "config/README.md").read_text()
    assert readme == documentation.with_table(readme), "run make keys"


def test_every_key_is_explained() -> None:
    rows = [row.split("|") for row in documentation.keys_table().splitlines()[2:]]
    assert [row[1] for row in rows if not row[3].strip()] == []


@pytest.mark.parametrize("file", sorted(path.name for path in (PROJECT / "workflow/rules").glob("*.smk")))
def test_every_rule_with_a_command_has_a_stage_log_and_benchmark(file: str) -> None:
    text = (PROJECT / "workflow/rules" / file).read_text()
    for rule in re.split(r"\n\s*rule\b", text)[1:]:
        if "shell:" in rule:
            command: Any = re.search(r"python -m compfeat (\w+)", rule) or re.search(r"python -m compfeat (\w+)", text)
            assert command[1] in names("pipeline"), file
            assert "log:" in rule and "benchmark:" in rule and "code(" in rule, file
