"""Tables are the same to the byte whatever instructions the processor has."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from compfeat.cli.pipeline.gather import DIGITS, rounded
from compfeat.results.tables.base import TABLES
from tiny_results import STATISTICS, in_order

CPUINFO = Path("/proc/cpuinfo")
HAS_AVX512 = CPUINFO.is_file() and "avx512f" in CPUINFO.read_text()
"""OpenBLAS does not look whether the processor has what OPENBLAS_CORETYPE names."""
PROCESSORS: dict[str, dict[str, str]] = {
    "as jobs run": {},
    **({"AVX-512": {"NPY_DISABLE_CPU_FEATURES": "", "OPENBLAS_CORETYPE": "SkylakeX"}} if HAS_AVX512 else {}),
    "neither AVX2 nor FMA": {
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
        "OPENBLAS_CORETYPE": "Nehalem",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable",
    },
}
"""Settings of the environment that make libraries compute as on other processors."""
PROGRAM = """
import json, os, sys
from compfeat.__main__ import call
os.environ.update(json.loads(sys.argv[2]))
for argv in json.loads(sys.argv[1]):
    call("gather", argv)
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="instruction sets of x86-64")
def test_tables_do_not_depend_on_the_instruction_set(tiny_run: Callable[..., Any], tmp_path: Path) -> None:
    run = tiny_run(seeds=(0, 1), images=12, statistics=STATISTICS | {"resamples": 20})
    run.gather()
    specs = in_order(TABLES.names())
    made: dict[str, dict[str, bytes]] = {}
    for name, environment in PROCESSORS.items():
        words = json.dumps([run.argv(spec) for spec in specs])
        argv = [sys.executable, "-W", "ignore", "-c", PROGRAM, words, json.dumps(environment)]
        subprocess.run(argv, env={**os.environ, **environment}, capture_output=True, check=True)
        files = sorted(path for path in run.table("").rglob("*") if path.is_file())
        made[name] = {path.relative_to(run.table("")).as_posix(): path.read_bytes() for path in files}
    first = made["as jobs run"]
    assert {"points.csv", "epochs.csv", "feature_statistics.csv", "published_bd_rate.csv"} <= set(first)
    for name, tables in made.items():
        assert [file for file in first if tables[file] != first[file]] == [], name


def test_the_last_digits_are_rounded_and_nothing_else() -> None:
    table = pd.DataFrame({"x": [1 / 3, 1e300 / 3, float("nan")], "n": [1, 2, 3], "text": ["a", "0.123456789012", ""]})
    table["whole"] = pd.array([12345678901234, None, 1], dtype="Int64")
    found = rounded(table)
    assert found["x"].tolist()[:2] == [0.3333333333, 3.333333333e299] and np.isnan(found["x"][2])
    pd.testing.assert_frame_equal(found.drop(columns="x"), table.drop(columns="x"))
    third = pd.DataFrame({"x": [1 / 3, np.nextafter(1 / 3, 1)]})
    assert len(set(rounded(third)["x"])) == 1 and DIGITS == 10
