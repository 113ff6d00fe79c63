"""Words of a job's command line."""

from __future__ import annotations

import json
import shlex

from compfeat.stages.command_line import flags, settings


def test_settings_are_one_word_without_braces_in_texts() -> None:
    values = {"start": "w/{cut}.npz", "text": "a \"b\" 'c' \\ ü", "none": None, "inner": {"n": [1, 2.5]}}
    (word,) = shlex.split(settings(**values))
    assert json.loads(word) == values and "{cut}" not in word


def test_flags_are_quoted_and_empty_ones_left_out() -> None:
    assert flags(figures=["a b", "c"], page_size="d", nothing=None, no=[]) == "--figures 'a b' c --page-size d"
