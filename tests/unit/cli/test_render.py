"""The stage render: the same files by any number of processes, also where there can be one only."""

from __future__ import annotations

import errno
import json
from multiprocessing.context import SpawnContext
from pathlib import Path

import pytest

from compfeat.__main__ import call


def rendered(folder: Path, processes: int) -> dict[str, bytes]:
    """Render three scenes; return all files by name."""
    settings = {"root": str(folder), "split": "val", "images": 3, "size": [64, 64], "seed": 1}
    call("render", ["--settings", json.dumps(settings), f"--processes={processes}", f"--manifest={folder}/val.csv"])
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EROFS, "Read-only file system"),
        PermissionError(errno.EACCES, "Permission denied"),
        FileNotFoundError(errno.ENOENT, "No such file or directory"),
        OSError(errno.ENOSYS, "Function not implemented"),
        ImportError("This platform lacks a functioning sem_open implementation"),
    ],
)
def test_without_shared_semaphores_one_process_renders(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lock(context: SpawnContext) -> None:
        raise error

    alone = rendered(tmp_path / "alone", 1)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(SpawnContext, "Lock", lock)
    assert rendered(tmp_path / "together", 2) == alone
    assert capsys.readouterr().out == f"render: no 2 processes can work together here ({error}); rendering in one\n"


def test_two_processes_render_what_one_does(tmp_path: Path) -> None:
    assert rendered(tmp_path / "together", 2) == rendered(tmp_path / "alone", 1)
