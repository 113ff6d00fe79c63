"""The files of a run as they lie on the disk: which there are, their sizes and SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from compfeat.errors import DataError

LISTED = 20
"""How many files an error or a report names."""
PASSING = re.compile(
    r"\..*\.part.*|resume\.safetensors"
    r"|\._.*|\.ds_store|icon\r|\.localized|(eh)?thumbs\.db|desktop\.ini|\.directory"
    r"|\.nfs.*|\.fuse_hidden.*|.*~|#.*#|\.#.*|\..*\.sw[a-z]|\.ipynb_checkpoints",
    re.IGNORECASE,
)
"""Names that are no artifacts, in any case of letters: half-written files of a run that was killed and what a training resumes
from; what macOS, Windows and KDE leave in a folder that is looked at; what network disks and editors leave. As in .dvcignore."""


@dataclass(frozen=True, order=True)
class Fingerprint:
    """A file's contents: its size and its SHA-256 in hex."""

    size_bytes: int
    sha256: str


def fingerprint(path: Path) -> Fingerprint | None:
    """Return the fingerprint of a file, or None if there is none; memory does not depend on its size.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Fingerprint(os.fstat(file.fileno()).st_size, digest)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); allow it or restore the file") from None


def is_artifact(name: str) -> bool:
    """Return whether a file or folder of this name may be one of a run's."""
    return PASSING.fullmatch(name) is None


def files_below(project: Path, folders: Iterable[str]) -> list[str]:
    """Return, sorted, all artifacts below ``folders``, relative to the project; links to folders count as files."""
    paths = []
    for folder in sorted(set(folders)):
        for here, subfolders, names in os.walk(project / folder):
            subfolders[:] = filter(is_artifact, subfolders)
            links = [name for name in subfolders if Path(here, name).is_symlink()]
            paths += [Path(here, name) for name in [*filter(is_artifact, names), *links]]
    return sorted(path.relative_to(project).as_posix() for path in paths)


def some(names: Sequence[str]) -> str:
    """Return the first few of ``names``."""
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
