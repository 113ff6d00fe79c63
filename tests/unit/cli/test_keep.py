"""Keeping a network for other configurations to start from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from compfeat.__main__ import main
from compfeat.experiment.start import Start, known_training
from tiny import phase, train_settings

SETTINGS = {"dataset": "streets", "rendered": True, "render_seed": 7, "images": 24}
KEPT = "data/c256.safetensors"


def keep(folder: Path, network: str = '{"cut": "c256"}') -> int:
    (folder / "weights.safetensors").write_bytes(b"weights")
    (folder / "network.json").write_text(network)
    recipe = train_settings(phases=[phase(epochs=2).model_dump()] * 2).recipe.model_dump()
    files = {"weights": "weights.safetensors", "description": "network.json", "kept": KEPT, "start": "data/c256.json"}
    argv = [word for name, file in files.items() for word in (f"--{name}", str(folder / file))]
    return main(["keep", "--settings", json.dumps({**SETTINGS, "recipe": recipe}), *argv])


def test_weights_are_copied_and_described(tmp_path: Path) -> None:
    assert keep(tmp_path) == 0
    assert (tmp_path / KEPT).read_bytes() == b"weights"
    start = Start.model_validate_json((tmp_path / "data/c256.json").read_text())
    assert start.network == {"cut": "c256"} and start.trained_on.epochs == 4
    assert (start.trained_on.images, start.trained_on.render_seed) == (24, 7)
    assert start.sha256 == hashlib.sha256(b"weights").hexdigest()


def test_what_weights_were_trained_on_is_known_of_these_very_bytes_alone(tmp_path: Path) -> None:
    keep(tmp_path)
    weights, description = tmp_path / KEPT, tmp_path / "data/c256.json"
    known, text = known_training(weights), description.read_text()
    assert known is not None and known.epochs == 4
    another = text.replace(hashlib.sha256(b"weights").hexdigest(), "0" * 64)
    for other in (another, "{}", '{"network": {}, "trained_on": {"images": 3}}', "[1]", "no JSON"):
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


def test_what_describes_no_network_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keep(tmp_path, "") == 2
    assert capsys.readouterr().err.startswith("compfeat keep: error: ")
    assert not (tmp_path / KEPT).exists()
