"""Keeping a network for other configurations to start from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from compfeat.__main__ import main
from compfeat.errors import DataError
from compfeat.experiment.start import known_training, read_start

PHASE = {
    "epochs": 2,
    "downscale": 1,
    "crop_width_px": 0,
    "batch_size": 4,
    "learning_rate": 0.002,
    "final_rate_fraction": 0.1,
}
SETTINGS = {
    "dataset": "streets",
    "rendered": True,
    "render_seed": 7,
    "images": 24,
    "recipe": {
        "variant": "standard",
        "loss": "baseline",
        "phases": [{**PHASE, "downscale": 2}, PHASE],
        "warmup_epochs": 0.25,
        "noise_steps": 1,
        "quantiser_bits": 8,
        "validation_images": 4,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
    },
}


def keep(folder: Path) -> int:
    words = {
        "weights": "weights.safetensors",
        "description": "network.json",
        "kept": "data/c256.safetensors",
        "start": "data/c256.json",
    }
    argv = [word for name, file in words.items() for word in (f"--{name}", str(folder / file))]
    return main(["keep", "--settings", json.dumps(SETTINGS), *argv])


def test_weights_are_copied_and_described(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    (tmp_path / "network.json").write_text('{"cut": "c256"}')
    assert keep(tmp_path) == 0
    assert (tmp_path / "data/c256.safetensors").read_bytes() == b"weights"
    start = read_start(tmp_path / "data/c256.json")
    assert start.network == {"cut": "c256"} and start.trained_on.epochs == 4
    assert (start.trained_on.images, start.trained_on.render_seed) == (24, 7)
    assert start.sha256 == hashlib.sha256(b"weights").hexdigest()


def test_what_weights_were_trained_on_is_known_of_these_very_bytes_alone(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    (tmp_path / "network.json").write_text('{"cut": "c256"}')
    keep(tmp_path)
    weights, description = (tmp_path / "data" / f"c256.{suffix}" for suffix in ("safetensors", "json"))
    known, text = known_training(weights), description.read_text()
    assert known is not None and known.epochs == 4
    for other in (text.replace(hashlib.sha256(b"weights").hexdigest(), "0" * 64), '{"sha256": ""}', "no JSON"):
        description.write_text(other)
        assert known_training(weights) is None
    description.write_text(text)
    link = tmp_path / "c256.safetensors"
    link.symlink_to(weights)
    assert known_training(link) is None, "no description stands beside the link"
    link.with_suffix(".json").symlink_to(description)
    assert known_training(link) == known
    weights.write_bytes(b"weights of another network")
    assert known_training(weights) is None and known_training(link) is None
    description.unlink()
    assert known_training(weights) is None


def test_no_description_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    assert keep(tmp_path) == 2
    assert capsys.readouterr().err.startswith("compfeat keep: error: ")
    assert not (tmp_path / "data/c256.safetensors").exists()


@pytest.mark.parametrize("text", ["{}", '{"network": {}, "trained_on": {"images": 3}}', "[1]"])
def test_another_file_is_no_start(text: str, tmp_path: Path) -> None:
    (tmp_path / "c256.json").write_text(text)
    with pytest.raises(DataError, match=r"c256\.json: does not describe a kept network"):
        read_start(tmp_path / "c256.json")
