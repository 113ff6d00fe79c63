"""Train one network: ``python -m compfeat train --help``."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from tqdm import tqdm

from compfeat.datasets.packed import open_packed
from compfeat.determinism import ENVIRONMENT
from compfeat.errors import ConfigError
from compfeat.io import read_json, sha256_of, write_csv
from compfeat.losses.base import LOSSES
from compfeat.networks.base import NETWORKS, feature_shape
from compfeat.networks.files import build_network, build_tasks, describe, load_weights, save_network
from compfeat.networks.inference import choose_device, fix_arithmetic
from compfeat.networks.split import SplitNetwork
from compfeat.networks.tensors import REMAKE
from compfeat.provenance.code import module_identities
from compfeat.provenance.tools import versions
from compfeat.settings.recipe import INSTALLED
from compfeat.settings.section import options_of
from compfeat.tasks.base import Task
from compfeat.training import loop
from compfeat.training.loop import Learner, Scenes
from compfeat.training.memory import keep_freed_memory
from compfeat.training.plugins import plugin_modules, programs, variant_of
from compfeat.training.schedule import epochs
from compfeat.training.settings import TrainSettings, check_phases
from compfeat.training.variants.base import Variant

if TYPE_CHECKING:
    from compfeat.losses.base import Loss

DESCRIPTION = "network.json"
"""Name of the description that lies beside weights of the pipeline's own."""


def train(
    *,
    settings: TrainSettings,
    train_arrays: Path,
    val_arrays: Path,
    info: Path,
    initial: Path | None = None,
    encoder_weights: Path | None = None,
    weights: Path,
    description: Path,
    epoch_table: Path,
) -> None:
    """Train one network.

    A training that is interrupted resumes from its last epoch and ends in the same files, unless code, settings, inputs, packages or
    the machine are others: then it starts over, and says which.

    Args:
        settings: what is trained and how, as JSON.
        train_arrays: packed train split (.npy).
        val_arrays: packed val split (.npy); its metrics are shown and choose nothing.
        info: what the packed data is (.json).
        initial: weights of the same network to start from (.safetensors).
        encoder_weights: pretrained weights of the encoder to start from (.safetensors), or ``installed`` for those that a package
            brings, if there are no initial ones.
        weights: output: the trained weights (.safetensors).
        description: output: what network they are (.json).
        epoch_table: output: one row per epoch (.csv).

    Raises:
        ConfigError: settings cannot go together or with the data, or the training diverged.
        DataError: packed data is missing or damaged.
        CheckpointError: weights to start from are missing, damaged, or of another network.
    """
    fix_arithmetic(settings.recipe.threads)
    keep_freed_memory()
    device = choose_device(settings.recipe.device)
    packed = read_json(info)
    size, class_names = (packed["height"], packed["width"]), packed["class_names"]
    scenes = Scenes(open_packed(train_arrays), open_packed(val_arrays))
    check(settings, device, size, len(scenes.train))
    if encoder_weights == Path(INSTALLED):
        encoder_weights = NETWORKS.get(settings.network.name).installed_weights()
    tasks = build_tasks(settings.tasks, class_names)
    variant = chosen_variant(settings)
    network = start(settings, tasks, variant, initial, encoder_weights)
    learner = Learner.of(network, chosen_loss(settings, tasks), variant, device)
    resume = weights.with_name("resume.safetensors")
    files = {"train_arrays": train_arrays, "val_arrays": val_arrays, "info": info}
    files |= {"initial": initial} if initial else {}
    files |= {"encoder_weights": encoder_weights} if encoder_weights else {}
    known = identity(settings, files, device)
    plan = epochs(settings.recipe.phases, len(scenes.train))
    total = plan[-1].end_step
    name = f"{settings.cut} {settings.training} seed {settings.seed}"
    print(f"train {name}: {len(plan)} epochs, {total} steps on {device}")
    with tqdm(total=total, unit="step", mininterval=1.0) as bar:

        def report(done: int, terms: dict[str, float]) -> None:
            bar.update(done - bar.n)
            if terms:
                bar.set_postfix({term: f"{value:.4g}" for term, value in terms.items()}, refresh=False)

        rows = loop.train(learner, scenes, settings, resume, known, report, bar.write)
    write_csv(epoch_table, pd.DataFrame(rows))
    described = describe(
        learner.network,
        cut=settings.cut,
        training=settings.training,
        seed=settings.seed,
        class_names=class_names,
        input_size=size,
        loss_values=learner.loss.values(len(plan)),
    )
    save_network(learner.network, described, weights, description, learner.loss.kept())
    resume.unlink(missing_ok=True)


def check(settings: TrainSettings, device: torch.device, size: tuple[int, int], n_images: int) -> None:
    """Raise ConfigError for settings that do not go together, or not with ``n_images`` images of ``size`` (H, W)."""
    if settings.recipe.precision == "bfloat16" and device.type != "cuda":
        raise ConfigError(f"{settings.key('precision')}: bfloat16 needs cuda, found {device.type}; set float32")
    network = settings.network
    feature_shape(network.name, network.place, network.width, *size)
    stride = NETWORKS.get(network.name).cuts[network.place].stride
    try:
        check_phases(settings.recipe.phases, settings.cut, stride, *size, n_images)
    except ConfigError as error:
        raise ConfigError(f"{settings.key('phases')}: {error}") from None


def start(
    settings: TrainSettings,
    tasks: Sequence[Task],
    variant: Variant[Any],
    initial: Path | None,
    encoder_weights: Path | None,
) -> SplitNetwork:
    """Return the network that a training starts from: seeded at random, with a pretrained encoder, or with what the variant takes of
    the weights of ``initial``.
    """
    torch.manual_seed(settings.seed)
    network = build_network(settings.network, tasks)
    if initial is not None:
        # Beside what this stage has made lies its description.
        is_ours = initial.with_name(DESCRIPTION).is_file()
        random = {name: tensor.clone() for name, tensor in network.state_dict().items() if not variant.started(name)}
        load_weights(network, initial, REMAKE if is_ours else f"give another file as {settings.key('start')}")
        network.load_state_dict(random, strict=False)
    elif encoder_weights is not None:
        NETWORKS.get(settings.network.name).load_weights(network.encoder, encoder_weights)
    return network


def chosen_loss(settings: TrainSettings, tasks: Sequence[Task]) -> Loss:
    """Return the loss that the settings name, with its options. Raises ConfigError if they cannot be used."""
    spec, key = LOSSES.get(settings.recipe.loss.name), settings.key("loss")
    options = options_of(spec, settings.recipe.loss.options, key)
    if problem := spec.problem(options, settings.cut):
        raise ConfigError(f"{key}: {problem}")
    return spec.build(options, settings.cut, tasks)


def chosen_variant(settings: TrainSettings) -> Variant[Any]:
    """Return the variant that the settings name, with its options. Raises ConfigError if they cannot be used."""
    variant, options = variant_of(settings)
    return variant(settings, options)


def identity(settings: TrainSettings, files: Mapping[str, Path], device: torch.device) -> dict[str, str]:
    """Return all that trained weights depend on, by what it is called: code, packages, machine, settings and input files."""
    modules = ("compfeat.cli.pipeline.train", *plugin_modules(settings))
    found = {f"code of {name}": digest for name, digest in module_identities(*modules).items()}
    found |= {name: versions(name) for name in ("torch", "numpy")}
    found["programs"] = ", ".join(programs(settings))
    found["device"] = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    found["processor"] = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    # The number of threads is a setting.
    found |= {name: os.environ.get(name, "") for name in ENVIRONMENT if not name.endswith("_THREADS")}
    for key, value in settings.model_dump(mode="json").items():
        parts = {f"{key}.{part}": own for part, own in value.items()} if isinstance(value, dict) else {key: value}
        found |= {f"setting {name}": json.dumps(own, sort_keys=True) for name, own in parts.items()}
    return found | {f"file {name}": sha256_of(path) for name, path in files.items()}
