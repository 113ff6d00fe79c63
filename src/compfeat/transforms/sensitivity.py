"""How sensitive the tasks of a trained network are to noise in its features.

Source: docs/explanation/transforms.md, "Sensitivity of a task".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.transforms.bands import in_bands

if TYPE_CHECKING:
    from torch import Tensor

    from compfeat.networks.split import SplitNetwork
    from compfeat.tasks.base import Task
    from compfeat.transforms.base import FitSource

RARE_SHARE = 0.002
"""What is added to each class's share of the pixels before it divides: a class as rare as that counts half of what it might."""


@dataclass(frozen=True)
class Sensitivity:
    """One task's.

    Attributes:
        matrix: M, C x C, float64, symmetric: noise of covariance K at every position raises the loss by tr(M K), to second order.
        loss: the task's mean loss on the unchanged features.
        bands: M_b, bands x C x C: the same of noise at the frequencies of a band, were all frequencies as these; None for one band.
    """

    matrix: NDArray[np.float64]
    loss: float
    bands: NDArray[np.float64] | None = None

    @property
    def in_bands(self) -> NDArray[np.float64]:
        """M_b, bands x C x C; of one band, M."""
        return self.matrix[None] if self.bands is None else self.bands


def sensitivities(
    source: FitSource,
    positions: NDArray[np.intp],
    directions: int,
    seed: int,
    balanced: bool,
    band: NDArray[np.intp] | None = None,
) -> dict[str, Sensitivity]:
    """Return the sensitivity of every task of the network, by name, over the train images at ``positions``.

    Back-projects ``directions`` random directions of each task's output per image through its decoder: M is the mean of g g^T, added
    up over positions, or over the frequencies of a band. One task's numbers do not depend on which others there are.

    Args:
        balanced: whether a task with classes counts pixels by how rare their classes are (``class_weights``).
        band: h x w, the band of each frequency; None for one band.

    Raises:
        DataError: the features are not the network's.
    """
    network = source.network()
    if source.features.shape[1] != network.channels:
        raise DataError(
            f"features of {source.features.shape[1]} channels; the network has {network.channels}; rerun the stage features"
        )
    weights = {name: class_weights(task, source.scenes) if balanced else None for name, task in network.tasks.items()}
    shares = np.ones(1) if band is None else np.bincount(band.ravel()) / band.size
    sums = {name: np.zeros((len(shares), network.channels, network.channels)) for name in network.tasks}
    losses = dict.fromkeys(network.tasks, 0.0)
    for position in positions:
        tensor, truth = image_of(source, int(position), network)
        tensor.requires_grad_(True)
        for name, output in network.decode(tensor).items():
            task = network.tasks[name]
            losses[name] += float(task.loss(output.detach(), truth))
            random = np.random.default_rng([seed, int(position)])
            drawn = islice(task.directions(output.detach(), truth, random, weights[name]), directions)
            add_products(sums[name], output, drawn, tensor, band)
    n = len(positions)
    found = {}
    for name in network.tasks:
        parts = sums[name] / (n * directions)
        own = None if band is None else parts / shares[:, None, None]
        found[name] = Sensitivity(parts.sum(axis=0), losses[name] / n, own)
    return found


def add_products(
    sums: NDArray[np.float64],
    output: Tensor,
    directions: Iterable[Tensor],
    features: Tensor,
    band: NDArray[np.intp] | None,
) -> None:
    """Add to ``sums`` (bands x C x C) the sum of g g^T over each band's frequencies, for the ``directions`` of an ``output``.

    The g of a direction v is J^T v, the gradient of (v . output) in the ``features`` of one image.
    """
    import torch

    for direction in directions:
        (gradient,) = torch.autograd.grad(output, features, direction, retain_graph=True)
        for number, g in enumerate(in_bands(gradient[0].double().cpu().numpy(), band)):
            sums[number] += g @ g.T


def image_of(source: FitSource, position: int, network: SplitNetwork) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the features of one image, 1 x C x h x w, and what the tasks' losses get of it (see ``Task.loss``)."""
    import torch

    from compfeat.datasets.base import IMAGE

    device = network.mean.device
    features = torch.from_numpy(np.array(source.features[position])).unsqueeze(0).to(device)
    fields = [truth.field for task in network.tasks.values() for truth in task.truths if truth.trained]
    record: Any = source.scenes[position]
    truth = {name: torch.from_numpy(np.array(record[name])).unsqueeze(0).to(device) for name in (IMAGE, *fields)}
    truth[IMAGE] = truth[IMAGE].permute(0, 3, 1, 2).float() / 255
    return features, truth


def class_weights(task: Task, scenes: NDArray[np.void]) -> NDArray[np.float64] | None:
    """Return how much each class counts so that a rare one counts more; None for a task without classes.

    1 / (f + RARE_SHARE), f its share of the train pixels, scaled so that a pixel counts 1 on average.
    """
    shares = task.class_shares(scenes)
    if shares is None or not shares.any():
        return None
    inverse = 1 / (shares + RARE_SHARE)
    scaled: NDArray[np.float64] = inverse / (shares @ inverse)
    return scaled
