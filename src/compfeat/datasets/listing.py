"""Listing a user's folders: what belongs to a dataset, in a fixed order, and what was passed over, in one line."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from compfeat.errors import DataError

CLUTTER = ("thumbs.db", "desktop.ini")
"""Files that operating systems leave in folders, in lower case, besides those whose names begin with a dot (``._a.png``)."""


class UnusableNameError(DataError):
    """A file whose name cannot be written into tables and pages."""


def comparable(name: str) -> str:
    """Return what two file names have in common that differ in case, or in how accents are put together, alone."""
    return unicodedata.normalize("NFC", name).lower()


def require_text(path: Path) -> Path:
    """Return ``path``. Raises UnusableNameError if a name in it is not UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise UnusableNameError(
            f"{shown}: found a name in another encoding; expected UTF-8; rename the file (and its ground truth)"
        ) from None
    return path


def is_clutter(path: Path) -> bool:
    """Return whether a file was left by an operating system rather than put there."""
    return path.name.startswith(".") or path.name.lower() in CLUTTER


def files_ending(folders: Iterable[Path], end: str) -> list[Path]:
    """Return the files of ``folders`` whose name ends with ``end`` in any case, sorted by whole path.

    Other files are named on standard error in one line, unless an operating system left them there.

    Raises:
        UnusableNameError: a name is not UTF-8.
    """
    ending: list[Path] = []
    passed: list[Path] = []
    for folder in folders:
        for path in folder.iterdir():
            if is_clutter(path) or not path.is_file():
                continue
            (ending if path.name.lower().endswith(end.lower()) else passed).append(path)
    if passed:
        passed.sort()
        some = ", ".join(path.name for path in passed[:3]) + (", ..." if len(passed) > 3 else "")
        sys.stderr.write(f"passed over {len(passed)} files that do not end with {end} in {passed[0].parent}: {some}\n")
    return sorted(map(require_text, ending), key=lambda path: path.as_posix())


def require_folder(folder: Path, purpose: str) -> Path:
    """Return ``folder``. Raises DataError if there is no such folder."""
    if not folder.is_dir():
        raise DataError(
            f"{folder}: no such folder; expected {purpose}; check the dataset's root and split, or drop the task"
        )
    return folder


def require_file(path: Path, image: Path) -> Path:
    """Return ``path``, or what is named like it: names in it may differ in case, or in how accents are put together.

    Raises:
        DataError: there is no such file.
    """
    alike = _alike(path)
    if alike is not None and alike.is_file():
        return alike
    raise DataError(f"{path}: not found; expected ground truth for {image.name}; restore it or remove the image")


def _alike(path: Path) -> Path | None:
    """Return ``path`` where it is there, else the first in its folder that is named like it."""
    if path.exists():
        return path
    folder = _alike(path.parent)
    others = sorted(folder.iterdir()) if folder is not None and folder.is_dir() else []
    return next((other for other in others if comparable(other.name) == comparable(path.name)), None)
