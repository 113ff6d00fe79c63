"""What makes a job's bytes the same on every machine of a kind: set before any library that adds numbers is imported.

Libraries choose by the processor in which order they add, and so round differently. AVX2 is what nearly every x86-64 processor
since 2013 has; one thread a library keeps sums from being split by the number of cores. NumPy's logarithms and exponentials have a
last bit of their own with AVX-512; OpenBLAS, by which polynomials are fitted and eigenvectors found, adds by the processor's name.
"""

from __future__ import annotations

import os
import platform

ENVIRONMENT = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "AVX2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
if platform.machine() in ("x86_64", "AMD64"):
    ENVIRONMENT |= {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}


def fix_environment() -> None:
    """Set ENVIRONMENT for this process and those that it starts; a variable that is set already keeps its value."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
