"""Files of the configuration: what is read, and that no key stands twice in one mapping."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compfeat.errors import ConfigError
from compfeat.experiment.files import load_config, read_mapping
from helpers import PROJECT

WORDS = st.text("abz01_- é:#", max_size=4)
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | WORDS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3))
MAPPINGS = st.dictionaries(WORDS, VALUES, min_size=1, max_size=4)
SEVERAL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refusal(path: Path, text: str) -> str:
    """Return the line in which a file with this text is refused, without the folder."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config([path])
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path.parent}/")


@SEVERAL
@given(MAPPINGS)
def test_any_mapping_is_read_as_it_was_written(tmp_path: Path, values: dict[str, Any]) -> None:
    path = tmp_path / "own.yaml"
    for flow in (False, True, None):
        path.write_text(yaml.safe_dump(values, allow_unicode=True, default_flow_style=flow), encoding="utf-8")
        assert read_mapping(path) == values
    for indent in (None, 2, "\t"):
        path.write_text(json.dumps(values, indent=indent, ensure_ascii=False), encoding="utf-8")
        assert read_mapping(path) == values


@SEVERAL
@given(MAPPINGS, st.data())
def test_any_repeated_key_is_refused_at_any_level(tmp_path: Path, values: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(values)))
    twice = f"{json.dumps(values, ensure_ascii=False)[:-1]}, {json.dumps(key, ensure_ascii=False)}: 3}}"
    text = data.draw(st.sampled_from([twice, f'{{"outer": {twice}}}', f"outer: [1, [{twice}]]", f"outer:\n- {twice}"]))
    line = text.count("\n") + 1
    told = refusal(tmp_path / "own.yaml", text)
    assert told.startswith(f"own.yaml:{line}: key ") and f"is already given in line {line};" in told


REFUSED = {
    "below": ("a:\n  b:\n    c: 1\n    d: 2\n    c: 3\n", "own.yaml:5: key 'a.b.c' is already given in line 3"),
    "one number in two ways": ("x: {16: a, 0x10: b}\n", "own.yaml:1: key 'x.0x10' is already"),
    "beside a merge": ("x: &x {a: 1}\ny:\n  <<: *x\n  b: 1\n  b: 2\n", "own.yaml:5: key 'y.b' is already"),
    "two merges": ("x: &x {a: 1}\ny: {<<: *x, <<: *x}\n", "own.yaml:2: key 'y.<<' is already"),
    "null twice": ("x:\n  ~: 1\n  null: 2\n", "own.yaml:3: key 'x.null' is already given in line 2"),
    "JSON, by tabs": ('{\n\t"a": 1,\n\t"a": 1e3\n}\n', "own.yaml:3: key 'a' is already given in line 2"),
    "two documents": ("a: 1\n---\nb: 2\n", "own.yaml:2: not YAML (expected a single document in the stream but found"),
    "no such anchor": ("a: *b\n", "own.yaml:1: not YAML (found undefined alias 'b')"),
    "list as key": ("? [a]\n: 1\n", "own.yaml:1: not YAML (while constructing a mapping found unhashable key)"),
    "tag": ("a: !!python/name:os.system\n", "own.yaml:1: not YAML (could not determine a constructor"),
    "control character": ("a: \a\n", "own.yaml: not YAML (unacceptable character #x0007"),
    "list": ("- a\n", "own.yaml: found list; expected a mapping from keys to values"),
    "open bracket": ("a: [1\nb: 2\n", "own.yaml:2: not YAML (while parsing a flow sequence"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_a_repeated_key_and_what_is_no_mapping_are_refused_in_one_line(case: str, tmp_path: Path) -> None:
    text, expected = REFUSED[case]
    assert refusal(tmp_path / "own.yaml", text).startswith(expected)


LEGAL = {
    "override": "x: &x {a: 1}\ny: {<<: *x, a: 2}\n",
    "override before": "x: &x {a: 1}\ny: {a: 2, <<: *x}\n",
    "merge of a merge": "x: &x {a: 1}\ny: &y {<<: *x, a: 2}\nz: {<<: *y, a: 3}\n",
    "several merged": "x: &x {a: 1, b: 1}\ny: &y {b: 2}\nz: {<<: [*y, *x]}\n",
    "aliases": "x: &x {a: 1}\ny: [*x, *x]\n",
    "text and number": "{1: a, '1': b}\n",
    "quoted merge sign": "{'<<': 1, a: 2}\n",
}


@pytest.mark.parametrize("case", sorted(LEGAL))
def test_merges_and_aliases_stay_legal(case: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(LEGAL[case])
    assert read_mapping(tmp_path / "own.yaml") == yaml.safe_load(LEGAL[case])


def test_a_number_of_json_is_one(tmp_path: Path) -> None:
    """YAML takes it for a text."""
    (tmp_path / "own.json").write_text('{"rate": 1e-3}')
    assert read_mapping(tmp_path / "own.json") == {"rate": 0.001}


def test_files_that_cannot_be_read_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("output: caf\xe9\n".encode("latin-1"))
    for path, expected in (
        (tmp_path / "none.yaml", "not found"),
        (tmp_path, "cannot be read (Is a directory)"),
        (tmp_path / "latin.yaml", "not YAML ('utf-8' codec can't decode byte"),
    ):
        with pytest.raises(ConfigError, match=r"^[^\n]+$") as caught:
            load_config([path])
        assert f"{path}: {expected}" in str(caught.value)


@pytest.mark.parametrize("path", [*PROJECT.glob("config/*.yaml"), *PROJECT.glob("profiles/*/*.yaml")], ids=str)
def test_no_file_of_the_project_has_a_key_twice(path: Path) -> None:
    """Snakemake reads profiles by itself, and takes the last of two keys."""
    assert read_mapping(path)
