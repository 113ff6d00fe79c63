"""A network on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from compfeat.errors import CheckpointError, DataError
from compfeat.networks.files import load_description, load_network, save_network
from tiny import tiny_network, write_network


def load(folder: Path) -> torch.nn.Module:
    description = load_description(folder / "network.json")
    return load_network(folder / "weights.safetensors", description, torch.device("cpu"))


def test_a_network_comes_back_as_it_was_and_is_saved_in_the_same_bytes(tmp_path: Path) -> None:
    network = tiny_network("c512")
    write_network(tmp_path, network)
    loaded, description = load(tmp_path), load_description(tmp_path / "network.json")
    assert not loaded.training
    assert loaded.state_dict().keys() == network.state_dict().keys()
    assert all(torch.equal(t, network.state_dict()[name]) for name, t in loaded.state_dict().items())
    assert description.parameters == sum(p.numel() for p in network.parameters())
    assert (description.network, description.place, description.feature_shape) == ("resnet34", "c512", (64, 1, 2))
    assert (description.stride, description.signed) == (32, False)
    write_network(tmp_path / "again", network)
    for name in ("weights.safetensors", "network.json"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_what_a_loss_keeps_is_beside_the_weights_and_not_in_the_network(tmp_path: Path) -> None:
    network = tiny_network()
    write_network(tmp_path, network)
    weights, description = tmp_path / "weights.safetensors", load_description(tmp_path / "network.json")
    save_network(network, description, weights, tmp_path / "network.json", {"scale": torch.ones(2)})
    with safe_open(weights, framework="pt") as file:
        assert file.get_tensor("loss.scale").tolist() == [1, 1]
    assert load(tmp_path).state_dict().keys() == network.state_dict().keys()


@pytest.mark.parametrize(("cut", "width"), [("c512", 8), ("c256", 12)])
def test_weights_of_another_network_are_refused(cut: str, width: int, tmp_path: Path) -> None:
    write_network(tmp_path, tiny_network())
    write_network(tmp_path / "other", tiny_network(cut, width))
    (tmp_path / "other/weights.safetensors").replace(tmp_path / "weights.safetensors")
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: tensor '"):
        load(tmp_path)


@pytest.mark.parametrize("change", [{"width": None}, {"wdith": 8}, {"tasks": 1}, None])
def test_another_file_is_no_description(change: dict[str, Any] | None, tmp_path: Path) -> None:
    write_network(tmp_path, tiny_network())
    path = tmp_path / "network.json"
    values = json.loads(path.read_text()) | (change or {})
    path.write_text("{" if change is None else json.dumps({k: v for k, v in values.items() if v is not None}))
    with pytest.raises((CheckpointError, DataError), match=r"network\.json: not (the description of a network|JSON)"):
        load_description(path)
