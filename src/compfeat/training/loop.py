"""The training loop. Every step is a function of the state before it, the seed and the step's number, so a training that is
killed and resumed from its last epoch ends in the same weights as one that was left alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from compfeat.datasets.packed import Packed, in_chunks
from compfeat.errors import CheckpointError, ConfigError
from compfeat.losses.step import Step
from compfeat.networks.split import SplitNetwork
from compfeat.training import batches, schedule
from compfeat.training.checkpoint import Rows, load_checkpoint, save_checkpoint
from compfeat.training.settings import TrainSettings
from compfeat.training.variants.base import Variant

if TYPE_CHECKING:
    from compfeat.losses.base import Loss

Report = Callable[[int, dict[str, float]], None]
"""Called after every step with the number of steps done and, after every tenth, the latest loss terms."""
IMAGE = "image"
LAYERS = 1
"""Stream of an epoch's random numbers that torch's own generator is seeded with."""
DIGITS = 9
"""Significant digits of the epoch table: enough for any float32, and fewer than those of a double that depend on the processor."""


@dataclass(frozen=True)
class Scenes:
    """Packed scenes of both splits."""

    train: Packed
    val: Packed


@dataclass
class Learner:
    """What training changes (the network, the loss, the optimiser's moments), and how its steps are made."""

    network: SplitNetwork
    loss: Loss
    variant: Variant[Any]
    optimizer: torch.optim.Adam

    @classmethod
    def of(cls, network: SplitNetwork, loss: Loss, variant: Variant[Any], device: torch.device) -> Learner:
        """Prepare ``network`` and ``loss`` for training on ``device``."""
        # torch's stubs do not know memory_format.
        network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        loss = loss.to(device)
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(variant.trainable(name))
        own = [parameter for parameter in network.parameters() if parameter.requires_grad]
        groups = [{"params": own, "rate_factor": 1.0}, *loss.groups()]
        optimizer = torch.optim.Adam([group for group in groups if group["params"]], fused=device.type != "mps")
        return cls(network, loss, variant, optimizer)

    @property
    def modules(self) -> nn.ModuleDict:
        """Network and loss as one module, for checkpoints."""
        return nn.ModuleDict({"network": self.network, "loss": self.loss})

    @property
    def fields(self) -> list[str]:
        """The fields of packed scenes that training reads."""
        truths = [truth.field for task in self.network.tasks.values() for truth in task.truths if truth.trained]
        return list(dict.fromkeys([IMAGE, *truths]))

    def begin_epoch(self) -> None:
        """Set the network to training; modules whose parameters are all frozen keep their batch statistics."""
        self.network.train()
        for module in self.network.modules():
            parameters = list(module.parameters())
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.eval()


def tensors(arrays: Mapping[str, NDArray[Any]], device: torch.device, downscale: int = 1) -> dict[str, Tensor]:
    """Return a batch on ``device``: ``image`` as N x 3 x H x W in [0, 1], truth fields in packed form.

    ``downscale`` averages blocks of pixels of the images and takes one pixel a block of truth fields. Disparities stay in pixels of
    the whole image, so that the next phase continues with the same task.
    """
    made = {name: torch.from_numpy(array).to(device, non_blocking=True) for name, array in arrays.items()}
    # The array is height x width x channel, so the permuted view is what torch calls channels_last.
    image = made.pop(IMAGE).permute(0, 3, 1, 2).float() / 255
    if downscale > 1:
        image = torch.nn.functional.avg_pool2d(image, downscale)
    return {IMAGE: image} | {name: tensor[:, ::downscale, ::downscale] for name, tensor in made.items()}


def train_step(
    learner: Learner, records: Packed, epoch: schedule.Epoch, i: int, s: TrainSettings
) -> dict[str, torch.Tensor]:
    """Take step ``i`` of ``epoch`` on ``records``; return its loss terms (on the device, detached)."""
    network, done = learner.network, i / epoch.steps
    step = Step(s.seed, epoch.first_step + i, epoch.number + done)
    seen = learner.variant.augment(batches.fields_of(records, learner.fields), epoch.phase, step)
    device = network.mean.device
    truth = tensors(seen, device, epoch.phase.downscale)
    shown = learner.variant.shown(seen[IMAGE], step)
    image = truth[IMAGE] if shown is seen[IMAGE] else tensors({IMAGE: shown}, device, epoch.phase.downscale)[IMAGE]
    rate = schedule.learning_rate(epoch.within + done, epoch.phase, s.recipe.warmup_epochs)
    for group in learner.optimizer.param_groups:
        group["lr"] = rate * group["rate_factor"]
    with torch.autocast(device.type, torch.bfloat16, enabled=s.recipe.precision == "bfloat16"):
        features = network.encode(image)
        # In float32, so that a loss that differentiates by what the decoders got finds just that in the graph.
        noisy = (features + learner.variant.noise(features, step)).float()
        outputs = network.decode(noisy)
    outputs = {task: output.float() for task, output in outputs.items()}
    losses = {name: task.loss(outputs[name], truth) for name, task in network.tasks.items()}
    losses |= learner.loss.terms(features.float(), noisy, outputs, truth, step)
    if epoch.within == 0 and i == 0:
        learner.loss.begin_phase(losses)
    learner.optimizer.zero_grad(set_to_none=True)
    learner.loss(losses, step.epoch).backward()
    learner.optimizer.step()
    return {term: loss.detach() for term, loss in losses.items()}


def train(
    learner: Learner,
    scenes: Scenes,
    s: TrainSettings,
    resume: Path,
    identity: Mapping[str, str],
    report: Report,
    say: Callable[[str], None],
) -> Rows:
    """Train ``learner`` in place, resuming from ``resume`` where that is of this very training; return the epoch table's rows.

    Args:
        identity: all that the trained weights depend on, by what it is called.
        say: called with one line that says why an existing checkpoint cannot be resumed.

    Raises:
        ConfigError: a loss term or a parameter is no longer finite; the message names the key to change.
    """
    try:
        rows = load_checkpoint(resume, identity, learner.modules, learner.optimizer)
    except CheckpointError as error:
        say(f"{error}; the training starts over")
        rows = []
    plan = schedule.epochs(s.recipe.phases, len(scenes.train))
    report(plan[len(rows) - 1].end_step if rows else 0, {})
    for epoch in plan[len(rows) :]:
        means = train_epoch(learner, scenes.train, epoch, s, report)
        rows.append(epoch_row(learner, scenes.val[: s.recipe.validation_images], epoch, means, s))
        save_checkpoint(resume, identity, learner.modules, learner.optimizer, rows)
    return rows


def train_epoch(
    learner: Learner, scenes: Packed, epoch: schedule.Epoch, s: TrainSettings, report: Report
) -> dict[str, float]:
    """Train one epoch; return the mean of each loss term over its steps: an exact sum of float32 values, rounded once."""
    learner.begin_epoch()
    # What layers such as dropout draw depends on the epoch alone, so that a resumed training draws the same.
    torch.manual_seed(int(np.random.default_rng([s.seed, epoch.number, LAYERS]).integers(2**62)))
    # Reading a loss waits for a GPU, so there only every tenth step is read; on a CPU each is.
    every = 1 if learner.network.mean.device.type == "cpu" else 10
    history: dict[str, list[Tensor]] = {}
    for i, indices in enumerate(batches.batch_indices(s.seed, epoch.number, len(scenes), epoch.phase.batch_size)):
        terms = train_step(learner, scenes[indices], epoch, i, s)
        for term, loss in terms.items():
            history.setdefault(term, []).append(loss)
        if (i + 1) % every == 0:
            check_finite({f"loss of {term}": float(loss) for term, loss in terms.items()}, epoch, i, s)
        report(epoch.first_step + i + 1, {term: float(loss) for term, loss in terms.items()} if i % 10 == 9 else {})
    means = {term: math.fsum(torch.stack(values).tolist()) / epoch.steps for term, values in history.items()}
    largest = {
        f"largest value of {name}": float(p.detach().abs().max()) for name, p in learner.modules.named_parameters()
    }
    check_finite({f"loss of {term}": mean for term, mean in means.items()} | largest, epoch, epoch.steps - 1, s)
    return means


def check_finite(values: Mapping[str, float], epoch: schedule.Epoch, i: int, s: TrainSettings) -> None:
    """Stop a training that has diverged. Raises ConfigError for the first of ``values`` that is not finite."""
    for what, value in values.items():
        if not math.isfinite(value):
            phase = f"phases.{epoch.phase_number}"
            raise ConfigError(
                f"the training diverged: {what} is {value} at step {i + 1} of epoch {epoch.number + 1}; "
                f"lower {s.key(f'{phase}.learning_rate')} ({epoch.phase.learning_rate:g} found), or the strength of {s.key('loss')}"
            )


def epoch_row(
    learner: Learner, val: Packed, epoch: schedule.Epoch, means: Mapping[str, float], s: TrainSettings
) -> dict[str, Any]:
    """Return one row of the epoch table: schedule, mean loss terms, the loss's state, and metrics on ``val``, to DIGITS digits."""
    rate = schedule.learning_rate(epoch.within + 1, epoch.phase, s.recipe.warmup_epochs)
    row: dict[str, Any] = {"epoch": epoch.number + 1, "downscale": epoch.phase.downscale}
    row |= {"crop_width_px": epoch.phase.crop_width_px, "learning_rate": rate}
    row |= {f"loss_{term}": value for term, value in means.items()}
    row |= learner.loss.values(epoch.number + 1)
    metrics = validate(learner.network, val, epoch.phase.batch_size)
    row |= {f"val_{name}": value for name, value in metrics.items() if not math.isnan(value)}
    return {name: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value for name, value in row.items()}


@torch.inference_mode()
def validate(network: SplitNetwork, val: Packed, batch_size: int) -> dict[str, float]:
    """Return every task's metrics of the float features on ``val``, by the metric's name."""
    network.eval()
    scores: dict[str, list[dict[str, Any]]] = {name: [] for name in network.tasks}
    for chunk in in_chunks(len(val), batch_size):
        image = tensors({IMAGE: np.array(val[chunk][IMAGE])}, network.mean.device)[IMAGE]
        for name, output in network.decode(network.encode(image)).items():
            task = network.tasks[name]
            pairs = zip(task.predict(output), val[chunk], strict=True)
            scores[name] += [task.score(prediction, record) for prediction, record in pairs]
    metrics: dict[str, float] = {}
    for name, rows in scores.items():
        stacked = {key: np.array([row[key] for row in rows]) for key in rows[0]}
        measured = network.tasks[name].measure(stacked, np.ones((1, len(rows))))
        metrics |= {metric: float(values[0]) for metric, values in measured.items()}
    return metrics
