"""The steps of the container's recipe, in a clean Debian that is made for them: for where no image can be built."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers import PROJECT

pytestmark = pytest.mark.scale

RECIPE = PROJECT / "Containerfile"
HANDED_DOWN = ("PIP_DEFAULT_TIMEOUT", "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
"""How this machine reaches packages, where it says so."""
CERTIFICATES = "/tmp/certificates.crt"
INSIDE = """
set -e
root=$1; shift
mount -t proc proc "$root/proc"
if [ -d "$1" ]; then mkdir -p "$root$1"; mount --bind "$1" "$root$1"; fi
shift
exec chroot "$@"
"""
"""Runs a program in a root, with /proc and one folder of this machine in it; what is mounted ends with it."""


class Step(NamedTuple):
    """One instruction of a recipe: RUN, and what stands behind it."""

    name: str
    text: str


def steps(recipe: str) -> list[Step]:
    """Return the instructions of a recipe; lines that end in a backslash go on."""
    lines = [line for line in recipe.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines()]


def expanded(text: str, variables: dict[str, str]) -> str:
    """Return a text with the recipe's variables filled in."""
    return re.sub(r"\$(\w+)", lambda found: variables.get(found[1], ""), text)


def packages(lines: list[str]) -> set[tuple[str, str]]:
    """Return names and versions of pinned packages; names are the same however they are joined, versions whatever the build."""
    pairs = (line.split("==") for line in lines)
    return {(re.sub(r"[-_.]+", "-", name).lower(), version.partition("+")[0]) for name, version in pairs}


class Built:
    """A root in which the steps of a recipe are carried out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.user, self.folder = "root", "/"
        self.variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.command = ""

    def output_of(self, *argv: str) -> str:
        """Run a program as the recipe's user, in its folder and with its variables only; return what it printed."""
        variables = self.variables | {name: os.environ[name] for name in HANDED_DOWN if name in os.environ}
        variables["HOME"] = "/root" if self.user == "root" else f"/home/{self.user}"
        if (self.root / CERTIFICATES[1:]).exists():
            variables |= {"PIP_CERT": CERTIFICATES, "SSL_CERT_FILE": CERTIFICATES}
        given = [f"{name}={value}" for name, value in variables.items()]
        inside = ["/usr/bin/env", "-i", f"--chdir={self.folder}", *given, *argv]
        user = [f"--userspec={self.user}:{self.user}", str(self.root), *inside]
        mounted = os.environ.get("PIP_FIND_LINKS", "")
        program = ["unshare", "--mount", "sh", "-c", INSIDE, "sh", str(self.root), mounted, *user]
        done = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{shlex.join(argv)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def carry_out(self, step: Step) -> None:
        """Do what one instruction says."""
        if step.name == "RUN":
            self.output_of("/bin/sh", "-c", step.text)
        elif step.name == "ARG":
            name, _, default = step.text.partition("=")
            self.variables[name] = os.environ.get(name, default)
        elif step.name == "ENV":
            pairs = dict(word.split("=", 1) for word in shlex.split(step.text))
            self.variables |= {name: expanded(value, self.variables) for name, value in pairs.items()}
        elif step.name == "USER":
            self.user = step.text
        elif step.name == "WORKDIR":
            self.folder = step.text
        elif step.name == "CMD":
            self.command = step.text
        elif step == Step("COPY", f"--chown={self.user}:{self.user} . ."):
            self.copy()
        else:
            raise AssertionError(f"this test does not know {step}")

    def copy(self) -> None:
        """Copy what git tracks, without what .containerignore names."""
        ignored = [line.rstrip("/") for line in (PROJECT / ".containerignore").read_text().split()]
        listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        tracked = subprocess.run(listing, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
        target = self.root / self.folder[1:]
        for name in filter(None, tracked.split("\0")):
            if (PROJECT / name).is_file() and not any(fnmatch(f"{name}/", f"{one}/*") for one in ignored):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / name, target / name)
        user, self.user = self.user, "root"
        self.output_of("chown", "--recursive", f"{user}:{user}", self.folder)
        self.user = user


@pytest.fixture
def clean(tmp_path: Path) -> Iterator[Path]:
    """A Debian of the recipe's release, with the packages that every Debian has."""
    tool = shutil.which("mmdebstrap") or shutil.which("debootstrap")
    if os.geteuid() != 0 or tool is None or not all(map(shutil.which, ("chroot", "unshare"))):
        pytest.skip("a clean root needs root, and mmdebstrap or debootstrap")
    image = next(step.text for step in steps(RECIPE.read_text()) if step.name == "FROM")
    release = re.fullmatch(r"docker\.io/library/debian:(\w+)-slim", image)
    assert release is not None, image
    root = tmp_path / "root"
    done = subprocess.run(
        [tool, "--variant=minbase", release[1], str(root)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"{Path(tool).name} made no root: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    own = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    if own:
        shutil.copy(own, root / CERTIFICATES[1:])
    yield root
    shutil.rmtree(root)


def test_the_recipes_steps_make_what_a_run_needs_for_a_user_who_is_not_root(clean: Path) -> None:
    built = Built(clean)
    for step in steps(RECIPE.read_text())[1:]:
        built.carry_out(step)
    assert built.output_of("id", "--user", "--name").strip() == built.user != "root"
    assert built.command == '["make", "paper"]'
    # Packages are those of requirements.lock, in their versions, and no others but pip and the project.
    frozen = built.output_of("python", "-m", "pip", "freeze", "--all", "--exclude", "pip", "--exclude", "compfeat")
    pinned = [line for line in (PROJECT / "requirements.lock").read_text().splitlines() if "==" in line]
    assert packages(frozen.splitlines()) == packages(pinned)
    # What its command would do: nothing is missing for it.
    assert "snakemake" in built.output_of("make", "--dry-run", "paper")
    plan = built.output_of("/bin/sh", "-c", "exec snakemake --dry-run --configfile config/smoke.yaml 2>&1")
    assert "table_shown" in plan
