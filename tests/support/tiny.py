"""Tiny networks and trainings for tests: the only place in the tests that knows the names of their settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from compfeat.networks.files import build_network, build_tasks, describe, save_network
from compfeat.networks.split import SplitNetwork
from compfeat.settings.recipe import NetworkConfig, Phase
from compfeat.tasks.base import Task
from compfeat.training.settings import TrainSettings
from helpers import CLASSES, SIZE, TASKS

LOSS = {"name": "compressible", "strength": {"c256": 0.1, "c512": 0.1}, "strength_factors": [[0, 0], [1, 1]]}


def phase(**changes: Any) -> Phase:
    """Return a phase of a tiny training."""
    usual = {"epochs": 3, "downscale": 1, "crop_width_px": 0, "batch_size": 2}
    return Phase(**{**usual, "learning_rate": 0.002, "final_rate_fraction": 0.1} | changes)


def network_config(place: str = "c256", width: int = 8, name: str = "resnet34") -> NetworkConfig:
    return NetworkConfig(name=name, place=place, width=width, decoder_convolutions=1)


def train_settings(**changes: Any) -> TrainSettings:
    """Return the settings of a tiny training of one phase.

    ``changes`` may name fields of the settings, of the recipe, of the network, or of the phase.
    """
    cut = changes.pop("cut", "c256")
    phases = [phase(**{key: changes.pop(key) for key in set(changes) & set(Phase.model_fields)}).model_dump()]
    network = network_config(cut).model_dump()
    network |= {key: changes.pop(key) for key in set(changes) & set(NetworkConfig.model_fields)}
    recipe = {"variant": "standard", "loss": LOSS, "phases": phases, "warmup_epochs": 0.5, "noise_steps": 1.0}
    recipe |= {"quantiser_bits": 8, "validation_images": 2, "device": "cpu", "precision": "float32", "threads": 1}
    own: dict[str, Any] = {"training": "tried", "seed": 3, "tasks": TASKS}
    own |= {key: changes.pop(key) for key in set(changes) & set(own)}
    return TrainSettings.of(cut, network=network, recipe=recipe | changes, **own)


def settings_json(**changes: Any) -> str:
    """Return the settings of a tiny training as a rule passes them, with ``changes`` at the top of the recipe, unchecked."""
    values = json.loads(train_settings().model_dump_json())
    values["recipe"] |= changes
    return json.dumps(values)


def tiny_tasks() -> list[Task]:
    return build_tasks(TASKS, CLASSES)


def tiny_network(cut: str = "c256", width: int = 8, seed: int = 0) -> SplitNetwork:
    """Return a seeded network whose outputs depend on its features: PyTorch's own start would leave little but the biases."""
    torch.manual_seed(seed)
    network = build_network(network_config(cut, width), tiny_tasks())
    for parameter in network.decoders.parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter)
    return network


def write_network(folder: Path, network: SplitNetwork) -> None:
    """Write ``weights.safetensors`` and ``network.json``."""
    described = describe(
        network,
        cut=network.place,
        training="tried",
        seed=0,
        class_names=CLASSES,
        input_size=SIZE,
        loss_values={"s": 0.5},
    )
    save_network(network, described, folder / "weights.safetensors", folder / "network.json")
