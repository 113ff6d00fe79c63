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
        PermissionError(errno.EACCES, "Permission denied"),
        OSError(errno.ENOSYS, "Function not implemented"),
        ImportError("This platform lacks a functioning sem_open implementation"),
    ],
)
def test_two_processes_render_what_one_does_and_without_shared_semaphores_one_renders(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lock(context: SpawnContext) -> None:
        raise error

    alone = rendered(tmp_path / "alone", 1)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(SpawnContext, "Lock", lock)
    assert rendered(tmp_path / "one", 2) == alone
    assert f"({error}); rendering in one" in capsys.readouterr().out
    monkeypatch.undo()
    assert rendered(tmp_path / "two", 2) == alone
