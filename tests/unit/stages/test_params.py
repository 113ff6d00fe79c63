"""Words of a job's command line."""

from __future__ import annotations

import json
import re
import shlex

from compfeat.stages.params import code, flags, plugin_code, settings


def test_settings_are_one_word_without_braces_in_texts() -> None:
    values = {"start": "w/{cut}.npz", "text": "a \"b\" 'c' \\ ü", "none": None, "inner": {"n": [1, 2.5]}}
    (word,) = shlex.split(settings(**values))
    assert json.loads(word) == values and "{cut}" not in word


def test_flags_are_quoted_and_empty_ones_left_out() -> None:
    assert flags(figures=["a b", "c"], page_size="d", nothing=None, no=[]) == "--figures 'a b' c --page-size d"


def test_a_plug_in_adds_to_a_stage_what_it_does_not_have_already() -> None:
    stage, added = code("encode"), plugin_code("encode", "compfeat.codecs.plugins.jpeg").split(", ")
    assert stage == sorted(stage) and re.fullmatch(r"code of compfeat\.\S+ [0-9a-f]{12}", stage[0])
    assert any(text.startswith("code of compfeat.codecs.plugins.jpeg ") for text in added)
    assert not set(added) & set(stage) and plugin_code("encode", "compfeat.codecs.base") == ""
