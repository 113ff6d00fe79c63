"""The schema, the registries, the stages and the documentation name the same things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from compfeat.__main__ import stage_names
from compfeat.codecs import CODECS
from compfeat.datasets import DATASETS, TASKS
from compfeat.figures import FIGURES
from compfeat.losses import LOSSES
from compfeat.models.cuts import CUTS
from helpers import PROJECT

SCHEMA: dict[str, Any] = yaml.safe_load((PROJECT / "workflow/schemas/config.schema.yaml").read_text())
KEYS = SCHEMA["properties"]


def test_schema_and_registries_agree() -> None:
    assert sorted(KEYS["codecs"]["properties"]) == CODECS.names()
    assert sorted(KEYS["train"]["properties"]["losses"]["items"]["enum"]) == LOSSES.names()
    strengths = KEYS["train"]["properties"]["strength"]["properties"]
    assert sorted([*strengths, "baseline"]) == LOSSES.names()
    assert sorted(KEYS["dataset"]["properties"]["name"]["enum"]) == DATASETS.names()
    assert sorted(KEYS["figures"]["items"]["enum"]) == FIGURES.names()
    assert sorted(KEYS["model"]["properties"]["cuts"]["items"]["enum"]) == sorted(CUTS)
    assert tuple(KEYS["tasks"]["items"]["enum"]) == TASKS


def test_every_plug_in_can_be_had_by_its_name() -> None:
    for registry in (CODECS, LOSSES, DATASETS, FIGURES):
        for name in registry.names():
            assert registry.get(name) is not None


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every part of the schema that describes a mapping."""
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield node
        for child in node.values():
            yield from objects(child)


def paths(node: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield every key of the schema, as a dotted path."""
    for name, child in node.get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from paths(child, f"{prefix}{name}.")


def test_schema_refuses_what_it_does_not_know_and_describes_what_it_does() -> None:
    for node in objects(SCHEMA):
        assert "additionalProperties" in node, node.get("description")
    for name, child in KEYS.items():
        assert child.get("description"), name
        for key, grandchild in child.get("properties", {}).items():
            assert grandchild.get("description"), f"{name}.{key}"


def test_every_key_is_explained() -> None:
    text = (PROJECT / "config/README.md").read_text()
    missing = [path for path in paths(SCHEMA) if f"`{path}`" not in text]
    assert not missing


def test_every_rule_with_a_command_has_a_stage_log_and_benchmark() -> None:
    for file in sorted((PROJECT / "workflow/rules").glob("*.smk")):
        for rule in file.read_text().split("\nrule ")[1:]:
            if "shell:" in rule:
                command = rule.split("python -m compfeat ")[1].split()[0]
                assert command in stage_names(), file
                assert "log:" in rule and "benchmark:" in rule and "code(" in rule, file
