"""Listing a user's folders: what belongs to a dataset, in a fixed order, and what was passed over, in one line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from compfeat.errors import DataError

CLUTTER = ("thumbs.db", "desktop.ini")
"""Files that operating systems leave in folders, in lower case, besides those whose names begin with a dot (``._a.png``)."""


def is_clutter(path: Path) -> bool:
    """Return whether a file was left by an operating system rather than put there."""
    return path.name.startswith(".") or path.name.lower() in CLUTTER


def files_ending(folders: Iterable[Path], end: str) -> list[Path]:
    """Return the files of ``folders`` whose name ends with ``end`` in any case, sorted by whole path.

    Other files are named on standard error in one line, unless an operating system left them there.
    """
    found: list[Path] = []
    passed: list[Path] = []
    for folder in folders:
        for path in folder.iterdir():
            if is_clutter(path) or not path.is_file():
                continue
            (found if path.name.lower().endswith(end.lower()) else passed).append(path)
    if passed:
        passed.sort()
        some = ", ".join(path.name for path in passed[:3]) + (", ..." if len(passed) > 3 else "")
        sys.stderr.write(f"passed over {len(passed)} files that do not end with {end} in {passed[0].parent}: {some}\n")
    return sorted(found, key=lambda path: path.as_posix())


def require_folder(folder: Path, purpose: str) -> Path:
    """Return ``folder``. Raises DataError where there is no such folder."""
    if not folder.is_dir():
        raise DataError(
            f"{folder}: no such folder; expected {purpose}; check the dataset's root and split, or drop the task"
        )
    return folder


def require_file(path: Path, image: Path) -> Path:
    """Return ``path``, or a file beside it whose name differs in upper and lower case alone.

    Raises:
        DataError: there is no such file.
    """
    if path.is_file():
        return path
    if path.parent.is_dir():
        for other in sorted(path.parent.iterdir()):
            if other.name.lower() == path.name.lower():
                return other
    raise DataError(f"{path}: not found; expected ground truth for {image.name}; restore it or remove the image")
