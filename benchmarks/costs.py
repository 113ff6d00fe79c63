"""What whole experiments are predicted to take, from the costs of their jobs: ``python benchmarks/costs.py [CONFIG ...]``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.experiment.layout import Layout
from compfeat.networks.files import build_network, build_tasks
from compfeat.settings.recipe import NetworkConfig
from compfeat.settings.runs import UNCODED, Run, Split, Trained
from compfeat.stages.checks import checked
from compfeat.stages.coding import Coding
from compfeat.stages.resources import Jobs, Predicted

PROJECT = Path(__file__).parents[1]
FOUND: dict[str, dict[Split, int]] = {
    "cityscapes": {"train": 2975, "val": 500, "test": 1525},
    "camvid": {"train": 367, "val": 101, "test": 233},
}
"""Images of the datasets that have to be there already."""
CLASSES = tuple(map(str, range(19)))
"""As many as Cityscapes and rendered scenes have; other datasets' few make no difference here."""
PNG_BYTES = 2.05
"""Of a rendered scene's four files, a pixel."""


def every_job(jobs: Jobs, rendered: bool) -> Iterator[tuple[str, Predicted]]:
    """Yield stage and prediction of the jobs up to the tables, which take minutes."""
    e = jobs.experiment
    for split in e.dataset.splits:
        if rendered:
            yield ("render", jobs.render(split, 2))
        yield ("prepare", jobs.prepare(split, rendered))
    for trained in e.trained():
        yield ("train", jobs.train(trained.cut, trained.training))
    yield from (("features", jobs.features(trained.cut, split)) for trained, split in features(e))
    for run in e.runs():
        yield from (("fit", jobs.fit(run.cut, name)) for name in fitted(e, run))
        for codec in e.all_qualities(run.method):
            if codec != UNCODED:
                yield ("encode", jobs.encode(run.cut, run.method, codec))
            yield ("evaluate", jobs.evaluate(run.cut, run.method, codec))


def fitted(e: Experiment, run: Run) -> list[str]:
    """Return what is fitted for a run: its transform, and codecs."""
    return Coding(e, Layout(e.output, e.dataset.prepared)).fitted(run)


def features(e: Experiment) -> list[tuple[Trained, Split]]:
    """Return the networks and splits that have features: those of train where something is fitted to them."""
    read = {e.trained_of(run) for run in e.runs() if fitted(e, run)}
    evaluated: list[tuple[Trained, Split]] = [(trained, e.dataset.evaluated_split) for trained in e.trained()]
    return [*evaluated, *((trained, "train") for trained in e.trained() if trained in read)]


def step_flop(e: Experiment, cut: str) -> int:
    """Return the floating point operations of a training step on one image: forward and backward, of convolutions and products."""
    own = e.cuts[cut]
    config = NetworkConfig(**{name: getattr(own, name) for name in NetworkConfig.model_fields})
    with torch.device("meta"):
        network = build_network(config, build_tasks(e.tasks, CLASSES))
        image = torch.zeros(1, 3, *e.dataset.size)
    with FlopCounterMode(display=False) as counter:
        sum(output.sum() for output in network.decode(network.encode(image)).values()).backward()  # type: ignore[union-attr]
    return int(counter.get_total_flops())


def training_flop(jobs: Jobs) -> float:
    """Return the floating point operations of all trainings."""
    e, total = jobs.experiment, 0.0
    per_image = {cut: step_flop(e, cut) for cut in e.cuts}
    for trained in e.trained():
        epochs = sum(phase.epochs / phase.downscale**2 for phase in e.trainings[trained.training].phases)
        total += epochs * jobs.images("train") * per_image[trained.cut]
    return total


def disk_bytes(jobs: Jobs, rendered: bool) -> float:
    """Return what sources that are rendered, packed scenes and features take."""
    images = sum(jobs.images(split) for split in jobs.experiment.dataset.splits)
    numbers = sum(jobs.images(split) * jobs.elements(trained.cut) for trained, split in features(jobs.experiment))
    return images * (jobs.record_bytes() + rendered * PNG_BYTES * jobs.pixels) + 4 * numbers


def line(name: str, e: Experiment) -> str:
    """Return one line about a configuration."""
    rendered = e.dataset.name == "streets"
    jobs = Jobs(e, FOUND.get(name, {}))
    all_jobs = list(every_job(jobs, rendered))
    hours = {stage: sum(takes.seconds for own, takes in all_jobs if own == stage) / 3600 for stage, _ in all_jobs}
    others = sum(hours.values()) - hours["train"]
    largest, peak = max(all_jobs, key=lambda job: job[1].memory_mb)
    return (
        f"{name:<12} {len(all_jobs):>5} jobs  training {hours['train']:>9.2f} core hours of a CPU, "
        f"{training_flop(jobs) / 1e15:>7.3f} PFLOP; all else {others:>6.2f} core hours  "
        f"largest job {peak.memory_mb / 1000:>5.1f} GB ({largest})  disk {disk_bytes(jobs, rendered) / 1e9:>6.2f} GB"
    )


def main(names: list[str]) -> int:
    """Print one line per configuration."""
    for name in names or ["config", "camvid", "full", "cityscapes"]:
        files = ["config"] if name == "config" else ["config", name]
        print(line(name, checked(load_config([PROJECT / f"config/{file}.yaml" for file in files]))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
