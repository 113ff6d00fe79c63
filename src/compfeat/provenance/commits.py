"""Which commit has the code that a job ran: the newest whose modules have the identities on record."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from compfeat.errors import ToolError
from compfeat.provenance.code import PACKAGE
from compfeat.provenance.syntax import parsed, tree_hash

SOURCE = "src"
DIGITS = 12
"""Hex digits of a commit that are shown."""
SETTINGS = ("GIT_CONFIG", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")
"""What variables of git's that may stay begin with. The others, such as GIT_DIR in a hook, name another repository."""


def git(project: Path, *argv: str, stdin: bytes = b"") -> bytes:
    """Return what a git command prints. Raises ToolError if there is no git, or it fails, in its own words."""
    program = shutil.which("git")
    if program is None:
        raise ToolError("git is not installed")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith(SETTINGS)}
    done = subprocess.run(  # noqa: S603
        [program, "-C", str(project), *argv],
        input=stdin,
        capture_output=True,
        check=False,
        env=environment | {"GIT_OPTIONAL_LOCKS": "0"},
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise ToolError(f"git {argv[0]}: {said or f'failed with status {done.returncode}'}")
    return done.stdout


class History:
    """The versions of the package in git, newest first; what was read once is kept.

    Attributes:
        problem: why commits are not known, in git's own words where it failed; empty if they are.
        failed: whether git failed with a repository that is there.
        commit: the commit that is checked out, or None.
        modified: whether tracked files differ from it.
        shallow: whether older commits were left out when the repository was cloned.
    """

    def __init__(self, project: Path) -> None:
        self.project, self.problem = project, ""
        self.commit: str | None = None
        self.failed = self.modified = self.shallow = False
        self.commits: Sequence[str] = ()
        self._trees: dict[str, dict[str, str]] = {}
        self._hashes: dict[str, str] = {}
        self._found: dict[tuple[tuple[str, str], ...], str | None] = {}
        try:
            self._open()
        except ToolError as error:
            self._fail(error)

    def _fail(self, error: ToolError) -> None:
        folders = [self.project.resolve(), *self.project.resolve().parents]
        self.problem, self.failed = str(error), any((folder / ".git").exists() for folder in folders)

    def _open(self) -> None:
        top = os.fsdecode(git(self.project, "rev-parse", "--show-toplevel")).strip()
        if not git(self.project, "rev-list", "--max-count=1", "--all"):
            self.problem = f"the repository {top} has no commit yet"
            return
        commit = git(self.project, "rev-parse", "--verify", "HEAD").decode().strip()
        # A copy of the project within another repository, which knows nothing of it.
        if not self._tree(commit):
            self.problem = f"the repository {top} does not have this project's {SOURCE}/{PACKAGE}"
            return
        changes = git(self.project, "status", "--porcelain", "--untracked-files=no", "--", ".")
        older = git(self.project, "rev-list", commit, "--", f"{SOURCE}/{PACKAGE}").decode().split()
        self.shallow = git(self.project, "rev-parse", "--is-shallow-repository").strip() == b"true"
        self.commit, self.modified, self.commits = commit, bool(changes.strip()), list(dict.fromkeys([commit, *older]))

    def commit_of(self, code: Mapping[str, str]) -> str | None:
        """Return the newest commit at which all modules of ``code`` have their identity there, or None."""
        key = tuple(sorted(code.items()))
        if key not in self._found:
            try:
                self._found[key] = next((c for c in self.commits if self._holds(c, code)), None) if code else None
            except ToolError as error:
                self._fail(error)
                self._found[key] = None
        return self._found[key]

    def _holds(self, commit: str, code: Mapping[str, str]) -> bool:
        tree = self._tree(commit)
        bases = {module: f"{SOURCE}/{module.replace('.', '/')}" for module in code}
        blobs = {m: tree.get(f"{base}.py") or tree.get(f"{base}/__init__.py", "") for m, base in bases.items()}
        if "" in blobs.values():
            return False
        self._read([blob for blob in blobs.values() if blob not in self._hashes])
        return all(self._hashes[blob].startswith(code[module]) for module, blob in blobs.items())

    def _tree(self, commit: str) -> dict[str, str]:
        """Return the blobs of the package's files at a commit, by path relative to the project."""
        if commit not in self._trees:
            listing = git(self.project, "ls-tree", "-r", "-z", commit, f"{SOURCE}/{PACKAGE}/")
            lines = [line.partition("\t") for line in os.fsdecode(listing).split("\0") if line]
            self._trees[commit] = {path: entry.split()[2] for entry, _, path in lines}
        return self._trees[commit]

    def _read(self, blobs: Sequence[str]) -> None:
        """Take in the identities of source files; an empty one where this Python cannot parse the file."""
        answer = git(self.project, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs).encode())
        for blob in blobs:
            title, _, answer = answer.partition(b"\n")
            if title.endswith(b" missing"):
                raise ToolError(f"git cat-file: {title.decode()}; git fetch --refetch brings it, git fsck tells more")
            size = int(title.split()[2])
            try:
                self._hashes[blob] = tree_hash(parsed(answer[:size]))
            except SyntaxError:
                self._hashes[blob] = ""
            answer = answer[size + 1 :]
