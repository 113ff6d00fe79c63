"""A value of the configuration, alone and as the Makefile asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compfeat.__main__ import main
from helpers import PROJECT

OVERLAYS = {
    "comment": ("output: results-mine  # my run\n", "results-mine"),
    "byte order mark": ("\ufeffoutput: results-mine\n", "results-mine"),
    "line ends": ("seeds: [1]\r\noutput : results-mine\r\n", "results-mine"),
    "no such key": ("seeds: [1]\n", "results"),
    "awkward": ('output: "it\'s a; $HOME `x`"\n', "it's a; $HOME `x`"),
}


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_output_folder(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, expected = OVERLAYS[name]
    overlay = tmp_path / "my own.yaml"
    overlay.write_text(text, encoding="utf-8", newline="")
    assert main(["config", "--config", str(PROJECT / "config/config.yaml"), str(overlay), "--get", "output"]) == 0
    assert capsys.readouterr().out == f"{expected}\n"
    if name in ("comment", "line ends"):
        return
    show = "--eval=show: ; @printf '%s\\n' $(OUTPUT)"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    argv = ["make", "--no-print-directory", show, f"BIN={Path(sys.executable).parent}", f"CONFIG={overlay}", "show"]
    environment["PYTHONPATH"] = str(PROJECT / "src")
    done = subprocess.run(argv, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{expected}\n", "")


@pytest.mark.parametrize(
    ("key", "expected"),
    [("a.c", "null\n"), ("a.d", "true\n"), ("a.b", "- 1\n- 2\n"), ("", "a:\n  b:\n"), ("a.x", "no key 'x'; expected")],
)
def test_other_values_and_the_whole(
    key: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text("a: {b: [1, 2], c: null, d: true}\n")
    status = main(["config", "--config", str(tmp_path / "a.yaml"), *(["--get", key] if key else [])])
    printed = capsys.readouterr()
    assert status == (2 if key == "a.x" else 0)
    assert (expected in printed.err) if status else printed.out.startswith(expected)
