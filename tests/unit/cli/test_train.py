"""The stage train: what it writes, where it starts from, that it resumes, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from compfeat.__main__ import main as compfeat
from compfeat.models.resnet import Encoder
from compfeat.stages import train as stage
from compfeat.training import loop
from compfeat.training.settings import TrainSettings
from helpers import settings_argv, tiny_network, train_settings, write_network, write_split


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_split(folder, "train", 4, seed=1)
    write_split(folder, "val", 2, seed=2)
    return folder


def argv(data: Path, out: Path, settings: TrainSettings, *more: str) -> list[str]:
    inputs = ["--train", f"{data}/train.npy", "--val", f"{data}/val.npy", "--info", f"{data}/train.json"]
    outputs = ["--weights", f"{out}/w.safetensors", "--description", f"{out}/n.json", "--epoch-table", f"{out}/e.csv"]
    return [*inputs, *outputs, *settings_argv(settings), *more]


def mistake(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert compfeat(["train", *words]) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert len(told) == 1 and told[0].startswith("compfeat train: error: ")
    return told[0]


def test_what_is_written(data: Path, tmp_path: Path) -> None:
    stage.main(argv(data, tmp_path, train_settings(epochs=2)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.csv", "n.json", "w.safetensors"]
    description = json.loads((tmp_path / "n.json").read_text())
    assert (description["cut"], description["loss"], description["seed"]) == ("c256", "compressible", 3)
    assert description["log_variance"].keys() == {"segmentation", "disparity", "reconstruction", "features"}
    assert pd.read_csv(tmp_path / "e.csv")["epoch"].tolist() == [1, 2]


def test_a_killed_run_goes_on_where_it_was(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = train_settings(epochs=3)
    stage.main(argv(data, tmp_path / "whole", settings))
    trained: list[int] = []
    row = loop.epoch_row

    def dying(*args: Any) -> dict[str, Any]:
        trained.append(args[2].number)
        if trained == [0, 1]:
            raise KeyboardInterrupt
        return row(*args)

    monkeypatch.setattr(loop, "epoch_row", dying)
    with pytest.raises(KeyboardInterrupt):
        stage.main(argv(data, tmp_path / "killed", settings))
    assert [path.name for path in (tmp_path / "killed").iterdir()] == ["resume.safetensors"]
    stage.main(argv(data, tmp_path / "killed", settings))
    assert trained == [0, 1, 1, 2]
    for name in ("w.safetensors", "n.json", "e.csv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes()


def test_a_run_starts_from_the_weights_it_is_given(data: Path, tmp_path: Path) -> None:
    network = tiny_network(seed=11)
    write_network(tmp_path, network)
    initial = ["--initial", f"{tmp_path}/weights.safetensors"]
    stage.main(argv(data, tmp_path, train_settings(epochs=1, learning_rate=1e-9), *initial))
    trained = load_file(tmp_path / "w.safetensors")
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(trained[name], parameter.detach(), atol=1e-6, rtol=1e-4)


def test_a_run_starts_from_imagenets_encoder(data: Path, tmp_path: Path) -> None:
    encoder = Encoder("c256", 64)
    path = tmp_path / "resnet34.safetensors"
    save_file({**encoder.state_dict(), "fc.bias": torch.zeros(1), "layer4.0.bn1.bias": torch.zeros(1)}, path)
    network = stage.start(train_settings(width=64, encoder_weights=str(path)), 19, None)
    name = "layer3.5.conv2.weight"
    assert torch.equal(network.encoder.state_dict()[name], encoder.state_dict()[name])


def test_weights_of_another_network_are_refused(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_network(tmp_path, tiny_network("c512"))
    words = argv(data, tmp_path / "out", train_settings(), "--initial", f"{tmp_path}/weights.safetensors")
    assert "weights.safetensors: tensor 'decoders." in mistake(words, capsys)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 10}, "model.width: 10 found; expected a multiple of 4 from 8 on"),
        ({"width": 4}, "model.width: 4 found; expected a multiple of 4 from 8 on"),
        ({"precision": "bfloat16"}, "train.precision: bfloat16 needs cuda, found cpu; set float32"),
        (
            {"strength_factors": ((2.0, 0.0), (1.0, 1.0))},
            "--strength-factors: found '[[2.0, 0.0], [1.0, 1.0]]'; expected a JSON list of pairs of epoch and factor",
        ),
        ({"cut": "c128"}, "model.cuts: 'c128' is unknown"),
        ({"loss": "none"}, "loss 'none' is unknown; expected one of baseline, compressible"),
        ({"encoder_weights": "/nowhere.safetensors"}, "/nowhere.safetensors: weights not found"),
    ],
)
def test_settings_that_cannot_be(
    change: dict[str, Any], message: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in mistake(argv(data, tmp_path, train_settings(**change)), capsys)
    assert not list(tmp_path.iterdir())


def test_damaged_scenes_are_refused(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = argv(data, tmp_path, train_settings())
    cut = tmp_path / "train.npy"
    cut.write_bytes((data / "train.npy").read_bytes()[:-5])
    words[words.index("--train") + 1] = str(cut)
    assert f"{cut}: " in mistake(words, capsys)
