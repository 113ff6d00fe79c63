"""Networks before and after the codec ``laplace``, and their training through its quantiser and its laws.

Source: docs/explanation/feature-codec.md, "A learned codec".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from compfeat.codecs.base import TaskErrors
from compfeat.codecs.laplace_tables import ROUNDING
from compfeat.codecs.learned_options import Options
from compfeat.codecs.spectra import cosines, dct2

SLOPE = 0.095
"""Squared error, in squared steps, that one bit is worth: what ``laplace`` gains by a bit at its coarser steps."""
LEAST_SCALE, LEAST_MAGNITUDE = 0.045, 1e-4
"""The least scale in steps, below that of the first table, and the least mean magnitude in units of the model."""
LEARNING_RATE, WARMUP_STEPS, BATCH = 1e-3, 50, 8
DECODER_LEARNING_RATE = 3e-4
COST_RUNGS = 9
"""Half rungs at which the cost without networks is measured."""


Error = Callable[[Tensor, Tensor], Tensor]
"""Of each image, from what is sent and what is decoded."""


def squared_error(y: Tensor, decoded: Tensor) -> Tensor:
    """Return the sum of squared differences of each image."""
    return (decoded - y).square().sum((1, 2, 3))


class Branch(nn.Module):
    """Three 3x3 convolutions that depend on the step: a correction that starts from zero, or without the identity."""

    identity: Tensor

    def __init__(self, channels: int, width: int, identity: bool = True) -> None:
        super().__init__()
        self.register_buffer("identity", torch.tensor(float(identity)))
        self.widen, self.mix, self.narrow = (
            nn.Conv2d(here, there, 3, padding=1)
            for here, there in ((channels, width), (width, width), (width, channels))
        )
        self.by_rate = nn.Linear(2, 4 * width)
        for layer in (self.narrow, self.by_rate) if identity else (self.by_rate,):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, rate: Tensor) -> Tensor:
        """Return x (N x C x h x w) changed; ``rate``: N, -1 at the finest step of the training and 1 at its coarsest."""
        gains, offsets = self.by_rate(torch.stack([rate, rate.square()], 1)).view(len(x), 2, 2, -1, 1, 1).unbind(2)
        hidden = F.gelu(self.widen(x) * (1 + gains[:, 0]) + offsets[:, 0])
        hidden = F.gelu(self.mix(hidden) * (1 + gains[:, 1]) + offsets[:, 1])
        changed: Tensor = self.identity * x + self.narrow(hidden)
        return changed


class LearnedModel(nn.Module):
    """Analysis and synthesis, and the scale of each coefficient; components are about their mean, in units of their deviation."""

    def __init__(self, shape: tuple[int, int, int], width: int, identity: bool = True) -> None:
        super().__init__()
        self.analysis, self.synthesis = (Branch(shape[0], width, identity) for _ in range(2))
        self.log_scale = nn.Parameter(torch.zeros(shape))
        """Natural logarithm of the mean magnitude of each coefficient."""
        self.down, self.across = (torch.from_numpy(cosines(size)) for size in shape[1:])

    def coefficients(self, y: Tensor, rate: Tensor) -> Tensor:
        """Return the DCT of analysed components."""
        found: Tensor = self.down @ self.analysis(y, rate) @ self.across.T
        return found

    def components(self, coefficients: Tensor, rate: Tensor) -> Tensor:
        """Return the components that decoded coefficients stand for."""
        found: Tensor = self.synthesis(self.down.T @ coefficients @ self.across, rate)
        return found

    def coded(self, y: Tensor, step: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoded components and the bits of each image; steps (N) in units of the model.

        Values are those of the quantiser with its dead zone. Gradients are those of the mean over a step about each coefficient.
        """
        size = step.view(-1, 1, 1, 1)
        x = self.coefficients(y, rate) / size
        scale = (self.log_scale.exp() / size).clamp(min=LEAST_SCALE)
        fixed, magnitude, sign = scale.detach(), x.detach().abs(), x.detach().sign()
        shift = centroid(fixed) - ROUNDING

        def level(magnitudes: Tensor) -> Tensor:
            return torch.floor(magnitudes + ROUNDING)

        def decoded(levels: Tensor) -> Tensor:
            return levels + (levels > 0) * shift

        above, below, side = level(magnitude + 0.5), level((magnitude - 0.5).abs()), (magnitude - 0.5).sign()
        change = x - x.detach()
        bits = laplace_bits(level(magnitude), scale)
        bits = bits + (laplace_bits(above, fixed) - laplace_bits(below, fixed)) * sign * change
        quantised = sign * decoded(level(magnitude)) + (decoded(above) - side * decoded(below)) * change
        return self.components(quantised * size, rate), bits.sum((1, 2, 3))

    def cost(self, y: Tensor, step: Tensor, rate: Tensor, error: Error = squared_error) -> Tensor:
        """Return an error in squared steps plus SLOPE times bits, per image; see ``coded``."""
        decoded, bits = self.coded(y, step, rate)
        cost: Tensor = error(y, decoded) / step.square() + SLOPE * bits
        return cost


def centroid(scale: Tensor) -> Tensor:
    """Return where in its step a level other than 0 is on average, as ``laplace_tables.CENTROIDS``."""
    return scale - 1 / torch.expm1((1 / scale).clamp(max=60))


def laplace_bits(levels: Tensor, scale: Tensor) -> Tensor:
    """Return the code length (bits) of magnitudes of levels by Laplace laws of ``scale``, in steps."""
    inverse = 1 / scale
    none = -torch.log1p(-torch.exp(-inverse * (1 - ROUNDING)))
    some = (levels - ROUNDING) * inverse - torch.log1p(-torch.exp(-inverse)) + math.log(2)
    return torch.where(levels == 0, none, some) / math.log(2)


def rate_of(half: NDArray[np.float64] | float, halves: tuple[int, int]) -> Tensor:
    """Return what branches see of half rungs: -1 to 1 between those of the training, and that of the nearest beyond."""
    low, high = halves
    return torch.from_numpy(np.clip((np.atleast_1d(half) - low) * 2 / (high - low) - 1, -1, 1).astype(np.float32))


def train(
    components: NDArray[np.float32], finest: float, options: Options, task_errors: TaskErrors | None = None
) -> LearnedModel:
    """Return a model trained at steps drawn from the ladder, all of which count alike: each cost is divided by that without networks.

    Args:
        components: N x C x h x w, about their mean, in units of the model.
        finest: the step at half rung 0, in the same units.
        task_errors: of components in the same units, for ``options.decoder_epochs``.
    """
    torch.manual_seed(options.seed)
    _, channels, rows, columns = components.shape
    model = LearnedModel((channels, rows, columns), options.width, options.identity)
    without, random = LearnedModel((channels, rows, columns), 1), np.random.default_rng(options.seed)
    halves = options.halves
    magnitudes = np.mean([np.abs(dct2(image.astype(np.float64))) for image in components], axis=0)
    rungs, some = np.linspace(*halves, COST_RUNGS), torch.from_numpy(components[:: max(len(components) // 64, 1)])

    def at(half: NDArray[np.float64]) -> tuple[Tensor, Tensor]:
        return torch.from_numpy((finest * 2 ** (half / 4)).astype(np.float32)), rate_of(half, halves)

    with torch.no_grad():
        for started in (model, without):
            started.log_scale.copy_(torch.from_numpy(np.log(np.maximum(magnitudes, LEAST_MAGNITUDE))))
        before = [float(without.cost(some, *at(np.full(len(some), rung))).double().mean()) for rung in rungs]

    def passes(epochs: int, learning_rate: float, mirror: bool, error: Error) -> None:
        optimizer, size = torch.optim.Adam(model.parameters()), min(BATCH, len(components))
        per_epoch = len(components) // size
        bar = tqdm(range(epochs * per_epoch), unit="batch", mininterval=1.0)
        for taken in bar:
            if taken % per_epoch == 0:
                order = random.permutation(len(components))
            chosen = order[taken % per_epoch * size :][:size]
            half = halves[0] + (halves[1] - halves[0]) * (np.arange(size) + random.random(size)) / size
            weight = torch.from_numpy(np.exp(-np.interp(half, rungs, np.log(before))).astype(np.float32))
            images = components[chosen]
            if mirror:
                mirrored = random.random(size) < 0.5
                images[mirrored] = images[mirrored, :, :, ::-1]
            loss = (model.cost(torch.from_numpy(images), *at(half), error) * weight).mean()
            falling = 0.5 + 0.5 * math.cos(math.pi * taken / len(bar))
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * min(falling, (taken + 1) / WARMUP_STEPS)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            bar.set_postfix({"cost": f"{float(loss.detach()):.3f}"}, refresh=False)

    passes(options.epochs, LEARNING_RATE, options.mirror, squared_error)
    if task_errors is not None:
        factors = factors_of(
            model, task_errors, some, [at(np.full(len(some), rung)) for rung in rungs], before, options
        )
        # Mirrored components would not be those of a mirrored image: the mean of each element is not symmetric.
        passes(
            options.decoder_epochs, DECODER_LEARNING_RATE, False, lambda y, decoded: task_errors(y, decoded) @ factors
        )
    return model.eval()


def factors_of(
    model: LearnedModel,
    task_errors: TaskErrors,
    y: Tensor,
    steps: Sequence[tuple[Tensor, Tensor]],
    before: Sequence[float],
    options: Options,
) -> Tensor:
    """Return what each task's error is multiplied by: together they are as large as the squared error, in shares as their weights.

    Args:
        steps: steps and rates of all images ``y``, for each rung.
        before: the cost without networks, for each rung.
    """
    squared, errors = torch.zeros(()), torch.zeros(len(task_errors.names))
    with torch.no_grad():
        for (step, rate), cost in zip(steps, before, strict=True):
            decoded, _ = model.coded(y, step, rate)
            squared = squared + (squared_error(y, decoded) / step.square()).mean() / cost
            errors = errors + (task_errors(y, decoded) / step.square()[:, None]).mean(0) / cost
    weights = torch.tensor([options.weights.get(name, 1.0) for name in task_errors.names])
    factors = torch.where(errors > 0, weights / weights.sum() * squared / errors, 0.0)
    return factors
