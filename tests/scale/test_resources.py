"""What jobs are predicted to take, against what was measured, and what rules ask a scheduler for."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import pytest

from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config, merged
from compfeat.stages.checks import checked
from compfeat.stages.resources import Jobs, Predicted, layers, requested
from helpers import PROJECT

MEASURED = list(csv.DictReader(Path(__file__).with_name("measured.csv").open(encoding="utf-8")))
"""Jobs of finished runs: peak memory (MB) and time (s; of the processor for ``big_``)."""
BIG = ("config/config.yaml", "config/full.yaml", "benchmarks/big_inputs.yaml")


def experiment(name: str) -> Experiment:
    """Return an experiment of config/, or what benchmarks/big_inputs.py measures: ``big_IMAGES_WIDTH``."""
    if name.startswith("big_"):
        _, images, width = name.split("_")
        changes = {"dataset": {"images": {"val": int(images), "test": int(images)}}, "network": {"width": int(width)}}
        return checked(merged(load_config([PROJECT / own for own in BIG]), changes))
    names = ["config"] if name == "config" else ["config", name]
    return checked(load_config([PROJECT / f"config/{own}.yaml" for own in names]))


def processes(row: dict[str, str]) -> int:
    """Return how many processes rendered; one where all was measured on one core."""
    return 1 if row["stage"] != "render" or row["config"].startswith("big_") else 2


def predicted(jobs: Jobs, row: dict[str, str]) -> Predicted:
    stage, cut, name, split, codec = (row[key] for key in ("stage", "cut", "name", "split", "codec"))
    given: dict[str, tuple[Any, ...]] = {
        "render": (split, processes(row)),
        "prepare": (split, True),
        "train": (cut, name),
        "features": (cut, split),
        "fit": (cut, codec),
        "encode": (cut, name, codec),
        "evaluate": (cut, name, codec),
    }
    job: Predicted = getattr(jobs, stage)(*given[stage]) if stage in given else jobs.shown(stage)
    return job


@pytest.fixture(scope="module")
def known() -> dict[str, Jobs]:
    return {name: Jobs(experiment(name), {}) for name in sorted({row["config"] for row in MEASURED})}


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: "/".join(filter(None, list(row.values())[:6])))
def test_what_was_measured_is_predicted_and_fits_what_is_asked_for(row: dict[str, str], known: dict[str, Jobs]) -> None:
    job = predicted(known[row["config"]], row)
    asked = requested(job, threads=processes(row))
    memory, seconds = float(row["peak_mb"]), float(row["seconds"])
    assert memory <= asked.mem_mb and seconds <= 60 * asked.runtime
    # Never more than half as much again above what was used, beside what every job is given.
    assert job.memory_mb <= 1.5 * memory + 150
    assert memory <= 1.2 * job.memory_mb + 20


def test_memory_grows_with_the_batch_and_time_with_the_images() -> None:
    small, full = (Jobs(experiment(name), {}) for name in ("config", "full"))
    assert full.train("c512", "baseline").memory_mb > 8 * small.train("c512", "baseline").memory_mb
    few, many = (Jobs(e, {}) for e in (small.experiment, experiment("start")))
    ratio = (many.features("c256", "train").seconds - 5) / (few.features("c256", "train").seconds - 5)
    assert ratio == pytest.approx(3000 / 700)
    assert layers(64) / layers(16) == pytest.approx(16 * 88 / 40 / 4)


def test_a_retry_and_a_gpu_ask_for_what_they_need() -> None:
    big = Predicted(memory_mb=30000, seconds=36000)
    assert requested(big).mem_mb == 42300 and requested(big).runtime == 1800
    assert requested(big, gpus=1).mem_mb == 6000 and requested(big, gpus=1).gpu == 1
    assert requested(Predicted(10, 1)).mem_mb == 314 and requested(Predicted(10, 1)).runtime == 5
    assert requested(Predicted(10, 3600), threads=2).runtime == math.ceil(3600 * 3 / 2 / 60)


def test_a_split_whose_size_is_not_known_counts_as_many() -> None:
    jobs = Jobs(experiment("cityscapes"), {"val": 500})
    assert jobs.images("val") == 500 and jobs.images("train") >= 2975
