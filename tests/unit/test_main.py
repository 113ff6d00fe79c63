"""The command line: its list of stages, its help, and its one-line errors."""

from __future__ import annotations

import subprocess
import sys

import pytest

from compfeat.__main__ import GROUPS, main, names

NAMES = [name for group in GROUPS for name in names(group)]


def test_an_unknown_name_is_told_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["encoed"]) == 2
    assert capsys.readouterr().err == "compfeat: 'encoed' is unknown; did you mean 'encode'?\n"


def test_without_a_name_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert all(f"\n  {name} " in listed for name in NAMES)


def test_asking_for_help_is_no_error() -> None:
    assert main(["--help"]) == 0


@pytest.mark.parametrize("stage", NAMES)
def test_every_stage_explains_itself(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([stage, "--help"])
    assert left.value.code == 0
    assert "--" in capsys.readouterr().out


@pytest.mark.parametrize("stage", NAMES)
def test_an_unknown_flag_is_refused(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([stage, "--no-such-flag"])
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_it_starts_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "compfeat"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "evaluate" in done.stdout
