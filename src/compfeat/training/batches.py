"""Batches of packed scenes: which images a step sees is a pure function of the seed and the step."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compfeat.datasets.packed import Packed


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


def strips(seed: int, step: int, batch_size: int, width_px: int, crop_width_px: int) -> NDArray[np.int64]:
    """Return the left edge of the strip that a step sees of each image; 0 throughout where it sees the whole."""
    room = width_px - crop_width_px if crop_width_px else 0
    return np.random.default_rng([seed, step, 3]).integers(0, room + 1, batch_size)


def crop(records: Packed, left: NDArray[np.int64], crop_width_px: int) -> dict[str, NDArray[Any]]:
    """Return copies of what training needs of the records, N x H x W (x 3): a strip of each, or all of it for a width of 0."""
    arrays: dict[str, NDArray[Any]] = {}
    for name in ("image", "labels", "disparity_px"):
        if name in (records.dtype.names or ()):
            whole = records[name]
            width = crop_width_px or whole.shape[2]
            arrays[name] = np.stack([image[:, x : x + width] for image, x in zip(whole, left, strict=True)])
    return arrays


def targets(
    batch: dict[str, NDArray[Any]], device: torch.device, mirror: NDArray[np.bool_] | None = None, downscale: int = 1
) -> dict[str, Tensor]:
    """Return a batch's tensors on ``device``: ``images`` in [0, 1], and ``labels`` and ``disparity`` where the batch has them.

    ``batch`` is what ``crop`` returns. ``downscale`` averages blocks of pixels of the images and takes one pixel a block of
    labels and disparity. Disparities stay in pixels of the whole image, so that the next phase goes on with the same task.
    """
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
