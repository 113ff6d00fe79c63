"""The stage features on a tiny network: what it writes, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from compfeat.__main__ import call
from compfeat.errors import CompfeatError, DataError
from helpers import random_scenes, write_split
from tiny import tiny_network, write_network

IMAGES = 5


def argv(folder: Path, settings: str = '{"device": "cpu", "batch_size": 2}') -> list[str]:
    files = {"arrays": "val.npy", "weights": "weights.safetensors", "description": "network.json"}
    files["features"] = "features/val.npy"
    return ["--settings", settings, *(f"--{flag}={folder}/{name}" for flag, name in files.items())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder, at an odd path, with scenes and a network."""
    odd = tmp_path / 'it\'s; "odd" here'
    write_split(odd, "val", IMAGES)
    write_network(odd, tiny_network())
    return odd


def test_features_are_those_of_the_network_as_plain_npy_and_repeat(folder: Path) -> None:
    call("features", argv(folder))
    path = folder / "features/val.npy"
    first, written = path.read_bytes(), np.load(path)
    assert written.shape == (IMAGES, 32, 2, 4) and written.dtype == np.float32 and written.flags.c_contiguous
    images = torch.from_numpy(random_scenes(IMAGES)["image"]).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        expected = tiny_network().eval().encode(images)
    np.testing.assert_allclose(written, expected, rtol=1e-4, atol=1e-5)
    np.save(folder / "again.npy", written)
    assert (folder / "again.npy").read_bytes() == first
    call("features", argv(folder))
    assert path.read_bytes() == first and [file.name for file in path.parent.iterdir()] == ["val.npy"]


def test_features_that_are_not_finite(folder: Path) -> None:
    network = tiny_network()
    with torch.no_grad():
        next(iter(network.encoder.parameters()))[0] = 3e38
    write_network(folder, network)
    with pytest.raises(DataError, match="features of images 0 to 1 are not finite; the network diverged"):
        call("features", argv(folder))
    assert not list((folder / "features").iterdir())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('{"device": "tpu"}', "device"),
        ('{"device": "mps"}', "'mps' is not on this machine"),
        ('{"threads": 0}', "threads"),
    ],
)
def test_settings_that_cannot_be(settings: str, message: str, folder: Path) -> None:
    with pytest.raises((CompfeatError, SystemExit), match=message):
        call("features", argv(folder, settings))


def test_features_of_another_shape_than_the_described_one_are_refused(folder: Path) -> None:
    path = folder / "network.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"feature_height": 3}))
    with pytest.raises(
        DataError, match=r"val\.npy: features of \(32, 2, 4\) found; expected \(32, 3, 4\); rerun train"
    ):
        call("features", argv(folder))
    assert not list((folder / "features").iterdir())
