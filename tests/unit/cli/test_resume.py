"""A training that is killed and resumed under other code or packages ends in the weights that today's code gives from the start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import PROJECT, write_split
from tiny import train_settings

LOSS = "compfeat/losses/loss.py"
DRIVER = """
import sys
from compfeat.__main__ import call
from compfeat.training import loop
row = loop.epoch_row
def dying(learner, val, epoch, means, s):
    if epoch.number == int(sys.argv[1]):
        raise KeyboardInterrupt
    return row(learner, val, epoch, means, s)
loop.epoch_row = dying
call("train", sys.argv[2:])
"""


def train(folder: Path, output: str, die_at: int = -1) -> subprocess.CompletedProcess[str]:
    """Train with the source in ``folder``, to the end or until epoch ``die_at``."""
    split = [f"--train-arrays={folder}/train.npy", f"--val-arrays={folder}/val.npy", f"--info={folder}/train.json"]
    out = folder / output
    made = [f"--weights={out}/w.safetensors", f"--description={out}/n.json", f"--epoch-table={out}/e.csv"]
    settings = train_settings(epochs=3, loss="baseline").model_dump_json()
    return subprocess.run(
        [sys.executable, "-c", DRIVER, str(die_at), *split, *made, "--settings", settings],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source, with a training that was killed in its last epoch, and the same as a whole."""
    folder = tmp_path_factory.mktemp("killed")
    shutil.copytree(PROJECT / "src/compfeat", folder / "compfeat", ignore=shutil.ignore_patterns("__pycache__"))
    write_split(folder, "train", 4, seed=1)
    write_split(folder, "val", 2, seed=2)
    assert "KeyboardInterrupt" in train(folder, "out", die_at=2).stderr
    assert [path.name for path in (folder / "out").iterdir()] == ["resume.safetensors"]
    assert train(folder, "whole").returncode == 0
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "differs"),
    [
        (LOSS, "RATE_FACTOR = 10.0", "RATE_FACTOR = 20.0", "code of compfeat.losses.loss"),
        (LOSS, "log_variance", "log_weight", "code of compfeat.losses.loss"),
        ("torch-99.0.dist-info/METADATA", "", "Metadata-Version: 2.1\nName: torch\nVersion: 99.0\n", "torch"),
        (LOSS, "What losses are made of", "In other words", ""),
        ("compfeat/cli/tools/audit.py", "", "\nADDED = True\n", ""),
    ],
)
def test_a_resumed_training_is_that_of_todays_code_and_starts_over_for_what_it_uses_alone(
    file: str, old: str, new: str, differs: str, killed: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(killed, tmp_path / "copy"))
    (folder / file).parent.mkdir(exist_ok=True)
    before = (folder / file).read_text() if (folder / file).exists() else ""
    assert old in before
    (folder / file).write_text(before.replace(old, new) if old else before + new)
    resumed = train(folder, "out")
    assert resumed.returncode == 0, resumed.stderr
    said = [line for line in resumed.stdout.splitlines() if "resume.safetensors" in line]
    assert [line.partition("made with other ")[2].partition(";")[0] for line in said] == ([differs] if differs else [])
    other_code = differs.startswith("code")
    assert not other_code or train(folder, "clean").returncode == 0
    assert results(folder / "out") == results(folder / ("clean" if other_code else "whole"))
    assert (results(folder / "out") == results(folder / "whole")) != other_code
