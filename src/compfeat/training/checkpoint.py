"""Checkpoints of a training in progress: one safetensors file with everything that the rest of it depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from compfeat.errors import CheckpointError
from compfeat.networks.tensors import write_tensors

Rows = list[dict[str, Any]]
"""Of the epoch table, one for each epoch that is done."""


def save_checkpoint(
    path: Path, identity: Mapping[str, str], modules: nn.Module, optimizer: torch.optim.Optimizer, rows: Rows
) -> None:
    """Write the state after an epoch, atomically.

    Args:
        identity: all that the trained weights depend on, by what it is called; a checkpoint of another one is never resumed.
        modules: network and loss in one module.
    """
    tensors = {f"module.{k}": v.detach().cpu() for k, v in modules.state_dict().items()}
    for i, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{k}": v.cpu() for k, v in state.items()}
    text = json.dumps({"identity": dict(identity), "epoch": len(rows), "rows": rows})
    write_tensors(path, tensors, {"state": text, "sha256": checksum(text, tensors)})


def load_checkpoint(
    path: Path, identity: Mapping[str, str], modules: nn.Module, optimizer: torch.optim.Optimizer
) -> Rows:
    """Restore the state of ``path`` and return the epoch table so far, empty if there is no such file.

    Raises:
        CheckpointError: the file is damaged or of a training with another identity; then nothing is restored.
    """
    try:
        with safe_open(path, framework="pt") as file:
            meta = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except FileNotFoundError:
        return []
    except Exception as error:
        # Whatever is wrong with the file costs time, not results.
        raise CheckpointError(f"{path}: not a whole checkpoint ({error})") from None
    text = meta.get("state", "")
    if checksum(text, tensors) != meta.get("sha256"):
        raise CheckpointError(f"{path}: not a whole checkpoint (its checksum is missing or of other content)")
    state = json.loads(text)
    if differing := sorted(key for key, _ in state["identity"].items() ^ dict(identity).items()):
        raise CheckpointError(f"{path}: made with other {', '.join(dict.fromkeys(differing))}")
    modules.load_state_dict({k.removeprefix("module."): v for k, v in tensors.items() if k.startswith("module.")})
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            moments.setdefault(int(index), {})[key] = like(parameters[int(index)], tensor)
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    rows: Rows = state["rows"]
    return rows


def checksum(text: str, tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of a text and of tensors (on the CPU) with their names, types and shapes."""
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\n{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """Return ``tensor`` laid out in memory as ``parameter``: a fused optimiser walks both in the order of their bytes."""
    return torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
