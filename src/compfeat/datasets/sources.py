"""Whether a dataset's files are what they were: by content, where size, times and place of a file leave it open."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compfeat.datasets.base import DATASETS, Sample
from compfeat.datasets.listing import UnusableNameError
from compfeat.errors import CompfeatError
from compfeat.io import read_csv, sha256_of, write_text

SHA256_DIGITS = 64


@dataclass(frozen=True)
class Listing:
    """What a folder has of a split.

    Attributes:
        samples: all of it, in its fixed order.
        problem: why it cannot be listed, in one line; empty if it can.
        misnamed: whether the problem is a file's name, which no run can use.
    """

    samples: tuple[Sample, ...] = ()
    problem: str = ""
    misnamed: bool = False

    def files(self, limit: int | None = None) -> list[Path]:
        """Return the files of the first ``limit`` samples, of all where it is None."""
        return [path for sample in self.samples[:limit] for path in sample.files.values()]


def listing(name: str, root: Path, split: str, fields: Sequence[str]) -> Listing:
    """Return what ``root`` has of a split of the dataset ``name``, with the files of ``fields``."""
    try:
        return Listing(tuple(DATASETS.get(name)().samples(root, split, fields)))
    except CompfeatError as error:
        return Listing(problem=str(error), misnamed=isinstance(error, UnusableNameError))


def content_hashes(files: Iterable[Path], known: Path) -> dict[str, str]:
    """Return the SHA-256 of ``files`` by their path; empty if there is no such file.

    Args:
        files: the files, in a fixed order.
        known: JSON that remembers each file's state and hash, so that only what changed is read again; it is written where
            something changed and its folder is there, and may be deleted at any time.
    """
    try:
        remembered = json.loads(known.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        remembered = {}
    now: dict[str, list[Any]] = {}
    for path in files:
        try:
            status = path.stat()
        except OSError:
            now[str(path)] = [[], ""]
            continue
        # The time of the last change of any kind (ctime) cannot be set back, as that of the content can.
        state = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        match remembered.get(str(path)) if isinstance(remembered, dict) else None:
            case [known_state, str(digest)] if known_state == state and len(digest) == SHA256_DIGITS:
                now[str(path)] = [state, digest]
            case _:
                now[str(path)] = [state, sha256_of(path) if path.is_file() else ""]
    if now != remembered and known.parent.is_dir():
        write_text(known, json.dumps(now))
    return {path: digest for path, (_, digest) in now.items()}


def content_identity(listed: Listing, limit: int | None, known: Path) -> str:
    """Return what a user's files of a split are: a hash of their names and contents, or why they cannot be listed.

    Args:
        limit: how many samples are taken; all where it is None.
        known: see ``content_hashes``.
    """
    if listed.problem:
        return f"not there: {listed.problem}"
    hashes = content_hashes(listed.files(limit), known)
    return hashlib.sha256("".join(f"{path} {digest}\n" for path, digest in hashes.items()).encode()).hexdigest()[:16]


def render_changes(listed: Listing, root: Path, manifest: Path, known: Path) -> str:
    """Return which file is not as it was rendered, in one line; empty if all are, and where nothing was rendered yet.

    Args:
        listed: what ``root`` has of the split.
        manifest: CSV of what was rendered: path, relative to ``root``, and sha256.
        known: see ``content_hashes``.
    """
    try:
        table = read_csv(manifest, ["path", "sha256"])
    except CompfeatError:
        return ""
    rendered = {str(root / path): digest for path, digest in zip(table["path"], table["sha256"], strict=True)}
    files = sorted({*map(Path, rendered), *listed.files()})
    for path, digest in content_hashes(files, known).items():
        if rendered.get(path) != digest:
            what = "was not rendered" if path not in rendered else "is not as it was rendered" if digest else "is gone"
            return f"{path}: {what} (see {manifest}); delete {manifest} to render the split again"
    return ""
