"""What is true of every task: its random directions say how sensitive its loss is to its output."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from compfeat.datasets.base import IGNORE
from compfeat.tasks.base import TASKS, Task
from compfeat.tasks.plugins.segmentation import Segmentation
from helpers import random_scenes

CLASSES = ("a", "b", "c")
SIZE = (3, 4)
DRAWS = 4000


class Unmasked(Segmentation):
    """A task of classes that states nothing of its own: every pixel counts."""

    def loss(self, output: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return torch.nn.functional.cross_entropy(output, truth["labels"].long() % 3)

    pixel_weights = Task.pixel_weights
    class_shares = Task.class_shares  # type: ignore[assignment]


EVERY = {name: TASKS.get(name) for name in TASKS.names()} | {"unmasked": Unmasked}


def truth_of(images: int = 2) -> dict[str, Tensor]:
    """Return what a loss gets of noise, with a few pixels of each image that do not count."""
    scenes = random_scenes(images, SIZE)
    scenes["labels"] = np.where(scenes["labels"] == IGNORE, IGNORE, scenes["labels"] % len(CLASSES))
    fields = {name: torch.from_numpy(scenes[name].copy()) for name in scenes.dtype.names or ()}
    return fields | {"image": fields["image"].permute(0, 3, 1, 2).float() / 255}


def output_of(task: Task, images: int = 2) -> Tensor:
    drawn = np.random.default_rng(3).standard_normal((images, task.output_channels, *SIZE))
    return torch.from_numpy(drawn)


@pytest.mark.parametrize("name", EVERY)
def test_directions_give_half_the_hessian_of_the_loss(name: str) -> None:
    task = EVERY[name](CLASSES)
    output, truth, random = output_of(task), truth_of(), np.random.default_rng(0)
    draws = torch.stack([v.flatten() for v in islice(task.directions(output, truth, random), DRAWS)])
    second = draws.T @ draws / DRAWS
    hessian: Any = torch.autograd.functional.hessian(lambda o: task.loss(o, truth), output)  # type: ignore[no-untyped-call]
    expected = hessian.reshape(second.shape) / 2
    scale = float(expected.diagonal().max())
    assert scale > 0
    np.testing.assert_allclose(second, expected, atol=0.11 * scale)
    # Sampling errors of many elements cancel; a wrong factor would not.
    assert float(second.trace()) == pytest.approx(float(expected.trace()), rel=0.02)


@pytest.mark.parametrize("name", EVERY)
def test_directions_are_repeated_by_their_seed_and_nothing_counts_without_truth(name: str) -> None:
    task = EVERY[name](CLASSES)
    output, truth = output_of(task).float(), truth_of()
    first, again, other = (next(task.directions(output, truth, np.random.default_rng(seed))) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.shape == output.shape and first.dtype == output.dtype
    weights = task.pixel_weights(output, truth)
    assert weights.shape == (2, *SIZE) and float(weights.sum()) == pytest.approx(1)
    bare = truth | {"labels": torch.full_like(truth["labels"], IGNORE), "disparity_px": torch.zeros(2, *SIZE)}
    counted = next(task.directions(output, bare, np.random.default_rng(1)))
    assert bool(counted.any()) == bool(task.pixel_weights(output, bare).any())
    assert torch.isfinite(counted).all()


def test_class_weights_count_pixels_by_what_they_probably_are() -> None:
    task, truth, weights = Segmentation(CLASSES), truth_of(), np.array([1.0, 1.0, 9.0])
    output = output_of(task).float()
    plain, weighed = (next(task.directions(output, truth, np.random.default_rng(5), w)) for w in (None, weights))
    factors = torch.einsum("nkhw,k->nhw", output.softmax(1), torch.from_numpy(weights).float()).sqrt()
    np.testing.assert_allclose(weighed, plain * factors[:, None], rtol=1e-5)


def test_shares_of_classes_are_of_labelled_pixels() -> None:
    scenes = random_scenes(2, SIZE)
    scenes["labels"] = np.array([0, 0, 0, 2, 2, IGNORE, IGNORE, IGNORE, 0, 0, 2, 2], np.uint8).reshape(SIZE)
    np.testing.assert_allclose(Segmentation(CLASSES).class_shares(scenes), [5 / 9, 0, 4 / 9])
    scenes["labels"] = IGNORE
    assert not Segmentation(CLASSES).class_shares(scenes).any()
    assert TASKS.get("reconstruction")(CLASSES).class_shares(scenes) is None
