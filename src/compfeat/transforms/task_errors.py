"""How far the tasks' outputs move where a network's features are coded, as torch differentiates it.

Source: docs/explanation/feature-codec.md, "A learned codec".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compfeat.transforms.sensitivity import class_weights

if TYPE_CHECKING:
    from compfeat.networks.split import SplitNetwork
    from compfeat.transforms.base import Transform


class OutputErrors:
    """The error of each task's output against that of uncoded features, averaged over pixels.

    A task with classes: the Kullback-Leibler divergence of its class probabilities, each pixel weighed by how rare its classes are
    (``class_weights``). Else the squared difference.
    """

    def __init__(self, network: SplitNetwork, scenes: NDArray[np.void], transform: Transform[Any] | None) -> None:
        self.names = tuple(network.tasks)
        self._network, self._transform = network.requires_grad_(False), transform
        self._weights: dict[str, Tensor] = {}
        for name, task in network.tasks.items():
            if task.likelihood == "classification":
                weights = class_weights(task, scenes)
                found = np.ones(task.output_channels) if weights is None else weights
                self._weights[name] = torch.from_numpy(found.astype(np.float32))

    def __call__(self, sent: Tensor, decoded: Tensor) -> Tensor:
        """Return the error of each image and task, N x tasks; both are N x C x h x w, after the transform."""
        with torch.no_grad():
            before = self._outputs(sent)
        after = self._outputs(decoded)
        return torch.stack([self._error(name, before[name], after[name]) for name in self.names], 1)

    def _outputs(self, coded: Tensor) -> dict[str, Tensor]:
        features = coded if self._transform is None else self._transform.torch_inverse(coded)
        return self._network.decode(features.to(memory_format=torch.channels_last))

    def _error(self, name: str, before: Tensor, after: Tensor) -> Tensor:
        if name not in self._weights:
            return (before - after).square().mean((1, 2, 3))
        logs = before.log_softmax(1)
        probabilities = logs.exp()
        divergence = (probabilities * (logs - after.log_softmax(1))).sum(1)
        weights = torch.einsum("nchw,c->nhw", probabilities, self._weights[name])
        return (divergence * weights).mean((1, 2))
