"""The runs that are recorded in data/reference: their tables, and the commits whose code they ran."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from compfeat.provenance.commits import History
from compfeat.provenance.records import COPIED, read_record
from helpers import PROJECT

COPIES = sorted(path for path in (PROJECT / "data/reference").glob("*/*") if path.name in COPIED)


@pytest.mark.parametrize("copy", COPIES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_table_beside_a_record_is_the_recorded_one(copy: Path) -> None:
    artifacts = pd.read_csv(copy.parent / "artifacts.csv").set_index("path")["sha256"]
    (recorded,) = artifacts[artifacts.index.str.endswith(f"/summarise/{copy.name}")]
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == recorded


OF_SEVERAL_COMMITS = ("photographs", "seeds")
"""Records of runs whose jobs ran under the code of more than one commit, or of none."""
RECORDS = sorted(path.parent.name for path in (PROJECT / "data/reference").glob("*/record.json"))


@pytest.fixture(scope="module")
def history() -> History:
    found = History(PROJECT)
    if not found.commits or found.shallow:
        pytest.skip("no clone with all commits")
    return found


@pytest.mark.parametrize("name", sorted(set(RECORDS) - set(OF_SEVERAL_COMMITS)))
def test_the_commit_whose_code_ran_is_found(name: str, history: History) -> None:
    assert history.commit_of(read_record(PROJECT / "data/reference" / name).code)


def test_a_checkout_with_other_ends_of_lines_has_the_same_bytes(tmp_path: Path, history: History) -> None:
    settings = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    subprocess.run(
        ["git", "clone", "--quiet", "--depth=1", *settings, PROJECT.as_uri(), tmp_path / "clone"], check=True
    )
    listed = ["git", "-C", str(tmp_path / "clone"), "ls-files", "--eol"]
    ends = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(ends) > 500
    assert [line for line in ends if line.split()[0].removeprefix("i/") != line.split()[1].removeprefix("w/")] == []
