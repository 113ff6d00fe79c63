"""The library as users get it: from a wheel, in an environment of its own with what the wheel asks for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers import PROJECT

pytestmark = pytest.mark.slow
PAGE = (PROJECT / "docs/how-to/use-the-library.md").read_text(encoding="utf-8")
TYPED = """
import numpy as np
from numpy.typing import NDArray
import compfeat

def sent(features: NDArray[np.float32]) -> bytes:
    codec = compfeat.FeatureCodec.fit(features)
    data: bytes = codec.encode(features[0], quality=3)
    restored: NDArray[np.float32] = codec.decode(data)
    shape: tuple[int, int, int] = compfeat.read_info(data).shape
    return codec.encode(restored, max_bytes=shape[0])
"""


def blocks(language: str) -> list[str]:
    """Return the page's examples in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def run(*words: str | Path, folder: Path) -> str:
    """Run a program without anything of this session; return what it prints."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name in ("PATH", "HOME")}
    done = subprocess.run(list(map(str, words)), cwd=folder, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    run(sys.executable, "-m", "pip", "wheel", *options, PROJECT, folder=folder)
    return next(folder.glob("compfeat-*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder, folder=folder)
    pins = folder / "pins.txt"
    pins.write_text((PROJECT / "requirements.lock").read_text())
    run(folder / "bin/python", "-m", "pip", "install", "--quiet", "--constraint", pins, wheel, folder=folder)
    rng = np.random.default_rng(0)
    np.save(folder / "train_features.npy", rng.laplace(0, 1, (40, 16, 12, 16)).astype(np.float32))
    return folder / "bin/python"


def test_the_wheel_is_small_and_typed_and_brings_three_packages(wheel: Path, python: Path) -> None:
    assert wheel.stat().st_size < 1_000_000
    listed = run(python, "-m", "pip", "list", "--format=freeze", folder=python.parent)
    assert {line.partition("==")[0] for line in listed.split()} == {
        *("compfeat", "numpy", "scipy", "constriction"),
        *("pip", "setuptools"),
    }


def test_the_examples_of_the_page_run_as_they_stand(python: Path) -> None:
    folder = python.parents[1]
    code = [block for block in blocks("python") if "torch" not in block]
    assert code and "FeatureCodec.fit" in code[0]
    for block in code:
        run(python, "-c", block, folder=folder)
    for block in blocks("sh"):
        for line in block.splitlines():
            if line.startswith("compfeat") and "bd-rate" not in line:
                name, *words = line.partition("#")[0].split()
                assert run(python.with_name(name), *words, folder=folder)
    listed = run(python.with_name("compfeat"), "--help", folder=folder)
    assert all(name in listed for name in ("fit", "compress", "decompress", "info", "bd-rate"))


def test_what_is_not_installed_is_told_in_one_line(python: Path) -> None:
    for words, remedy in (("bd-rate a.csv b.csv --metric miou", "compfeat[bd-rate]"), ("audit", "compfeat[workflow]")):
        done = subprocess.run(
            [python.with_name("compfeat"), *words.split()], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and remedy in done.stderr


def test_a_strict_check_of_types_knows_the_library(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(TYPED)
    run(sys.executable, "-m", "zipfile", "-e", wheel, "site", folder=tmp_path)
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\nstrict = True\nmypy_path = site\n[mypy-constriction.*]\nignore_missing_imports = True\n"
    )
    assert "Success" in run(sys.executable, "-m", "mypy", "example.py", folder=tmp_path)
