"""The runs that are recorded in data/reference."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from compfeat.provenance.records import COPIED
from helpers import PROJECT

COPIES = sorted(path for path in (PROJECT / "data/reference").glob("*/*") if path.name in COPIED)


@pytest.mark.parametrize("copy", COPIES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_table_beside_a_record_is_the_recorded_one(copy: Path) -> None:
    artifacts = pd.read_csv(copy.parent / "artifacts.csv").set_index("path")["sha256"]
    (recorded,) = artifacts[artifacts.index.str.endswith(f"/summarise/{copy.name}")]
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == recorded
