"""What a hyperprior would save in place of contexts: bytes at the same levels, per test image.

    .venv/bin/python benchmarks/hyperprior.py results-learned/features/c256/baseline/seed0 \
        results-learned/fit/c256/task_klt/seed0/{transform,learned}.npz

The hyperprior is some whole numbers per image from which a network, trained on the levels of train images, predicts the scales of
Laplace laws; its own bits are counted. Bits of laws are ideal code lengths, those of contexts the range coder's.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from compfeat.arrays import read_arrays
from compfeat.codecs.base import State
from compfeat.codecs.laplace_levels import Fitted
from compfeat.codecs.laplace_tables import INVERSE
from compfeat.codecs.learned_model import laplace_bits
from compfeat.codecs.plugins.learned import Learned, Networks
from compfeat.transforms.base import built

NUMBERS, HIDDEN, EPOCHS, BATCH, LEARNING_RATE = 8, 64, 40, 16, 2e-3


class Hyperprior(nn.Module):
    """NUMBERS whole numbers per image, and the scales that they stand for: a factor per frequency and one per channel."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        channels, rows, columns = shape
        self.shape, places = shape, rows * columns
        self.sent = nn.Sequential(nn.Linear(places + channels, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, NUMBERS))
        self.scales = nn.Sequential(nn.Linear(NUMBERS, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, places + channels))
        self.log_spread = nn.Parameter(torch.zeros(NUMBERS))
        for tensor in self.scales[2].parameters():
            nn.init.zeros_(tensor)

    def forward(self, magnitudes: Tensor, scale: Tensor) -> Tensor:
        """Return the bits of images (N x C x h x w), with those of the numbers; noise stands for rounding while training."""
        logs = torch.log1p(magnitudes)
        numbers = self.sent(torch.cat([logs.mean(1).flatten(1), logs.mean((2, 3))], 1))
        numbers = numbers + torch.rand_like(numbers) - 0.5 if self.training else numbers.round()
        spread = self.log_spread.exp().clamp(min=0.05)
        own = -torch.log2((_below(numbers + 0.5, spread) - _below(numbers - 0.5, spread)).clamp(min=1e-6)).sum(1)
        places, channels = self.scales(numbers).split([math.prod(self.shape[1:]), self.shape[0]], 1)
        change = places.view(-1, 1, *self.shape[1:]) + channels[:, :, None, None]
        bits: Tensor = laplace_bits(magnitudes, scale * change.exp()).sum((1, 2, 3)) + own
        return bits


def _below(value: Tensor, spread: Tensor) -> Tensor:
    """Return how much of a Laplace law lies below a value."""
    half = torch.exp(-value.abs() / spread) / 2
    return torch.where(value < 0, half, 1 - half)


def row(quality: str, state: State, train: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> str:
    """Return a line of the table."""
    half = Learned.qualities.index(quality)
    networks, fitted = Networks(state, half), Fitted(state, half)
    levels = [[fitted.levels(networks.analysed(item)) for item in items] for items in (train, test)]
    seen, unseen = (torch.from_numpy(np.abs(np.stack(each)).astype(np.float32)) for each in levels)
    scale = torch.from_numpy((1 / INVERSE[fitted.tables]).astype(np.float32))
    torch.manual_seed(0)
    model = Hyperprior(fitted.coder.shape)
    optimizer, steps = torch.optim.Adam(model.parameters()), EPOCHS * (len(seen) // BATCH)
    for step in range(steps):
        chosen = seen[torch.randint(len(seen), (BATCH,))]
        loss = model(chosen, scale).mean() / 1e3
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    with torch.inference_mode():
        laws = float(laplace_bits(unseen, scale).sum((1, 2, 3)).mean()) / 8
        hyperprior = float(model.eval()(unseen, scale).mean()) / 8
    contexts = float(np.mean([len(fitted.coder.encode(each)) for each in levels[1]]))
    saved = " ".join(f"{size:>9.1f} {100 * (size / laws - 1):>5.1f} %" for size in (hyperprior, contexts))
    return f"{quality:<8} {laws:>9.1f} {saved}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("features", type=Path, help="folder with train.npy and test.npy")
    parser.add_argument("transform", type=Path, help="fitted state of task_klt")
    parser.add_argument("state", type=Path, help="fitted state of learned")
    parser.add_argument("--qualities", nargs="+", default=["d2", "d4", "d6", "d8"], choices=Learned.qualities)
    chosen = parser.parse_args(arguments)
    transform = built("task_klt", {}, read_arrays(chosen.transform))
    train, test = (
        [transform.forward(tensor) for tensor in np.load(chosen.features / f"{split}.npy", mmap_mode="r")]
        for split in ("train", "test")
    )
    print(f"{'quality':<8} {'laws':>9} {'hyperprior':>17} {'contexts':>17}   (bytes per image)", flush=True)
    for quality in chosen.qualities:
        print(row(quality, read_arrays(chosen.state), train, test), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
