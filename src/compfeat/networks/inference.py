"""Running a trained network: from images to features, and from features to what each task predicts."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from compfeat.errors import ConfigError
from compfeat.networks.split import SplitNetwork


def choose_device(name: str) -> torch.device:
    """Return the device called ``name``; ``auto`` takes cuda, then mps, then cpu.

    Raises:
        ConfigError: the device is not on this machine.
    """
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(device for device, there in present.items() if there))
    if not present.get(name, False):
        there = ", ".join(device for device, yes in present.items() if yes)
        raise ConfigError(
            f"training.device: {name!r} is not on this machine; found {there}; choose one of them or auto"
        )
    return torch.device(name)


def fix_arithmetic(threads: int) -> None:
    """Make results repeat: a fixed thread count, and deterministic kernels on a GPU (a CPU's are)."""
    torch.set_num_threads(threads)
    if torch.cuda.is_available():
        # Asking for it loads torch's compiler, which takes seconds: not where it changes nothing.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False


@torch.inference_mode()
def encode_images(network: SplitNetwork, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the features (N x C x h x w) of images (uint8, N x H x W x 3)."""
    pixels = torch.from_numpy(np.array(images)).to(network.mean.device).permute(0, 3, 1, 2).float() / 255
    return network.encode(pixels).float().contiguous().cpu().numpy()


@torch.inference_mode()
def predict(network: SplitNetwork, features: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Return every task's predictions from features N x C x h x w, by the task's name (see ``Task.predict``)."""
    tensor = torch.from_numpy(np.ascontiguousarray(features)).to(network.mean.device)
    outputs = network.decode(tensor.to(memory_format=torch.channels_last))
    return {name: network.tasks[name].predict(output) for name, output in outputs.items()}
