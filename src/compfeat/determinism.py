"""What makes a job's bytes the same on every machine of a kind: set before any library that reads it is imported.

Libraries choose by the processor in which order they add, and so round differently. AVX2 is what nearly every x86-64 processor
since 2013 has; one thread a library keeps sums from being split by the number of cores. NumPy's logarithms and exponentials have a
last bit of their own with AVX-512; OpenBLAS, which fits polynomials and finds eigenvectors, adds by the processor's name.

What a user's session says to libraries (a notebook's backend of matplotlib, a module's PYTHONPATH) does not count. What chooses
devices, threads, caches and networks does.
"""

from __future__ import annotations

import os
import platform
import re
import site
import sys
import sysconfig
from pathlib import Path

THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Set where nothing is set: Snakemake sets them to the threads of a job."""
ENVIRONMENT = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "AVX2",
    "MPLBACKEND": "agg",
    "PYTHONUTF8": "1",
}
"""Set in any case."""
if platform.machine() in ("x86_64", "AMD64"):
    ENVIRONMENT |= {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}
SESSION = re.compile(
    r"PYTHON(?!(PATH|HOME|PLATLIBDIR|USERBASE|NOUSERSITE|PYCACHEPREFIX|DONTWRITEBYTECODE|UNBUFFERED|FAULTHANDLER)$).+"
    r"|SHELLOPTS|BASHOPTS"
    r"|MATPLOTLIBRC|SOURCE_DATE_EPOCH|NVIDIA_TF32_OVERRIDE|TORCH_ALLOW_TF32_CUBLAS_OVERRIDE|CUBLAS_WORKSPACE_CONFIG"
    r"|(ATEN|DNNL|NETWORKX|NPY|NUMPY|ONEDNN|PANDAS|PYTORCH_JIT|SCIPY|TQDM|TYPST)(_.*)?|(MKL|OPENBLAS)_(?!NUM_THREADS$).*"
)
"""Variables that change what Python, its shell and our libraries compute, or break them: taken out."""


def fix_environment() -> None:
    """Set ENVIRONMENT and THREADS for this process and those that it starts, and take SESSION and foreign packages out."""
    for name in list(os.environ):
        if SESSION.fullmatch(name):
            del os.environ[name]
    os.environ.update(ENVIRONMENT)
    for name, value in THREADS.items():
        os.environ.setdefault(name, value)
    leave_foreign_packages()


def leave_foreign_packages() -> None:
    """Take out of PYTHONPATH, and of this process, all folders but that of this package and Python's own."""
    source = os.path.realpath(Path(__file__).parents[1])
    installed = {os.path.realpath(folder) for folder in (*sysconfig.get_paths().values(), *site.getsitepackages())}
    given = [folder for folder in os.environ.pop("PYTHONPATH", "").split(os.pathsep) if folder]
    foreign = {os.path.realpath(folder) for folder in given} - {source, *installed}
    sys.path[:] = [folder for folder in sys.path if not folder or os.path.realpath(folder) not in foreign]
    if any(os.path.realpath(folder) == source for folder in given):
        os.environ["PYTHONPATH"] = source
