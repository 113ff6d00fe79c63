"""What tests of several rooms share: tiny settings, tiny scenes, and the files that stages read."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from compfeat.datasets.packed import record_dtype
from compfeat.models.files import describe, save_network
from compfeat.models.network import SplitNetwork
from compfeat.training.settings import Phase, TrainSettings

PROJECT = Path(__file__).parents[1]
TASKS = ("segmentation", "disparity", "reconstruction")
CLASSES = tuple(f"class{i}" for i in range(19))
SIZE = (32, 64)

_SETTINGS: dict[str, Any] = {
    "cut": "c256",
    "loss": "compressible",
    "seed": 3,
    "width": 8,
    "decoder_convolutions": 1,
    "tasks": TASKS,
    "warmup_epochs": 0.5,
    "strength": 0.1,
    "strength_factors": ((0.0, 0.0), (1.0, 1.0)),
    "noise_steps": 1.0,
    "quantiser_bits": 8,
    "validation_images": 2,
    "device": "cpu",
}


def phase(**changes: Any) -> Phase:
    """Return a phase of a tiny training run."""
    usual = {"epochs": 3, "downscale": 1, "crop_width_px": 0, "batch_size": 2}
    return Phase(**{**usual, "learning_rate": 0.002, "final_rate_fraction": 0.1} | changes)


def train_settings(**changes: Any) -> TrainSettings:
    """Return the settings of a tiny training run of one phase: the only place in the tests that knows their names.

    ``changes`` may name fields of the settings or of the phase.
    """
    of_phase = {k: changes.pop(k) for k in list(changes) if k in {field.name for field in fields(Phase)}}
    return TrainSettings(**{**_SETTINGS, "phases": (phase(**of_phase),)} | changes)


def settings_argv(settings: TrainSettings) -> list[str]:
    """Return the flags that the stage train takes for ``settings``."""
    words: list[str] = []
    for field in fields(TrainSettings):
        value = getattr(settings, field.name)
        items = list(value) if isinstance(value, tuple) else [value]
        if field.name == "phases":
            items = [json.dumps([asdict(phase) for phase in value])]
        elif field.name == "strength_factors":
            items = [json.dumps(value)]
        if items not in ([None], [""]):
            words += [f"--{field.name.replace('_', '-')}", *map(str, items)]
    return words


def random_scenes(count: int, size: tuple[int, int] = SIZE, seed: int = 0) -> NDArray[np.void]:
    """Return packed scenes of noise, with a few void labels and invalid disparities."""
    rng = np.random.default_rng(seed)
    records = np.zeros(count, record_dtype(*size, TASKS))
    records["image"] = rng.integers(0, 256, records["image"].shape)
    records["labels"] = rng.integers(0, len(CLASSES), records["labels"].shape)
    records["labels"][:, 0, :3] = 255
    records["disparity_px"] = rng.uniform(0, 20, records["disparity_px"].shape)
    records["disparity_px"][:, 0, :3] = 0
    records["disparity_authors_px"] = records["disparity_px"]
    return records


def write_split(folder: Path, split: str, count: int, seed: int = 0) -> None:
    """Write a prepared split of noise: ``{split}.npy``, ``.csv`` and ``.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{split}.npy", random_scenes(count, seed=seed))
    ids = [f"{split}_{i:06d}" for i in range(count)]
    pd.DataFrame({"image_id": ids}).to_csv(folder / f"{split}.csv", index=False)
    info = {"class_names": CLASSES, "height": SIZE[0], "width": SIZE[1], "tasks": TASKS}
    (folder / f"{split}.json").write_text(json.dumps(info))


def tiny_network(cut: str = "c256", width: int = 8, seed: int = 0) -> SplitNetwork:
    """Return a seeded network."""
    torch.manual_seed(seed)
    return SplitNetwork(cut, width, TASKS, len(CLASSES))


def write_network(folder: Path, network: SplitNetwork) -> None:
    """Write ``weights.safetensors`` and ``network.json``."""
    description = describe(network, "baseline", 0, CLASSES, SIZE, {"segmentation": 0.0})
    save_network(network, description, folder / "weights.safetensors", folder / "network.json")
