"""The Makefile on machines that are not like ours: which torch, a HOME that cannot be written, another workflow's profile."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from helpers import PROJECT

INSTALL = (PROJECT / "docs/how-to/install.md").read_text(encoding="utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def make(*arguments: str, **variables: str) -> str:
    """Return what make prints, in an environment with ``variables``."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "XDG_"))}
    argv = ["make", "--no-print-directory", f"BIN={Path(sys.executable).parent}", *arguments]
    done = subprocess.run(argv, cwd=PROJECT, env=inherited | variables, capture_output=True, text=True, check=True)
    return done.stdout


def shown(variable: str, **variables: str) -> str:
    """Return an environment variable as a recipe sees it."""
    return make(f"--eval=show: ; @printf '%s' \"$${{{variable}-}}\"", "show", **variables)


def test_caches_lie_in_the_project_where_home_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    inside = str(PROJECT / ".snakemake/cache")
    assert shown("XDG_CACHE_HOME", HOME=str(tmp_path / "file/home")) == inside
    assert shown("XDG_CACHE_HOME", HOME=str(tmp_path / "home")) == ""
    assert shown("XDG_CACHE_HOME", HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "file/x")) == inside


def test_what_a_session_says_to_programs_does_not_count(tmp_path: Path) -> None:
    evil = tmp_path / "evil.bash"
    evil.write_text("echo evil; exit 3\n")
    python = ("PYTHONHOME", "PYTHONOPTIMIZE", "PYTHONSTARTUP", "PYTHONWARNINGS")
    pip = ("PIP_TARGET", "PIP_REQUIRE_VIRTUALENV", "PIP_NO_BINARY", "PIP_CONSTRAINT")
    git = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "DVC_ROOT", "SNAKEMAKE_PROFILE")
    session = dict.fromkeys((*python, *pip, *git, "NPY_ENABLE_CPU_FEATURES", "MPLBACKEND"), "1")
    session |= {"BASH_ENV": str(evil), "ENV": str(evil), "SHELLOPTS": "noclobber", "CDPATH": "/", "GREP_OPTIONS": "-v"}
    environment = environment_of_recipes(PYTHONPATH="/nowhere", PIP_USER="1", **session)
    assert {name: environment[name] for name in session if environment.get(name, "") != ""} == {}
    assert (environment["PYTHONPATH"], environment["PIP_USER"]) == (str(PROJECT / "src"), "0")


def test_where_pip_finds_packages_counts() -> None:
    session = dict.fromkeys(("PIP_INDEX_URL", "PIP_NO_INDEX", "PIP_CERT", "PIP_CACHE_DIR"), "1")
    environment = environment_of_recipes(**session)
    assert environment | session == environment


def environment_of_recipes(**variables: str) -> dict[str, str]:
    """Return the environment of a recipe, and check that a Python was found."""
    printed = make("--eval=show: ; @test '$(PYTHON)' != '' -a '$(PYTHON)' != evil && env -0", "show", **variables)
    return dict(line.partition("=")[::2] for line in printed.split("\0") if line)


def test_an_index_for_torch_is_asked_where_it_is_given(tmp_path: Path) -> None:
    new = ("--dry-run", "--assume-new=requirements.lock", "setup")
    assert "index-url" not in make(*new)
    commands = make(*new, "TORCH_INDEX=https://example.org/whl/cpu").splitlines()
    assert sum('--extra-index-url "https://example.org/whl/cpu" -r requirements.lock' in line for line in commands) == 1


def test_the_page_on_installing_names_the_recorded_torch_and_how_to_choose_another() -> None:
    record = json.loads((PROJECT / "data/reference/default/record.json").read_text())
    builds = set(re.findall(r'"(torch \S+)"', json.dumps(record)))
    assert len(builds) == 1 and builds.pop() in INSTALL
    assert "TORCH_INDEX=https://download.pytorch.org/whl/cpu" in INSTALL


def test_the_display_of_a_run_is_part_of_the_project() -> None:
    (name,) = re.findall(r"--logger (\w+)", MAKEFILE)
    assert (PROJECT / f"src/snakemake_logger_plugin_{name}/__init__.py").is_file()
