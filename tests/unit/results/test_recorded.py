from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compfeat.errors import DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.io import write_json
from compfeat.results.recorded import RECORDED_EXPERIMENT, disagreements, identity, record_of
from compfeat.stages.checks import checked
from helpers import PROJECT

CONFIG = load_config([PROJECT / "config/config.yaml"])


def experiment(**changes: Any) -> Experiment:
    return checked(CONFIG | changes)


def test_qualities_of_a_method_replace_a_codecs_own() -> None:
    codecs = {"jpeg": {"qualities": ["q95", "q80"]}, "hevc": {"qualities": ["lossless", "qp28"]}}
    methods = {
        "one": {"training": "baseline"},
        "other": {"training": "baseline", "qualities": {"hevc": ["qp4", "qp28"]}},
        "third": {"training": "baseline", "codecs": {"hevc": ["qp40", "qp0"]}},
    }
    shared: dict[str, Any] = {"comparisons": [], "claims": None, "ladders": {}, "figures": []}
    e = experiment(codecs={"png": None, **codecs}, methods=methods, **shared)
    assert e.qualities("one") == {"jpeg": ("q95", "q80"), "hevc": ("lossless", "qp28")}
    assert e.qualities("other") == {"jpeg": ("q95", "q80"), "hevc": ("qp4", "qp28")}
    assert e.qualities("third") == {"hevc": ("qp40", "qp0")}
    assert e.qualities_of("hevc") == ("lossless", "qp0", "qp4", "qp28", "qp40"), "of all methods, finest first"
    assert e.all_qualities("other") == {"none": ("float", "u8"), **e.qualities("other")}
    assert e.lossless("one") == {("hevc", "lossless"): "u8"} and e.lossless("other") == {}


def values() -> dict[str, Any]:
    """Return what a run writes as its experiment, before what follows from it."""
    return experiment().model_dump(mode="json")


def test_an_identity_is_its_own() -> None:
    """Older records have the identity alone."""
    found = identity(values())
    assert identity(found) == found and "root" not in found["dataset"]
    assert all("label" not in method for method in found["methods"].values())


@pytest.fixture
def record(tmp_path: Path) -> Path:
    write_json(tmp_path / "seeds" / RECORDED_EXPERIMENT, values())
    return tmp_path


def with_record(**changes: Any) -> Experiment:
    return experiment(records={"seeds": "seeds"}, **changes)


def test_a_record_of_the_same_experiment_is_used(record: Path) -> None:
    tables, why = record_of(with_record(seeds=[3], showcase={"images": [0]}, output="elsewhere"), "seeds", record)
    assert tables == {name: f"seeds/{name}.csv" for name in ("intervals", "claims", "seed_noise")} and why == ""
    assert record_of(experiment(records=None), "seeds", record) == ({}, "")


@pytest.mark.parametrize(
    ("section", "change", "key"),
    [
        ("dataset", {"render_seed": 2}, "dataset"),
        ("training", {"noise_steps": 2}, "trainings.baseline"),
        ("network", {"width": 8}, "cuts.c256"),
        ("codecs", {"jpeg": {"qualities": ["q95", "q90", "q85", "q80"]}}, "codecs.jpeg"),
        ("bd_rate", {"frontier": False}, "bd_rate"),
    ],
)
def test_a_record_of_another_experiment_is_not_used(
    record: Path, section: str, change: dict[str, Any], key: str
) -> None:
    tables, why = record_of(with_record(**{section: CONFIG[section] | change}), "seeds", record)
    assert tables == {} and "seeds is of another experiment (" in why and key in why


def test_points_do_not_depend_on_which_others_there_are(record: Path) -> None:
    method = {
        "training": CONFIG["methods"]["task_klt"]["training"],
        "transform": CONFIG["methods"]["task_klt"]["transform"],
    }
    e = experiment(records={"seeds": "seeds", "codecs": "seeds"}, methods=CONFIG["methods"] | {"task_klt": method})
    assert record_of(e, "seeds", record)[1].endswith("(methods.task_klt); it is not used")
    assert record_of(e, "codecs", record) == ({"points": "seeds/points.csv", "experiment": "seeds/experiment.json"}, "")


def test_a_method_that_one_of_two_experiments_has_does_not_matter() -> None:
    own = values()
    more = {**own, "methods": {**own["methods"], "third": {}}}
    assert list(disagreements(own, more)) == list(disagreements(more, own)) == []
    other = {
        **own,
        "methods": {**own["methods"], "baseline": {**own["methods"]["baseline"], "qualities": {"hevc": ["qp4"]}}},
    }
    assert list(disagreements(own, other)) == ["methods.baseline"]


def test_a_record_that_is_not_there_or_damaged(record: Path) -> None:
    path = record / "seeds" / RECORDED_EXPERIMENT
    path.write_text("{")
    with pytest.raises(DataError, match="not JSON"):
        record_of(with_record(), "seeds", record)
    path.unlink()
    assert "is not there" in record_of(with_record(), "seeds", record)[1]
