"""What every network must be, whoever adds it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from compfeat.networks.base import NETWORKS, feature_shape
from compfeat.networks.split import SplitNetwork
from tiny import tiny_tasks

PLACES = [(name, place) for name in NETWORKS.names() for place in NETWORKS.get(name).cuts]


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_features_and_outputs_are_as_declared(name: str, place: str) -> None:
    cut, torch_state = NETWORKS.get(name).cuts[place], torch.random.get_rng_state()
    torch.manual_seed(0)
    network = SplitNetwork(name, place, 8, tiny_tasks(), 1).eval()
    size = (2 * cut.stride, 4 * cut.stride)
    with torch.inference_mode():
        features = network.encode(torch.rand(1, 3, *size))
        outputs = network.decode(features)
    torch.random.set_rng_state(torch_state)
    assert tuple(features.shape[1:]) == feature_shape(name, place, 8, *size)
    assert cut.signed or float(features.min()) >= 0
    assert {tuple(output.shape[2:]) for output in outputs.values()} == {size}


@pytest.mark.parametrize("package", ["networks", "losses", "training.variants"])
def test_plug_ins_are_declared_without_torch(package: str) -> None:
    code = (
        f"import sys, importlib; m = importlib.import_module('compfeat.{package}.base'); "
        "from compfeat.registry import Registry; "
        "r = next(v for v in vars(m).values() if isinstance(v, Registry)); [r.get(n) for n in r.names()]; "
        "import compfeat.training.settings; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
