"""A function's signature as a command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from compfeat.cli.arguments import command
from compfeat.errors import ConfigError
from compfeat.settings.section import Section

SEEN: dict[str, Any] = {}


class Settings(Section):
    width: int


def stage(
    *,
    settings: Settings,
    arrays: Path,
    ledgers: list[Path],
    rows: Sequence[str] = (),
    limit: int | None = None,
    share: float = 0.5,
    form: Literal["text", "json"] = "text",
    frontier: bool = True,
    quiet: bool = False,
) -> int | None:
    """Do one thing.

    And say how, 100 % of it.

    Args:
        settings: what the configuration says
            about it, 50 % of it.
        arrays: packed scenes.

    Raises:
        DataError: a file is missing.
    """
    SEEN.update(locals())
    return 3 if quiet else None


NEEDED = ["--settings", '{"width": 4}', "--arrays", "a b.npy", "--ledgers"]


def test_parameters_become_typed_options() -> None:
    more = ["x.csv", "y.csv", "--rows", "a=1", "--rows", "b=2", "c=3", "--limit", "7", "--form", "json"]
    assert command(stage, [*NEEDED, *more, "--no-frontier", "--quiet"]) == 3
    assert (SEEN["settings"], SEEN["arrays"]) == (Settings(width=4), Path("a b.npy"))
    assert (SEEN["ledgers"], SEEN["rows"]) == ([Path("x.csv"), Path("y.csv")], ["a=1", "b=2", "c=3"])
    assert (SEEN["limit"], SEEN["share"], SEEN["form"], SEEN["frontier"]) == (7, 0.5, "json", False)


def test_defaults_are_the_signatures_and_a_list_may_be_empty() -> None:
    assert command(stage, NEEDED) is None
    assert (SEEN["ledgers"], SEEN["rows"], SEEN["limit"], SEEN["frontier"]) == ([], [], None, True)


def test_others_than_keyword_only_parameters_are_positional() -> None:
    def words(path: Path, names: list[str], *, flag: bool = False) -> None:
        """Take words."""
        SEEN.update(locals())

    command(words, ["p", "a", "b", "--flag"])
    assert (SEEN["path"], SEEN["names"], SEEN["flag"]) == (Path("p"), ["a", "b"], True)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (NEEDED[2:], "--settings"),
        ([*NEEDED, "--limit", "x"], "invalid int value: 'x'"),
        ([*NEEDED, "--form", "xml"], "invalid choice: 'xml'"),
        ([*NEEDED, "--arr", "b.npy"], "unrecognized arguments: --arr"),
    ],
)
def test_a_wrong_argument_ends_with_status_2(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command(stage, argv)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("text", ['{"width": "wide"}', "{", '{"width": 4, "hight": 5}'])
def test_settings_are_validated(text: str) -> None:
    with pytest.raises(ConfigError, match="--settings"):
        command(stage, ["--settings", text, *NEEDED[2:]])


def test_the_docstring_is_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command(stage, ["--help"])
    printed = " ".join(capsys.readouterr().out.split())
    assert "Do one thing. And say how, 100 % of it." in printed and "about it, 50 % of it." in printed
    assert "(default: 0.5)" in printed and "DataError" not in printed
