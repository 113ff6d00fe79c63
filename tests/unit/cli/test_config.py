"""A value of the configuration, however it is written in YAML, alone and as the Makefile asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compfeat.__main__ import main
from helpers import PROJECT

OVERLAYS = {
    "plain": ("output: results-mine\n", "results-mine"),
    "comment": ("output: results-mine  # my run\n", "results-mine"),
    "quotes": ("output: 'results-mine'\n", "results-mine"),
    "double quotes": ('"output": "results-mine"\n', "results-mine"),
    "flow": ("{seeds: [1], output: results-mine}\n", "results-mine"),
    "byte order mark": ("\ufeffoutput: results-mine\n", "results-mine"),
    "line ends": ("seeds: [1]\r\noutput: results-mine\r\n", "results-mine"),
    "space before the colon": ("output : results-mine\n", "results-mine"),
    "anchor": ("seeds: &s [1]\noutput: &o results-mine\n", "results-mine"),
    "no such key": ("seeds: [1]\n", "results"),
    "awkward": ('output: "it\'s a; $HOME `x`"\n', "it's a; $HOME `x`"),
}


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_output_folder(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, expected = OVERLAYS[name]
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8", newline="")
    base = str(PROJECT / "config/config.yaml")
    assert main(["config", "--config", base, str(tmp_path / "own.yaml"), "--get", "output"]) == 0
    assert capsys.readouterr().out == f"{expected}\n"


@pytest.mark.parametrize("name", ["byte order mark", "no such key", "awkward"])
def test_the_makefile_asks_for_it(name: str, tmp_path: Path) -> None:
    text, expected = OVERLAYS[name]
    overlay = tmp_path / "my own.yaml"
    overlay.write_text(text, encoding="utf-8")
    show = "show: ; @printf '%s\\n' $(OUTPUT)"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        [
            "make",
            "--no-print-directory",
            f"--eval={show}",
            f"BIN={Path(sys.executable).parent}",
            f"CONFIG={overlay}",
            "show",
        ],
        cwd=PROJECT,
        env=environment | {"PYTHONPATH": str(PROJECT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{expected}\n", "")


def test_other_values_and_the_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("a: {b: [1, 2], c: null, d: true}\n")
    for key, expected in (("a.c", "null\n"), ("a.d", "true\n"), ("a.b", "- 1\n- 2\n"), ("", None)):
        assert main(["config", "--config", str(tmp_path / "a.yaml"), *(["--get", key] if key else [])]) == 0
        shown = capsys.readouterr().out
        assert shown == expected if expected is not None else shown.startswith("a:\n  b:\n")


def test_a_key_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("a: {b: 1}\n")
    assert main(["config", "--config", str(tmp_path / "a.yaml"), "--get", "a.x"]) == 2
    assert capsys.readouterr().err == "compfeat config: error: --get a.x: no key 'x'; expected one of b\n"
