"""Keep a trained network for other configurations to start from: ``python -m compfeat keep --help``."""

from __future__ import annotations

from pathlib import Path

from compfeat.experiment.start import Start, TrainedOn
from compfeat.io import read_json, sha256_of, write_bytes, write_json


def keep(*, settings: TrainedOn, weights: Path, description: Path, kept: Path, start: Path) -> None:
    """Keep a trained network for other configurations to start from: copy its weights, and write down what they were trained on.

    Args:
        settings: dataset and training of the network, as JSON.
        weights: its weights (.safetensors).
        description: what network they are (.json).
        kept: output: a copy of the weights (.safetensors).
        start: output: what they are, their SHA-256, and what they were trained on (.json).

    Raises:
        DataError: a file is missing, or the description is no JSON.
    """
    described = Start(network=read_json(description), sha256=sha256_of(weights), trained_on=settings)
    write_bytes(kept, weights.read_bytes())
    write_json(start, described.model_dump(mode="json"))
