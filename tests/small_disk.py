"""A disk that can be filled up, where this user may mount one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk with hardly any space at ``folder``; skip the test where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk that can be filled up needs the right to mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(disk: Path, size_kib: int) -> None:
    """Give a disk another size."""
    subprocess.run(["mount", "-o", f"remount,size={size_kib}k", str(disk)], check=True)


def used_kib(folder: Path) -> int:
    """Return what all below a folder takes of a disk."""
    blocks = sum(path.lstat().st_blocks for path in folder.rglob("*"))
    return blocks // 2
