"""Checkpoints of a training in progress: one safetensors file with everything that the rest of it depends on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from compfeat.networks.tensors import write_tensors


@dataclass
class Progress:
    """How far a training has come: the next epoch, and the epoch table's rows so far."""

    epoch: int
    rows: list[dict[str, Any]]


def save_checkpoint(
    path: Path, fingerprint: str, modules: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write the state after an epoch, atomically.

    Args:
        fingerprint: identifies settings, data and start; a checkpoint of another one is never resumed.
        modules: network and loss in one module.
    """
    tensors = {f"module.{k}": v for k, v in modules.state_dict().items()}
    for i, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{k}": v for k, v in state.items()}
    meta = {"fingerprint": fingerprint, "epoch": progress.epoch, "rows": progress.rows}
    write_tensors(path, tensors, {"state": json.dumps(meta)})


def load_checkpoint(path: Path, fingerprint: str, modules: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Restore the state of ``path`` and return the progress; a missing, damaged or foreign file means starting at epoch 0.

    A damaged checkpoint loses time, not results: the training starts over and ends in the same weights.
    """
    try:
        with safe_open(path, framework="pt") as file:
            meta = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (FileNotFoundError, SafetensorError, OSError, KeyError, TypeError, ValueError):
        return Progress(0, [])
    if meta["fingerprint"] != fingerprint:
        return Progress(0, [])
    modules.load_state_dict({k.removeprefix("module."): v for k, v in tensors.items() if k.startswith("module.")})
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            state.setdefault(int(index), {})[key] = like(parameters[int(index)], tensor)
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return Progress(meta["epoch"], meta["rows"])


def like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """Return ``tensor`` laid out in memory as ``parameter``: a fused optimiser walks both in the order of their bytes."""
    return torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
