"""A pasted command computes as the job did, whatever the session: the environment is set before anything that reads it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from compfeat.determinism import ENVIRONMENT, SESSION, THREADS
from helpers import PROJECT

X86 = platform.machine() in ("x86_64", "AMD64")
HOSTILE = {"MPLBACKEND": "module://nowhere", "MATPLOTLIBRC": "/nowhere", "SOURCE_DATE_EPOCH": "315532800"}
HOSTILE |= {"PYTHONWARNINGS": "error::UserWarning", "PYTHONOPTIMIZE": "1", "PYTHONHASHSEED": "7", "TQDM_NCOLS": "many"}
HOSTILE |= {"NETWORKX_AUTOMATIC_BACKENDS": "none", "PANDAS_FUTURE_INFER_STRING": "0", "SCIPY_ARRAY_API": "1"}
HOSTILE |= {"NPY_ENABLE_CPU_FEATURES": "X86_V4", "OPENBLAS_CORETYPE": "SkylakeX", "MKL_CBWR": "AUTO"}
HOSTILE |= {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "ALL", "DNNL_MAX_CPU_ISA": "ALL"}
HOSTILE |= {"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1", "NVIDIA_TF32_OVERRIDE": "1", "PYTORCH_JIT": "0"}
HOSTILE |= {"TYPST_FONT_PATHS": "/", "SHELLOPTS": "noclobber"}
"""What sessions set: a notebook, a module of a cluster, a build shell, a debugging afternoon."""
LEGITIMATE = {
    "OMP_NUM_THREADS": "3",
    "MKL_NUM_THREADS": "2",
    "CUDA_VISIBLE_DEVICES": "1",
    "HTTPS_PROXY": "http://proxy",
}
LEGITIMATE |= {"PYTHONDONTWRITEBYTECODE": "1", "MPLCONFIGDIR": "/tmp", "PYTHON": "python3.11"}


def run(program: str, **environment: str) -> str:
    """Run a program in a shell's environment, in which nothing is set for libraries but ``environment``."""
    plain = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT | THREADS} | environment
    argv = [sys.executable, "-c", program]
    return subprocess.run(argv, env=plain, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
def test_it_is_set_before_anything_else_is_imported() -> None:
    names = [*ENVIRONMENT, *THREADS]
    program = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.split('.')[0] in ('numpy', 'pandas', 'torch', 'scipy'):\n"
        f"            assert all(key in os.environ for key in {names}), name\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import compfeat.__main__, torch, numpy\n"
        f"print([os.environ[key] for key in {names}])\n"
    )
    assert run(program) == str([*ENVIRONMENT.values(), *THREADS.values()])


@pytest.mark.slow
@pytest.mark.skipif(not X86, reason="instruction sets of x86-64")
@pytest.mark.parametrize("session", [{}, HOSTILE])
def test_libraries_compute_by_it(session: dict[str, str]) -> None:
    program = (
        "import compfeat.__main__, torch, matplotlib, numpy, pandas, tqdm, networkx, scipy.linalg\n"
        "print(torch.backends.cpu.get_cpu_capability(), torch.get_num_threads(), matplotlib.get_backend())"
    )
    assert run(program, **session) == "AVX2 1 agg"


def test_what_a_session_says_to_libraries_is_taken_out_and_the_rest_stays() -> None:
    program = "import compfeat.__main__, json, os; print(json.dumps(dict(os.environ)))"
    found = json.loads(run(program, **HOSTILE, **LEGITIMATE))
    assert found | ENVIRONMENT | LEGITIMATE == found
    assert [name for name in found if SESSION.fullmatch(name) and name not in ENVIRONMENT] == []


def test_packages_of_a_session_are_not_imported(tmp_path: Path) -> None:
    for name in ("bjontegaard", "typst"):
        (tmp_path / "evil" / name).mkdir(parents=True)
        (tmp_path / "evil" / name / "__init__.py").touch()
    program = (
        "import compfeat.__main__, bjontegaard, importlib.util, os, sys\n"
        "print(bjontegaard.__file__, importlib.util.find_spec('typst').origin, os.environ.get('PYTHONPATH'))"
    )
    source, packages = str(PROJECT / "src"), next(path for path in sys.path if path.endswith("site-packages"))
    for given, left in ((f"{tmp_path}/evil", "None"), (f":{tmp_path}/evil:{packages}:{source}:", source)):
        *files, path = run(program, **HOSTILE, PYTHONPATH=given).split()
        assert path == left and all(file.startswith(packages) for file in files)
