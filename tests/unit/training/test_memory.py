"""What a training asks of the C library's memory."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import sys

import pytest

from compfeat.training.memory import keep_freed_memory

RESIDENT = """
import sys
from pathlib import Path
from compfeat.training.memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
array = b"x" * 2**26
del array
print(Path("/proc/self/statm").read_text().split()[1])
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library has no mallopt")
def test_freed_memory_stays() -> None:
    kept, freed = (int(subprocess.check_output([sys.executable, "-c", RESIDENT, how])) for how in ("keep", "free"))
    assert (kept - freed) * mmap.PAGESIZE > 2**25


def test_a_library_without_it_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert not keep_freed_memory()
