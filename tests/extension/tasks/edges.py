"""A fourth task: whether a pixel lies where two classes meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compfeat.datasets.base import Truth
from compfeat.tasks.base import TASKS, Metric, Scores, Task, weighted_means

if TYPE_CHECKING:
    from torch import Tensor


def edges_of(labels: NDArray[Any], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return 1 where a pixel's class differs from that above or left of it, at ``size``."""
    rows = np.linspace(0, len(labels) - 1, size[0]).round().astype(int)
    columns = np.linspace(0, labels.shape[1] - 1, size[1]).round().astype(int)
    small = labels[rows][:, columns]
    found = np.zeros(size, np.uint8)
    found[1:] |= small[1:] != small[:-1]
    found[:, 1:] |= small[:, 1:] != small[:, :-1]
    return found


@TASKS.register("edges")
class Edges(Task):
    """Edges between classes; the metric is the share of pixels that are right."""

    title = "edge detection"
    truths = (Truth("edges", "labels", "u1", edges_of),)
    metrics = (Metric("edge_accuracy", "edge accuracy", "", 3),)
    likelihood = "classification"
    output_channels = 2  # type: ignore[assignment]

    def loss(self, output: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        from torch.nn.functional import cross_entropy

        return cross_entropy(output, truth["edges"].long())

    def predict(self, output: Tensor) -> NDArray[np.uint8]:
        return output.argmax(1).byte().cpu().numpy()

    def score(self, prediction: NDArray[Any], record: np.void) -> dict[str, Any]:
        return {"right": int((prediction == record["edges"]).sum()), "n": int(prediction.size)}

    def measure(self, scores: Scores, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        return {"edge_accuracy": weighted_means(scores["right"] / scores["n"], weights)}

    def keep(self, prediction: NDArray[Any]) -> NDArray[Any]:
        return prediction

    def truth_picture(self, record: np.void) -> NDArray[Any]:
        return np.array(record["edges"])

    def picture(self, kept: NDArray[Any], reference: NDArray[Any] | None) -> NDArray[np.uint8]:
        return np.repeat((kept * 255).astype(np.uint8)[..., None], 3, axis=2)
