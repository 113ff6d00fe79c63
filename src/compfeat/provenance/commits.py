"""Which commit has the code that a job ran: the newest whose modules have the identities on record."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from compfeat.provenance.code import PACKAGE
from compfeat.provenance.syntax import parsed, tree_hash

SOURCE = "src"
SEARCHED = 300
"""How many commits back are looked through."""
DIGITS = 12


def git(project: Path, *argv: str, stdin: bytes = b"") -> bytes | None:
    """Return what a git command prints, or None where it fails or there is no git."""
    program = shutil.which("git")
    if program is None:
        return None
    done = subprocess.run([program, "-C", str(project), *argv], input=stdin, capture_output=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else None


def head(project: Path) -> dict[str, Any]:
    """Return the commit that is checked out and whether tracked files differ from it; None where there is no commit."""
    commit, status = git(project, "rev-parse", "HEAD"), git(project, "status", "--porcelain", "--untracked-files=no")
    return {"commit": None if commit is None else commit.decode().strip(), "modified": bool((status or b"").strip())}


def module_paths(module: str) -> tuple[str, str]:
    """Return where a module may lie, relative to the project: as a file or as a package."""
    base = f"{SOURCE}/{module.replace('.', '/')}"
    return f"{base}.py", f"{base}/__init__.py"


class History:
    """The versions of the package in git, newest first; what was read once is kept."""

    def __init__(self, project: Path) -> None:
        self.project = project
        log = git(project, "log", f"--max-count={SEARCHED}", "--format=%H", "--", f"{SOURCE}/{PACKAGE}") or b""
        first = head(project)["commit"]
        self.commits: Sequence[str] = list(dict.fromkeys([first, *log.decode().split()])) if first else []
        self._trees: dict[str, dict[str, str]] = {}
        self._hashes: dict[str, str] = {}
        self._found: dict[tuple[tuple[str, str], ...], str | None] = {}

    def commit_of(self, code: Mapping[str, str]) -> str | None:
        """Return the newest commit at which all modules of ``code`` have their identity there, or None."""
        key = tuple(sorted(code.items()))
        if key not in self._found:
            self._found[key] = next((c for c in self.commits if self._holds(c, code)), None) if code else None
        return self._found[key]

    def _holds(self, commit: str, code: Mapping[str, str]) -> bool:
        tree = self._tree(commit)
        blobs = {module: next((tree[p] for p in module_paths(module) if p in tree), "") for module in code}
        if "" in blobs.values():
            return False
        self._read([blob for blob in blobs.values() if blob not in self._hashes])
        return all(self._hashes[blob].startswith(code[module]) for module, blob in blobs.items())

    def _tree(self, commit: str) -> dict[str, str]:
        """Return the blobs of the package's files at a commit, by path relative to the project."""
        if commit not in self._trees:
            listing = git(self.project, "ls-tree", "-r", "-z", commit, f"{SOURCE}/{PACKAGE}/") or b""
            lines = [line.partition("\t") for line in listing.decode().split("\0") if line]
            self._trees[commit] = {path: entry.split()[2] for entry, _, path in lines}
        return self._trees[commit]

    def _read(self, blobs: Sequence[str]) -> None:
        """Take in the identities of source files; an empty one where this Python cannot parse the file."""
        answer = git(self.project, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs).encode()) or b""
        for blob in blobs:
            title, _, answer = answer.partition(b"\n")
            size = int(title.split()[2])
            try:
                self._hashes[blob] = tree_hash(parsed(answer[:size]))
            except SyntaxError:
                self._hashes[blob] = ""
            answer = answer[size + 1 :]
