"""The command line: its list of stages, its help, and its one-line errors."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from compfeat.__main__ import GROUPS, main, names

NAMES = [name for group in GROUPS for name in names(group)]


def test_all_names_are_listed_and_an_unknown_one_is_told_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ([], ["--help"]):
        assert main(argv) == 0
        listed = capsys.readouterr().out
        assert all(f"\n  {name} " in listed for name in NAMES)
    assert main(["encoed"]) == 2
    assert "'encoed' is unknown; did you mean 'encode'?" in capsys.readouterr().err


@pytest.mark.parametrize("stage", NAMES)
def test_every_stage_explains_itself_and_refuses_a_wrong_command_line(
    stage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([stage, "--help"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    usage, purpose, *_ = printed.split("\n\n")
    assert usage.startswith(f"usage: python -m compfeat {stage} ") and purpose.strip().endswith(".")
    for option in set(re.findall(r"--[\w-]+", usage)):
        assert re.search(rf"^  {option}\b.*(  |\n {{24}})\S", printed, re.M), f"{option} is explained"
    with pytest.raises(SystemExit) as left:
        main([stage, "--no-such-flag"])
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith(f"usage: python -m compfeat {stage} ")


def test_it_starts_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "compfeat"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "evaluate" in done.stdout
