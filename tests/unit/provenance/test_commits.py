"""What git says of the project: its commits where they are known, else why not, in git's own words."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from compfeat.provenance.commits import History
from compfeat.provenance.syntax import parsed, tree_hash
from recorded_run import Say, with_summary

BASELINE = "src/compfeat/losses/baseline.py"
SOURCES = ("X = 1\n", "X = 2\n", "X = 2  # the same, with a comment\n")
FIRST, LAST, _ = ({"compfeat.losses.baseline": tree_hash(parsed(text))[:12]} for text in SOURCES)
ANOTHER_USER = 12345


def git(folder: Path, *argv: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(["git", *who, *argv], cwd=folder, check=True, capture_output=True, text=True, env=plain)
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", "state")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a commit of each of SOURCES."""
    folder = tmp_path / "project"
    (folder / BASELINE).parent.mkdir(parents=True)
    git(folder, "init", "-q")
    for text in SOURCES:
        (folder / BASELINE).write_text(text)
        commit(folder)
    return folder


def commits(folder: Path) -> list[str]:
    return git(folder, "rev-list", "HEAD").split()


def damage_objects(folder: Path) -> None:
    for path in (folder / ".git/objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"damaged")


def give_away(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    for path in (folder, folder / ".git"):
        os.chown(path, ANOTHER_USER, ANOTHER_USER)


FAILURES: list[tuple[Callable[[Path], object], str]] = [
    (give_away, r"detected dubious ownership in repository at .* safe\.directory"),
    (damage_objects, r"git rev-list: .*"),
    (lambda folder: (folder / ".git/index").write_bytes(b"damaged"), r"git status: .*index file"),
    (lambda folder: (folder / ".git/HEAD").write_text("damaged"), r"fatal: not a git repository"),
]


@pytest.mark.parametrize(("harm", "words"), FAILURES)
def test_a_failure_is_told_in_the_words_of_git(harm: Callable[[Path], object], words: str, run: Path, say: Say) -> None:
    (run / "Snakefile").write_text("")
    (run / BASELINE).parent.mkdir(parents=True)
    (run / BASELINE).write_text("")
    git(run, "init", "-q")
    commit(run)
    harm(run)
    assert History(run).failed
    printed = say("lineage", "results/paper/paper.pdf", "--project", str(run))
    (line,) = [line for line in printed.splitlines() if line.startswith("  commits are not known: ")]
    assert re.search(words, line)
    assert "of a commit that is not known" in printed
    assert "checked out" not in printed and "of no commit that is here" not in printed
    assert line.partition("known: ")[2] in say("crate", *with_summary(run), status=2)
    assert not (run / "ro-crate-metadata.json").exists()


def test_code_is_that_of_the_newest_commit_that_has_it(project: Path) -> None:
    history = History(project)
    assert [history.commit_of(code) for code in (LAST, FIRST)] == commits(project)[::2]
    assert history.commit_of({"compfeat.losses.baseline": "0" * 12}) is None
    assert not (history.modified or history.shallow or history.problem)
    (project / BASELINE).write_text("X = 5\n")
    assert History(project).modified


def test_a_damaged_older_version_is_told(project: Path) -> None:
    blob = git(project, "rev-parse", f"HEAD~2:{BASELINE}")
    (project / ".git/objects" / blob[:2] / blob[2:]).unlink()
    history = History(project)
    assert history.commit_of(LAST) == commits(project)[0] and not history.problem
    assert history.commit_of(FIRST) is None
    assert history.failed and f"{blob} missing" in history.problem


def test_no_git_and_no_repository_are_told_and_stop_nothing(
    run: Path, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    (run / "Snakefile").write_text("")
    options = with_summary(run)
    for path, words in ((os.environ["PATH"], "not a git repository"), ("", "git is not installed")):
        monkeypatch.setenv("PATH", path)
        assert words in say("lineage", "results/paper/paper.pdf", "--project", str(run))
        assert words in say("crate", *options)


def test_a_repository_without_commits_and_one_around_the_project_are_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "project" / BASELINE).parent.mkdir(parents=True)
    (tmp_path / "project" / BASELINE).write_text(SOURCES[0])
    git(tmp_path, "init", "-q")
    history = History(tmp_path / "project")
    assert history.commit is None and "has no commit yet" in history.problem
    (tmp_path / BASELINE).parent.mkdir(parents=True)
    (tmp_path / BASELINE).write_text(SOURCES[0])
    git(tmp_path, "add", "src")
    git(tmp_path, "commit", "-q", "-m", "the outer one's")
    history = History(tmp_path / "project")
    assert history.commit is None and "does not have this project's src/compfeat" in history.problem
    assert history.commit_of(FIRST) is None and not history.failed
    # A project that the outer repository does track has its commits.
    tracked = commit(tmp_path)
    assert History(tmp_path / "project").commit_of(FIRST) == tracked


@pytest.mark.parametrize(
    "name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"]
)
def test_a_repository_that_a_session_names_does_not_count(
    name: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = commits(project)[0]
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv(name, str(tmp_path / "other/.git"))
    history = History(project)
    assert (history.commit, history.modified, history.problem) == (newest, False, "")


def test_settings_of_the_user_count(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_away(project)
    assert "safe.directory" in History(project).problem
    for name, value in {"COUNT": "1", "KEY_0": "safe.directory", "VALUE_0": str(project)}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    by_root = git(project, "-c", f"safe.directory={project}", "rev-list", "HEAD").split()
    assert History(project).commit_of(FIRST) == by_root[2]


def test_a_lock_and_signatures_are_no_failure(project: Path) -> None:
    (project / ".git/index.lock").touch()
    git(project, "config", "log.showSignature", "true")
    git(project, "config", "status.short", "true")
    assert History(project).commit_of(FIRST) == commits(project)[2]
    assert (project / ".git/index.lock").exists()


def test_a_shallow_clone_says_so(project: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{project}", "shallow")
    history = History(tmp_path / "shallow")
    assert history.shallow and not history.problem
    assert history.commit_of(LAST) == commits(project)[0]
    assert history.commit_of(FIRST) is None


def test_worktrees_and_submodules_have_their_own_commits(project: Path, tmp_path: Path) -> None:
    first = commits(project)[2]
    git(project, "worktree", "add", "-q", str(tmp_path / "worktree"), first)
    assert History(tmp_path / "worktree").commit == first
    git(tmp_path, "init", "-q", "outer")
    git(tmp_path / "outer", "submodule", "--quiet", "add", f"file://{project}", "inner")
    commit(tmp_path / "outer")
    history = History(tmp_path / "outer/inner")
    assert history.commit_of(FIRST) == first and not history.problem


def test_a_link_to_the_project_is_the_project(project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project, target_is_directory=True)
    assert History(tmp_path / "link").commit_of(FIRST) == commits(project)[2]
