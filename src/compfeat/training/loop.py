"""The training loop. Every step is a function of the state before it, the seed and the step's number, so a run that is
killed and resumed from its last epoch ends in the same weights as one that was left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from compfeat.datasets.packed import Packed, in_chunks
from compfeat.losses import LOSSES, FeatureLoss
from compfeat.metrics.images import aggregate, images_table
from compfeat.metrics.score import score_image
from compfeat.models.inference import predictions
from compfeat.models.network import SplitNetwork, quantisation_noise
from compfeat.training import batches, schedule
from compfeat.training.checkpoint import load_checkpoint, save_checkpoint
from compfeat.training.objective import FEATURES, UncertaintyWeights, all_losses
from compfeat.training.settings import Phase, TrainSettings

Report = Callable[[int, dict[str, float]], None]
"""Called after every step with the number of steps done and the latest loss terms."""


LOG_VARIANCE_RATE = 10.0
"""How many times faster than the network the log-variances learn: losses fall by factors within an epoch, and s is their log."""


@dataclass(frozen=True)
class Scenes:
    """Packed scenes of both splits."""

    train: Packed
    val: Packed


@dataclass
class Learner:
    """What training changes: the network, the loss weights, and the optimiser's moments."""

    network: SplitNetwork
    weights: UncertaintyWeights
    optimizer: torch.optim.Adam
    feature_loss: FeatureLoss

    @classmethod
    def of(cls, network: SplitNetwork, settings: TrainSettings, device: torch.device) -> Learner:
        """Prepare ``network`` for training with the loss and tasks of ``settings`` on ``device``."""
        # torch's stubs do not know memory_format.
        network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        weights = UncertaintyWeights((*settings.tasks, FEATURES)).to(device)
        # Two groups in this order: the network's rate, and the loss weights', which is higher (see train_step).
        groups = [{"params": list(module.parameters())} for module in (network, weights)]
        optimizer = torch.optim.Adam(groups, fused=device.type != "mps")
        return cls(network, weights, optimizer, LOSSES.get(settings.loss))

    @property
    def modules(self) -> nn.ModuleDict:
        """Network and loss weights as one module, for checkpoints."""
        return nn.ModuleDict({"network": self.network, "weights": self.weights})


def train_step(
    learner: Learner, records: Packed, epoch: schedule.Epoch, i: int, s: TrainSettings
) -> dict[str, torch.Tensor]:
    """Take step ``i`` of ``epoch`` on ``records``; return its loss terms (on the device, detached)."""
    device, step, done = learner.network.mean.device, epoch.first_step + i, i / epoch.steps
    targets = batch_targets(records, epoch.phase, s.seed, step, device)
    rate = schedule.learning_rate(epoch.within + done, epoch.phase, s.warmup_epochs)
    for group, factor in zip(learner.optimizer.param_groups, (1.0, LOG_VARIANCE_RATE), strict=True):
        group["lr"] = rate * factor
    with torch.autocast(device.type, torch.bfloat16, enabled=s.precision == "bfloat16"):
        features = learner.network.encode(targets["images"])
        noise = quantisation_noise(features, s.noise_steps, s.quantiser_bits, batches.noise_generator(s.seed, step))
        outputs = learner.network.decode(features + noise)
    outputs = {task: output.float() for task, output in outputs.items()}
    losses = all_losses(outputs, targets, features, learner.feature_loss)
    if epoch.within == i == 0:
        learner.weights.settle(losses)
    learner.optimizer.zero_grad(set_to_none=True)
    learner.weights(losses, schedule.strength(epoch.number + done, s)).backward()
    learner.optimizer.step()
    return {term: loss.detach() for term, loss in losses.items()}


def batch_targets(records: Packed, phase: Phase, seed: int, step: int, device: torch.device) -> dict[str, torch.Tensor]:
    """Return what step ``step`` of a run sees of ``records``: strips, mirrored or not, at the phase's scale."""
    left = batches.strips(seed, step, len(records), records["image"].shape[2], phase.crop_width_px)
    batch = batches.crop(records, left, phase.crop_width_px)
    return batches.targets(batch, device, batches.flips(seed, step, len(records)), phase.downscale)


def train(
    learner: Learner, scenes: Scenes, s: TrainSettings, resume: Path, fingerprint: str, report: Report
) -> list[dict[str, Any]]:
    """Train ``learner`` in place, resuming from ``resume`` where that holds this very run; return the epoch table's rows."""
    progress = load_checkpoint(resume, fingerprint, learner.modules, learner.optimizer)
    plan = schedule.epochs(s.phases, len(scenes.train))
    report(plan[progress.epoch - 1].end_step if progress.epoch else 0, {})
    for epoch in plan[progress.epoch :]:
        means = train_epoch(learner, scenes.train, epoch, s, report)
        progress.rows.append(epoch_row(learner, scenes.val[: s.validation_images], epoch, means, s))
        progress.epoch = epoch.number + 1
        save_checkpoint(resume, fingerprint, learner.modules, learner.optimizer, progress)
    return progress.rows


def train_epoch(
    learner: Learner, scenes: Packed, epoch: schedule.Epoch, s: TrainSettings, report: Report
) -> dict[str, float]:
    """Train one epoch; return the mean of each loss term over its steps."""
    learner.network.train()
    sums: dict[str, torch.Tensor] = {}
    for i, indices in enumerate(batches.batch_indices(s.seed, epoch.number, len(scenes), epoch.phase.batch_size)):
        terms = train_step(learner, scenes[indices], epoch, i, s)
        sums = {term: sums.get(term, 0) + loss for term, loss in terms.items()}
        # Reading a loss waits for the device, so only every tenth is read.
        report(epoch.first_step + i + 1, {term: float(loss) for term, loss in terms.items()} if i % 10 == 9 else {})
    return {term: float(total) / epoch.steps for term, total in sums.items()}


def epoch_row(
    learner: Learner, val: Packed, epoch: schedule.Epoch, means: dict[str, float], s: TrainSettings
) -> dict[str, Any]:
    """Return one row of the epoch table: schedule, mean loss terms, their log-variances, and metrics on ``val``."""
    rate = schedule.learning_rate(epoch.within + 1, epoch.phase, s.warmup_epochs)
    row: dict[str, Any] = {"epoch": epoch.number + 1, "downscale": epoch.phase.downscale}
    row |= {"crop_width_px": epoch.phase.crop_width_px, "learning_rate": rate}
    row["strength"] = schedule.strength(epoch.number + 1, s)
    row |= {f"loss_{term}": value for term, value in means.items()}
    row |= {f"log_variance_{term}": learner.weights.values()[term] for term in means}
    metrics = validate(learner.network, val, epoch.phase.batch_size)
    return row | {f"val_{name}": value for name, value in metrics.items() if value == value}


@torch.inference_mode()
def validate(network: SplitNetwork, val: Packed, batch_size: int) -> dict[str, float]:
    """Return the metrics of the float features on ``val`` (see ``metrics.images.METRICS``)."""
    network.eval()
    rows, matrices = [], []
    for chunk in in_chunks(len(val), batch_size):
        images = batches.targets({"image": np.array(val[chunk]["image"])}, network.mean.device)["images"]
        for record, outputs in zip(val[chunk], predictions(network.decode(network.encode(images))), strict=True):
            errors, matrix = score_image("", outputs, record, network.n_classes)
            rows.append(errors)
            matrices += [] if matrix is None else [matrix]
    confusion = np.sum(matrices, axis=0) if matrices else None
    return aggregate(images_table(rows), confusion)
