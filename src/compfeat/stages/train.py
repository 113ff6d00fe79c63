"""Train one network: ``python -m compfeat train --help``."""

from __future__ import annotations

import argparse
import hashlib
import json
import typing
from collections.abc import Callable, Sequence
from dataclasses import MISSING, asdict, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm

from compfeat.datasets.packed import open_packed
from compfeat.errors import ConfigError
from compfeat.io import read_json, write_csv
from compfeat.models.cuts import CUTS, feature_shape
from compfeat.models.files import describe, save_network
from compfeat.models.inference import choose_device, fix_arithmetic
from compfeat.models.network import SplitNetwork
from compfeat.models.resnet import load_imagenet, load_strictly, read_tensors
from compfeat.training.loop import Learner, Scenes, train
from compfeat.training.schedule import epochs
from compfeat.training.settings import Phase, TrainSettings


def parse_phases(text: str) -> tuple[Phase, ...]:
    """Read a JSON list of phases, each an object of Phase's fields.

    Raises:
        ConfigError: the text is not that.
    """
    try:
        return tuple(Phase(**phase) for phase in json.loads(text))
    except (ValueError, TypeError) as error:
        names = ", ".join(field.name for field in fields(Phase))
        raise ConfigError(f"--phases: found {text!r} ({error}); expected a JSON list of objects of {names}") from None


def parse_factors(text: str) -> tuple[tuple[float, float], ...]:
    """Read a JSON list of pairs of epoch and factor, by rising epoch.

    Raises:
        ConfigError: the text is not that.
    """
    try:
        knots = tuple((float(epoch), float(factor)) for epoch, factor in json.loads(text))
    except (ValueError, TypeError):
        knots = ()
    if not knots or any(a[0] >= b[0] for a, b in pairwise(knots)):
        raise ConfigError(
            f"--strength-factors: found {text!r}; expected a JSON list of pairs of epoch and factor, by rising epoch"
        )
    return knots


PARSERS: dict[str, Callable[[str], Any]] = {"tasks": str, "phases": parse_phases, "strength_factors": parse_factors}
"""How the options that are not one number or word are read."""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser: the files, then one option a field of TrainSettings."""
    p = argparse.ArgumentParser(prog="python -m compfeat train", description=__doc__)
    p.add_argument("--train", type=Path, required=True, metavar="NPY", help="packed train split")
    p.add_argument("--val", type=Path, required=True, metavar="NPY", help="packed val split")
    p.add_argument("--info", type=Path, required=True, metavar="JSON", help="what the packed data is")
    p.add_argument("--initial", type=Path, metavar="SAFETENSORS", help="weights of the same network to start from")
    p.add_argument("--weights", type=Path, required=True, metavar="SAFETENSORS", help="output: the trained weights")
    p.add_argument("--description", type=Path, required=True, metavar="JSON", help="output: what network they are")
    p.add_argument("--epoch-table", type=Path, required=True, metavar="CSV", help="output: one row an epoch")
    hints = typing.get_type_hints(TrainSettings)
    for field in fields(TrainSettings):
        is_list = field.name == "tasks"
        p.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=PARSERS.get(field.name, hints[field.name]),
            nargs="+" if is_list else None,
            required=field.default is MISSING,
            default=None if field.default is MISSING else field.default,
        )
    return p


def main(argv: Sequence[str]) -> None:
    """Run the stage. Raises ConfigError, DataError or CheckpointError for what a user can mend."""
    args = parser().parse_args(argv)
    values = {field.name: getattr(args, field.name) for field in fields(TrainSettings)}
    settings = TrainSettings(**{**values, "tasks": tuple(values["tasks"])})
    fix_arithmetic(settings.threads)
    device = choose_device(settings.device)
    check(settings, device)
    scenes = Scenes(open_packed(args.train), open_packed(args.val))
    info = read_json(args.info)
    check_sizes(settings, info["height"], info["width"])
    network = start(settings, len(info["class_names"]), args.initial)
    learner = Learner.of(network, settings, device)
    resume = args.weights.with_name("resume.safetensors")
    plan = epochs(settings.phases, len(scenes.train))
    total = plan[-1].end_step
    print(f"train {settings.cut} {settings.loss} seed {settings.seed}: {len(plan)} epochs, {total} steps on {device}")
    with tqdm(total=total, unit="step", mininterval=1.0) as bar:

        def report(done: int, terms: dict[str, float]) -> None:
            bar.update(done - bar.n)
            if terms:
                bar.set_postfix({term: f"{value:.4g}" for term, value in terms.items()}, refresh=False)

        rows = train(learner, scenes, settings, resume, fingerprint(settings, args), report)
    write_csv(args.epoch_table, pd.DataFrame(rows))
    description = describe(
        learner.network,
        settings.loss,
        settings.seed,
        tuple(info["class_names"]),
        (info["height"], info["width"]),
        learner.weights.values(),
    )
    save_network(learner.network, description, args.weights, args.description)
    resume.unlink(missing_ok=True)


def check(settings: TrainSettings, device: torch.device) -> None:
    """Raise ConfigError for settings that cannot go together."""
    # At width 4 a decoder stage has one channel, for which oneDNN's AVX2 kernels write past their buffers and abort.
    if settings.width < 8 or settings.width % 4:
        raise ConfigError(f"model.width: {settings.width} found; expected a multiple of 4 from 8 on (64 in the paper)")
    if settings.precision == "bfloat16" and device.type != "cuda":
        raise ConfigError(f"train.precision: bfloat16 needs cuda, found {device.type}; set float32")
    if not sum(phase.epochs for phase in settings.phases):
        raise ConfigError("train.phases: no epochs; expected at least one phase of at least one epoch")


def check_sizes(settings: TrainSettings, height_px: int, width_px: int) -> None:
    """Raise ConfigError where the images, or a phase's view of them, do not fit the cut."""
    feature_shape(settings.cut, settings.width, height_px, width_px)
    stride = CUTS[settings.cut].stride
    for i, phase in enumerate(settings.phases):
        if phase.crop_width_px > width_px:
            raise ConfigError(
                f"train.phases.{i}.crop_width_px: {phase.crop_width_px} found; the images are {width_px} px wide"
            )
        for side in (height_px, phase.crop_width_px or width_px):
            if side % (stride * phase.downscale):
                raise ConfigError(
                    f"train.phases.{i}: images {side} px along one side, {phase.downscale} times smaller, do not fit cut "
                    f"{settings.cut}; expected a multiple of {stride * phase.downscale} px"
                )


def start(settings: TrainSettings, n_classes: int, initial: Path | None) -> SplitNetwork:
    """Return the network a run starts from: seeded at random, ImageNet's encoder, or the weights of ``initial``."""
    torch.manual_seed(settings.seed)
    network = SplitNetwork(settings.cut, settings.width, settings.tasks, n_classes, settings.decoder_convolutions)
    if initial is not None:
        load_strictly(network, read_tensors(initial), initial)
    elif settings.encoder_weights:
        load_imagenet(network.encoder, Path(settings.encoder_weights))
    return network


def fingerprint(settings: TrainSettings, args: argparse.Namespace) -> str:
    """Identify a run by its settings and its input files' contents, so that no other run's checkpoint is resumed."""
    digest = hashlib.sha256(json.dumps(asdict(settings), sort_keys=True).encode())
    for path in (args.train, args.initial, Path(settings.encoder_weights) if settings.encoder_weights else None):
        if path is not None:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
