"""Paths and texts that a user may write, and those that are refused."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font

from compfeat.experiment.entries import CUT, DRAWN, inside, not_drawn, one_file, one_file_per_cut
from compfeat.stages.checks import KEPT, PROJECT_FOLDERS, lies_in
from helpers import PROJECT

NAMES = st.text("abcXYZ09 äß任._'\"$&;%*?[]", min_size=1, max_size=6).filter(lambda name: name.strip(".~") == name)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
WRONG = st.sampled_from([*"{}\n\t\0\r\x7f\x85\u2028\u2029\ud800"])


@given(PATHS)
def test_plain_paths_are_accepted(path: str) -> None:
    assert inside(path) == one_file(path) == one_file_per_cut(path) == path
    assert one_file_per_cut(f"{path}/{CUT}.safetensors") == f"{path}/{CUT}.safetensors"


@given(PATHS, WRONG, st.integers(0, 9))
def test_braces_and_control_characters_are_refused(path: str, wrong: str, at: int) -> None:
    bad = path[:at] + wrong + path[at:]
    for accepts in (inside, one_file, one_file_per_cut):
        with pytest.raises(ValueError, match=r"^found .*; expected .*$") as caught:
            accepts(bad)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["{{cut}}", "{cut", "{cut}}", "{seed}/{cut}", "cut}"])
def test_only_the_cut_may_stand_in_braces(path: str) -> None:
    with pytest.raises(ValueError, match="expected no braces but those of"):
        one_file_per_cut(path)


@pytest.mark.parametrize("font", ["DejaVuSans", "DejaVuSans-Bold"])
def test_the_figures_font_has_every_character_that_is_accepted(font: str) -> None:
    has = FT2Font(f"{get_data_path()}/fonts/ttf/{font}.ttf").get_charmap()
    accepted = {code for low, high in DRAWN for code in range(low, high + 1) if not not_drawn(chr(code))}
    assert accepted <= set(has) and len(accepted) > 2000


def test_characters_that_would_be_boxes_are_named() -> None:
    assert not_drawn("task KLT, λ = ½ → “Ж”") == []
    assert not_drawn("a任b任👍") == ["任 (U+4EFB)", "👍 (U+1F44D)"]
    assert not_drawn("a\nb\u200d\ud800") == ["(U+000A)", "(U+200D)", "(U+D800)"]


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="no git checkout")
def test_the_folders_of_the_project_are_all_known() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    folders = {path.rpartition("/")[0] for path in listed.splitlines()} - {"", "data"}
    assert [folder for folder in folders if not any(lies_in(folder, own) for own in PROJECT_FOLDERS)] == []
    assert KEPT in PROJECT_FOLDERS
