"""The command line: its list of stages, its help, and its one-line errors."""

from __future__ import annotations

import subprocess
import sys

import pytest

from compfeat.__main__ import main, stage_names


def test_no_stage_and_an_unknown_one_are_told_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["encoed"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[1].startswith("compfeat: unknown stage 'encoed'; expected one of ")
    assert all(name in line for name in stage_names() for line in told)


def test_asking_for_help_is_no_error() -> None:
    assert main(["--help"]) == 0


@pytest.mark.parametrize("stage", stage_names())
def test_every_stage_explains_itself(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([stage, "--help"])
    assert left.value.code == 0
    assert "--" in capsys.readouterr().out


@pytest.mark.parametrize("stage", stage_names())
def test_an_unknown_flag_is_refused(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([stage, "--no-such-flag"])
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_it_starts_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "compfeat"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "expected one of" in done.stderr
