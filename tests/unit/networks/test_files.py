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

CPU = torch.device("cpu")


def load(folder: Path) -> torch.nn.Module:
    return load_network(folder / "weights.safetensors", load_description(folder / "network.json"), CPU)


def test_a_network_comes_back_as_it_was(tmp_path: Path) -> None:
    network = tiny_network("c512")
    write_network(tmp_path, network)
    loaded = load(tmp_path)
    assert not loaded.training
    assert loaded.state_dict().keys() == network.state_dict().keys()
    assert all(torch.equal(t, network.state_dict()[name]) for name, t in loaded.state_dict().items())
    description = load_description(tmp_path / "network.json")
    assert description.parameters == sum(p.numel() for p in network.parameters())
    assert description.feature_shape == (64, 1, 2)
    assert (description.network, description.place, description.stride, description.signed) == (
        "resnet34",
        "c512",
        32,
        False,
    )


def test_files_have_the_usual_permissions(tmp_path: Path) -> None:
    write_network(tmp_path, tiny_network())
    usual = tmp_path / "usual"
    usual.touch()
    for name in ("weights.safetensors", "network.json"):
        assert (tmp_path / name).stat().st_mode == usual.stat().st_mode


def test_what_a_loss_keeps_is_beside_the_weights_and_not_in_the_network(tmp_path: Path) -> None:
    network = tiny_network()
    write_network(tmp_path, network)
    weights, description = tmp_path / "weights.safetensors", load_description(tmp_path / "network.json")
    save_network(network, description, weights, tmp_path / "network.json", {"scale": torch.ones(2)})
    with safe_open(weights, framework="pt") as file:
        assert file.get_tensor("loss.scale").tolist() == [1, 1]
    assert load(tmp_path).state_dict().keys() == network.state_dict().keys()


def test_saving_repeats_byte_for_byte(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_network(tmp_path / name, tiny_network())
    for name in ("weights.safetensors", "network.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_truncated_weights_are_refused(kept: int, tmp_path: Path) -> None:
    write_network(tmp_path, tiny_network())
    path = tmp_path / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        load(tmp_path)


@pytest.mark.parametrize(("cut", "width"), [("c512", 8), ("c256", 12)])
def test_weights_of_another_network_are_refused(cut: str, width: int, tmp_path: Path) -> None:
    write_network(tmp_path, tiny_network())
    write_network(tmp_path / "other", tiny_network(cut, width))
    (tmp_path / "other/weights.safetensors").replace(tmp_path / "weights.safetensors")
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: tensor '"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"width": None}, CheckpointError), ({"wdith": 8}, CheckpointError), ({"tasks": 1}, CheckpointError)],
)
def test_a_description_with_other_keys_is_refused(
    change: dict[str, Any], kind: type[Exception], tmp_path: Path
) -> None:
    write_network(tmp_path, tiny_network())
    path = tmp_path / "network.json"
    values = {**json.loads(path.read_text()), **change}
    path.write_text(json.dumps({k: v for k, v in values.items() if v is not None}))
    with pytest.raises(kind, match=r"network\.json: not the description of a network"):
        load_description(path)


def test_a_description_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "network.json").write_text("{")
    with pytest.raises(DataError, match="not JSON"):
        load_description(tmp_path / "network.json")
