"""Batches: pure functions of seed and step, in any process."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import torch

from compfeat.training import batches
from helpers import PROJECT, random_scenes

CPU = torch.device("cpu")
FINGERPRINT = """
import hashlib, torch
from compfeat.training import batches
h = hashlib.sha256()
for epoch in range(3):
    for step, indices in enumerate(batches.batch_indices(7, epoch, 21, 4)):
        h.update(indices.tobytes() + batches.flips(7, step, 4).tobytes())
        h.update(torch.rand(5, generator=batches.noise_generator(7, step)).numpy().tobytes())
print(h.hexdigest())
"""


def test_batches_do_not_depend_on_the_process() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(found) == 1


def test_an_epoch_shows_each_image_at_most_once_and_whole_batches_only() -> None:
    steps = batches.batch_indices(0, 0, 22, 4)
    assert [len(indices) for indices in steps] == [4] * 5 == [4] * batches.steps_per_epoch(22, 4)
    seen = np.concatenate(steps)
    assert len(set(seen.tolist())) == 20 and seen.min() >= 0 and seen.max() < 22


def test_orders_differ_between_epochs_and_seeds() -> None:
    orders = {
        tuple(np.concatenate(batches.batch_indices(seed, epoch, 20, 4)).tolist()) for seed in (0, 1) for epoch in (0, 1)
    }
    assert len(orders) == 4


def test_fewer_images_than_a_batch_make_one_step() -> None:
    (indices,) = batches.batch_indices(0, 0, 3, 4)
    assert indices.tolist() == [0, 1, 2]


def test_mirroring_turns_image_labels_and_disparity_alike() -> None:
    records = random_scenes(2)
    before = records.copy()
    plain = batches.targets(records, CPU)
    mirrored = batches.targets(records, CPU, np.array([False, True]))
    for name in ("images", "labels", "disparity"):
        assert torch.equal(mirrored[name][0], plain[name][0])
        assert torch.equal(mirrored[name][1], plain[name][1].flip(-1))
    assert np.array_equal(records, before)


def test_targets_have_the_documented_shapes_and_ranges() -> None:
    made = batches.targets(random_scenes(2), CPU)
    assert {name: tuple(t.shape) for name, t in made.items()} == {
        "images": (2, 3, 32, 64),
        "labels": (2, 32, 64),
        "disparity": (2, 1, 32, 64),
    }
    assert made["labels"].dtype == torch.int64
    assert float(made["images"].min()) >= 0 and float(made["images"].max()) <= 1
