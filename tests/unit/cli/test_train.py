"""The stage train: what it writes, where it starts from, that it resumes, and how it fails."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from compfeat.__main__ import call
from compfeat.cli.pipeline import train
from compfeat.errors import CompfeatError
from compfeat.networks.resnet import Encoder
from compfeat.training.settings import TrainSettings
from helpers import write_split
from tiny import LOSS, tiny_network, tiny_tasks, train_settings, write_network


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_split(folder, "train", 4, seed=1)
    write_split(folder, "val", 2, seed=2)
    return folder


def argv(data: Path, out: Path, settings: TrainSettings, *more: str) -> list[str]:
    inputs = ["--train-arrays", f"{data}/train.npy", "--val-arrays", f"{data}/val.npy", "--info", f"{data}/train.json"]
    outputs = ["--weights", f"{out}/w.safetensors", "--description", f"{out}/n.json", "--epoch-table", f"{out}/e.csv"]
    return [*inputs, *outputs, "--settings", settings.model_dump_json(), *more]


def test_what_is_written(data: Path, tmp_path: Path) -> None:
    call("train", argv(data, tmp_path, train_settings(epochs=2)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.csv", "n.json", "w.safetensors"]
    description = json.loads((tmp_path / "n.json").read_text())
    assert (description["cut"], description["training"], description["seed"]) == ("c256", "tried", 3)
    terms = ("segmentation", "disparity", "reconstruction", "features")
    assert description["loss_values"].keys() == {"strength", *(f"log_variance_{term}" for term in terms)}
    assert pd.read_csv(tmp_path / "e.csv")["epoch"].tolist() == [1, 2]


def test_a_run_starts_from_the_weights_it_is_given(data: Path, tmp_path: Path) -> None:
    network = tiny_network(seed=11)
    write_network(tmp_path, network)
    initial = ["--initial", f"{tmp_path}/weights.safetensors"]
    call("train", argv(data, tmp_path, train_settings(epochs=1, learning_rate=1e-9), *initial))
    trained = load_file(tmp_path / "w.safetensors")
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(trained[name], parameter.detach(), atol=1e-6, rtol=1e-4)


def test_a_training_starts_from_a_pretrained_encoder(tmp_path: Path) -> None:
    encoder = Encoder(3, 64)
    path = tmp_path / "resnet34.safetensors"
    save_file({**encoder.state_dict(), "fc.bias": torch.zeros(1), "layer4.0.bn1.bias": torch.zeros(1)}, path)
    settings = train_settings(width=64)
    network = train.start(settings, tiny_tasks(), train.chosen_variant(settings), None, path)
    name = "layer3.5.conv2.weight"
    assert torch.equal(network.encoder.state_dict()[name], encoder.state_dict()[name])


def test_the_release_takes_the_encoder_of_a_start_and_random_decoders(tmp_path: Path) -> None:
    write_network(tmp_path, tiny_network(seed=5))
    started = load_file(tmp_path / "weights.safetensors")
    found = {}
    for variant in ("standard", "release"):
        settings = train_settings(variant=variant)
        network = train.start(
            settings, tiny_tasks(), train.chosen_variant(settings), tmp_path / "weights.safetensors", None
        )
        found[variant] = network.state_dict()
    assert all(torch.equal(found["standard"][name], tensor) for name, tensor in started.items())
    for name, tensor in found["release"].items():
        if name.endswith("weight") and tensor.dim() > 1:
            assert torch.equal(tensor, started[name]) == name.startswith("encoder.")


def test_all_that_weights_depend_on_is_part_of_a_trainings_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"a")
    settings = train_settings()

    def known(settings: TrainSettings = settings) -> dict[str, str]:
        return train.identity(settings, {"initial": path}, torch.device("cpu"))

    before = known()
    named = ["networks.plugins.resnet34", "losses.compressibility", "training.variants.plugins.standard"]
    named += ["tasks.plugins.disparity", "training.loop"]
    assert {"torch", "numpy", "device", "processor", *(f"code of compfeat.{name}" for name in named)} <= set(before)

    def differing(now: dict[str, str]) -> set[str]:
        return {name for name, _ in now.items() ^ before.items()}

    assert differing(known()) == set()
    changes = {"seed": 4, "recipe.precision": "bfloat16", "recipe.noise_steps": 2.0, "network.width": 12}
    for key, value in changes.items():
        assert differing(known(train_settings(**{key.rpartition(".")[2]: value}))) == {f"setting {key}"}
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    assert differing(known()) == {"ATEN_CPU_CAPABILITY"}
    monkeypatch.undo()
    monkeypatch.setenv("OMP_NUM_THREADS", "7")  # which the setting overrules
    assert differing(known()) == set()
    path.write_bytes(b"b")
    assert differing(known()) == {"file initial"}
    coded = known(train_settings(variant="coded_images"))
    assert "Pillow" in coded["programs"] and "code of compfeat.codecs.plugins.jpeg" in coded


@pytest.mark.parametrize("case", ["made here", "from elsewhere", "of another cut"])
def test_other_weights_to_start_from_are_refused(case: str, data: Path, tmp_path: Path) -> None:
    write_network(tmp_path, tiny_network("c512" if case == "of another cut" else "c256"))
    path, message = tmp_path / "weights.safetensors", r"weights\.safetensors: tensor 'decoders\."
    if case != "of another cut":
        save_file(load_file(path) | {"encoder.bn1.bias": torch.full((8,), torch.nan)}, path)
        message = r"tensor 'encoder\.bn1\.bias' has values that are not finite; delete it and rerun the stage"
    if case == "from elsewhere":
        (tmp_path / "network.json").unlink()
        message = r"give another file as trainings\.tried\.start"
    with pytest.raises(CompfeatError, match=message):
        call("train", argv(data, tmp_path / "out", train_settings(), "--initial", str(path)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"precision": "bfloat16"}, "trainings.tried.precision: bfloat16 needs cuda, found cpu; set float32"),
        ({"place": "nowhere"}, "place 'nowhere' is unknown to network resnet34"),
        ({"name": "resnet35"}, "network 'resnet35' is unknown"),
        ({"variant": "none"}, "training variant 'none' is unknown"),
        ({"loss": "none"}, "loss 'none' is unknown"),
        ({"loss": "compressible"}, "trainings.tried.loss: strength has no value for cut 'c256'"),
        ({"loss": {**LOSS, "range": "all"}}, "key 'trainings.tried.loss.range': found 'all'"),
        ({"tasks": ("depth",)}, "task 'depth' is unknown"),
        ({"cut": "c512", "downscale": 2}, "trainings.tried.phases: phase 0: images of height 32 px, 2 times smaller"),
    ],
)
def test_settings_that_cannot_be(change: dict[str, Any], message: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(CompfeatError, match=re.escape(message)):
        call("train", argv(data, tmp_path, train_settings(**change)))
    assert not list(tmp_path.iterdir())


def test_a_training_that_diverges_writes_nothing(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CompfeatError, match=r"diverged: .* lower trainings\.tried\.phases\.0\.learning_rate"):
        call("train", argv(data, tmp_path, train_settings(learning_rate=1e30, warmup_epochs=0)))
    assert not list(tmp_path.iterdir())
