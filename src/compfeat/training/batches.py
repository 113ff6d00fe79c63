"""Batches of packed scenes: which images a step sees is a pure function of the seed and the step."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compfeat.datasets._packed import Packed


def steps_per_epoch(n_images: int, batch_size: int) -> int:
    """Return the steps of one pass; the last incomplete batch is left out (its images come in another epoch's order)."""
    return max(1, n_images // batch_size)


def batch_indices(seed: int, epoch: int, n_images: int, batch_size: int) -> list[NDArray[np.int64]]:
    """Return the image indices of every step of one epoch."""
    order = np.random.default_rng([seed, epoch]).permutation(n_images)
    return [np.sort(order[i * batch_size : (i + 1) * batch_size]) for i in range(steps_per_epoch(n_images, batch_size))]


def flips(seed: int, step: int, batch_size: int) -> NDArray[np.bool_]:
    """Return which images of a step are mirrored left to right."""
    return np.random.default_rng([seed, step, 1]).random(batch_size) < 0.5


def noise_generator(seed: int, step: int) -> torch.Generator:
    """Return the generator of a step's Q-layer noise."""
    return torch.Generator().manual_seed(int(np.random.default_rng([seed, step, 2]).integers(2**62)))


def targets(
    records: Packed, device: torch.device, mirror: NDArray[np.bool_] | None = None, downscale: int = 1
) -> dict[str, Tensor]:
    """Return a batch's tensors on ``device``: ``images`` in [0, 1], and ``labels`` and ``disparity`` where the records have them.

    ``downscale`` averages blocks of pixels of the images and takes one pixel a block of labels and disparity (whose values stay
    pixels of the source image).
    """
    names = ("image", "labels", "disparity_px")
    batch = {name: np.array(records[name]) for name in names if name in (records.dtype.names or ())}
    if mirror is not None:
        for array in batch.values():
            array[mirror] = array[mirror, :, ::-1]
    tensors = {name: torch.from_numpy(array).to(device, non_blocking=True) for name, array in batch.items()}
    # The array is height x width x channel, so the permuted view is what torch calls channels_last.
    result = {"images": tensors["image"].permute(0, 3, 1, 2).float() / 255}
    if downscale > 1:
        result["images"] = torch.nn.functional.avg_pool2d(result["images"], downscale)
    if "labels" in tensors:
        result["labels"] = tensors["labels"][:, ::downscale, ::downscale].long()
    if "disparity_px" in tensors:
        result["disparity"] = tensors["disparity_px"][:, ::downscale, ::downscale].unsqueeze(1)
    return result
