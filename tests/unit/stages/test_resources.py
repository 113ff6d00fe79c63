"""What rules ask a scheduler for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config, merged
from compfeat.stages.resources import Predicted, Requests
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
