"""What rules ask a scheduler for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from compfeat.codecs.base import CODECS
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config, merged
from compfeat.settings.runs import TRANSFORM
from compfeat.stages.resources import COSTS, SLOW_CODECS, Jobs, Predicted, Requests, requested
from helpers import PROJECT


@pytest.mark.parametrize(
    ("device", "given", "gpus"),
    [("cuda", [], 1), ("auto", ["gpu"], 1), ("auto", [], 0), ("cpu", ["gpu"], 0)],
)
def test_a_job_with_a_network_takes_a_gpu_and_is_then_submitted_alone(device: str, given: list[str], gpus: int) -> None:
    config = merged(load_config([PROJECT / "config/config.yaml"]), {"training": {"device": device}})
    requests = Requests(Experiment.of(config), SimpleNamespace(global_resources=given, non_local_exec=True))
    needs = requests.needs(lambda _: Predicted(1000, 3600), training=lambda _: "baseline")
    assert needs["gpu"]({}, 1) == gpus
    assert requests.needs(lambda _: Predicted(1000, 3600))["gpu"]({}, 1) == 0
    assert needs["mem_mb"]({}, 1, 1) == 1700 and needs["mem_mb"]({}, 1, 3) == 6800
    assert needs["runtime"]({}, 2, 1) == 90 and needs["runtime"]({}, 2, 2) == 180
    assert requests.together("coding", lambda _: "baseline")({}) == (None if gpus else "coding")


def test_jobs_that_run_here_have_no_group() -> None:
    experiment = Experiment.of(load_config([PROJECT / "config/config.yaml"]))
    requests = Requests(experiment, SimpleNamespace(global_resources=[], non_local_exec=False))
    assert requests.together("results")({}) is None


@pytest.mark.parametrize(
    ("cut", "fitted", "seconds", "memory_mb"),
    [
        ("c256", "learned", 283, 466),
        ("c512", "learned", 125, 426),
        ("c256", "learned_tasks", 656, 1659),
        ("c512", "learned_tasks", 470, 1402),
    ],
)
def test_networks_around_a_codec_take_minutes_to_train(cut: str, fitted: str, seconds: float, memory_mb: float) -> None:
    """Processor time, the mean of three seeds, and the largest peak of memory, of config/learned.yaml on one core of a server."""
    jobs = Jobs(Experiment.of(load_config([PROJECT / "config" / f"{name}.yaml" for name in ("config", "learned")])), {})
    predicted = jobs.fit(cut, fitted)
    assert 0.7 * seconds < predicted.seconds < 1.4 * seconds
    request = requested(predicted)
    assert memory_mb < request.mem_mb and seconds < 60 * request.runtime
    assert jobs.fit(cut, "laplace") == jobs.fit(cut, TRANSFORM)


def test_a_slow_codec_takes_longer_to_code_whatever_its_entry_is_called_but_not_to_decode() -> None:
    entries = {"fast": {"codec": "hevc", "qualities": ["qp22"]}, "slow": {"codec": "vvc", "qualities": ["qp22"]}}
    config = merged(load_config([PROJECT / "config/config.yaml"]), {"codecs": entries})
    jobs, base_s = Jobs(Experiment.of(config), {}), COSTS["encode"].base_s
    fast, slow = (jobs.encode("c256", "baseline", name) for name in entries)
    assert slow.seconds - base_s == pytest.approx(33 * (fast.seconds - base_s)) and slow.memory_mb == fast.memory_mb
    assert jobs.evaluate("c256", "baseline", "slow") == jobs.evaluate("c256", "baseline", "fast")
    assert set(SLOW_CODECS) <= set(CODECS.names())
