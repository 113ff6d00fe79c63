"""Batches: pure functions of seed and step, in any process."""

from __future__ import annotations

import hashlib

import numpy as np
import torch

from compfeat.losses.step import Step
from compfeat.training import batches
from compfeat.training.loop import tensors
from helpers import random_scenes


def test_batches_and_draws_are_the_same_in_every_process() -> None:
    digest = hashlib.sha256()
    for epoch in range(3):
        for step, indices in enumerate(batches.batch_indices(7, epoch, 21, 4)):
            digest.update(indices.tobytes() + Step(7, step, 0.0).random(1).random(4).tobytes())
    assert digest.hexdigest() == "afc0a958ee71c285b1ffbd93d427d94c3b9e701c1db5c52e33e256abf91f93f9"


def test_an_epoch_shows_each_image_at_most_once_in_whole_batches_and_an_order_of_its_own() -> None:
    steps = batches.batch_indices(0, 0, 22, 4)
    assert [len(indices) for indices in steps] == [4] * 5 == [4] * batches.steps_per_epoch(22, 4)
    seen = np.concatenate(steps)
    assert len(set(seen.tolist())) == 20 and seen.min() >= 0 and seen.max() < 22
    orders = {
        np.concatenate(batches.batch_indices(seed, epoch, 20, 4)).tobytes() for seed in (0, 1) for epoch in (0, 1)
    }
    assert len(orders) == 4
    assert [indices.tolist() for indices in batches.batch_indices(0, 0, 3, 4)] == [[0, 1, 2]]


def test_tensors_have_the_documented_shapes_and_ranges_and_a_smaller_image_the_disparity_of_the_whole() -> None:
    records = random_scenes(2)
    whole = batches.fields_of(records, ("image", "labels", "disparity_px"))
    shapes = {"image": (2, 3, 32, 64), "labels": (2, 32, 64), "disparity_px": (2, 32, 64)}
    made = tensors(whole, torch.device("cpu"))
    assert {name: tuple(t.shape) for name, t in made.items()} == shapes
    assert made["labels"].dtype == torch.uint8
    assert float(made["image"].min()) >= 0 and float(made["image"].max()) <= 1
    small = tensors(whole, torch.device("cpu"), downscale=2)
    assert small["image"].shape == (2, 3, 16, 32)
    assert np.allclose(small["disparity_px"].numpy(), records["disparity_px"][:, ::2, ::2])
