"""The size of a disk that a test fills up, and of what lies on it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def resize(disk: Path, size_kib: int) -> None:
    """Give a disk another size."""
    subprocess.run(["mount", "-o", f"remount,size={size_kib}k", str(disk)], check=True)


def used_kib(folder: Path) -> int:
    """Return what all below a folder takes of a disk."""
    blocks = sum(path.lstat().st_blocks for path in folder.rglob("*"))
    return blocks // 2
