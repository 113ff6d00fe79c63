"""A pasted command computes as the job did: the environment is set by the program, before anything that adds numbers."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from compfeat.determinism import ENVIRONMENT

X86 = platform.machine() in ("x86_64", "AMD64")


def run(program: str, **environment: str) -> str:
    """Run a program in a shell's environment, in which nothing of ENVIRONMENT is set but ``environment``."""
    plain = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT} | environment
    argv = [sys.executable, "-c", program]
    return subprocess.run(argv, env=plain, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
def test_it_is_set_before_anything_else_is_imported() -> None:
    program = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.split('.')[0] in ('numpy', 'pandas', 'torch', 'scipy'):\n"
        f"            assert all(key in os.environ for key in {list(ENVIRONMENT)}), name\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import compfeat.__main__, torch, numpy\n"
        f"print([os.environ[key] for key in {list(ENVIRONMENT)}])\n"
    )
    assert run(program) == str(list(ENVIRONMENT.values()))


@pytest.mark.slow
@pytest.mark.skipif(not X86, reason="instruction sets of x86-64")
def test_libraries_compute_by_it() -> None:
    program = "import compfeat.__main__, torch\nprint(torch.backends.cpu.get_cpu_capability(), torch.get_num_threads())"
    assert run(program) == "AVX2 1"


def test_what_is_set_already_stays() -> None:
    assert run("import compfeat.__main__, os; print(os.environ['OMP_NUM_THREADS'])", OMP_NUM_THREADS="3") == "3"
