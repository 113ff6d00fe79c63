"""Whether a dataset's files are what they were: by content, where size and time of a file leave it open."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from compfeat.errors import CompfeatError
from compfeat.io import write_text


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file; empty where there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def content_identity(files: Sequence[Path], known: Path) -> str:
    """Return a hash of the names and contents of ``files``.

    Args:
        files: the files, in a fixed order.
        known: JSON that remembers each file's size, time of change and hash, so that only what changed is read again; it is
            written where something changed and its folder is there, and may be deleted at any time.
    """
    try:
        remembered: dict[str, list[object]] = json.loads(known.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        remembered = {}
    now: dict[str, list[object]] = {}
    for path in files:
        try:
            status = path.stat()
        except OSError:
            now[str(path)] = [0, 0, ""]
            continue
        seen = remembered.get(str(path))
        same = isinstance(seen, list) and seen[:2] == [status.st_size, status.st_mtime_ns]
        now[str(path)] = seen if same and seen is not None else [status.st_size, status.st_mtime_ns, sha256_of(path)]
    if now != remembered and known.parent.is_dir():
        write_text(known, json.dumps(now))
    digest = hashlib.sha256("".join(f"{path} {cells[2]}\n" for path, cells in now.items()).encode())
    return digest.hexdigest()[:16]


def dataset_identity(name: str, root: Path, split: str, fields: Sequence[str], limit: int | None, known: Path) -> str:
    """Return the identity of what ``prepare`` reads of a split; a text that says so where it cannot be read."""
    from compfeat.datasets import DATASETS

    try:
        samples = DATASETS.get(name)().samples(root.expanduser(), split, fields)[:limit]
    except CompfeatError as error:
        return f"not there: {error}"
    return content_identity([path for sample in samples for path in sample.files.values()], known)
