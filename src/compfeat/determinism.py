"""What makes a job's bytes the same on every machine of a kind: set before any library that adds numbers is imported.

Libraries choose by the processor in which order they add, and so round differently. AVX2 is what nearly every x86-64 processor
since 2013 has; one thread a library keeps sums from being split by the number of cores.
"""

from __future__ import annotations

import os

ENVIRONMENT = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "AVX2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def fix_environment() -> None:
    """Set ENVIRONMENT for this process and those that it starts; a variable that is set already keeps its value."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
