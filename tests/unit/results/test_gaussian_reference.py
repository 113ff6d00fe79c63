"""What Gaussian features would take, against cases that can be worked out; and the tables of references and transforms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from compfeat.arrays import write_arrays
from compfeat.errors import DataError
from compfeat.experiment.config import part_of
from compfeat.io import write_csv
from compfeat.results.gaussian import Mixture, gaussian_rate
from compfeat.results.tables.base import Inputs
from compfeat.results.tables.plugins.gaussian_reference import covariances, make_gaussian_reference, mixtures
from compfeat.results.tables.plugins.transforms import make_transforms


def test_covariances_add_up_to_the_loss_of_sending_the_means_alone() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((20, 3, 4, 8)).astype(np.float32) @ np.tri(8, dtype=np.float32)
    jacobian = rng.standard_normal((2, 3))
    found = covariances(features)
    outputs = np.einsum("kc,nchw->nkhw", jacobian, features - features.mean(axis=0))
    assert found.shape == (32, 3, 3)
    mixture = Mixture.of(found, {"a": jacobian.T @ jacobian}, {"a": 1.0})
    assert mixture.variances.sum() == pytest.approx((outputs**2).sum(axis=1).mean(), rel=1e-5)
    # Two outputs depend on two components; running sums along a row have more energy at low frequencies.
    power = np.sort(mixture.variances.sum(axis=0))
    assert power[0] < 1e-6 * power[1]
    energy = np.trace(found, axis1=1, axis2=2).reshape(4, 8)
    assert energy[:, 0].sum() > energy[:, -1].sum()


def test_one_task_is_reverse_water_filling() -> None:
    variances = np.array([[4.0, 1.0], [2.0, 0.5]])
    found = np.stack([np.diag(own) for own in variances])
    mixture = Mixture.of(found, {"a": np.eye(2)}, {"a": 1.0})
    for rise in (0.1, 1.0, 5.0):
        assert mixture.rate({"a": rise}) == pytest.approx(gaussian_rate(variances, rise), abs=1e-6)
    assert mixture.rate({"a": 8.0}) == 0


def test_two_tasks_take_at_least_what_each_takes_and_no_more_than_both() -> None:
    """Tasks that see one channel each: their rates add up. Tasks that see the same: the stricter one's."""
    found = np.stack([np.diag([4.0, 1.0])] * 3)
    first, second = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    rises = {"a": 0.3, "b": 0.06}
    alone = [
        min(m.rate({task: rises[task]}) for m in mixtures(found, {task: own})[task])
        for task, own in (("a", first), ("b", second))
    ]
    both = min(m.rate(rises) for m in mixtures(found, {"a": first, "b": second})["all"])
    assert sum(alone) <= both + 1e-9 and both == pytest.approx(sum(alone), rel=0.05)
    same = min(m.rate(rises) for m in mixtures(found, {"a": first, "b": first})["all"])
    assert same == pytest.approx(min(m.rate({"a": 0.06}) for m in mixtures(found, {"a": first})["a"]), rel=1e-3)


METHODS = {
    "plain": {"training": "base"},
    "turned": {"training": "base", "transform": "task_klt"},
    "picture": {"training": "base", "sends": "image"},
}
EXPERIMENT = part_of({"tasks": ["segmentation", "reconstruction"], "methods": METHODS})


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """A run of three methods, of which one has left a sensitivity."""
    keys = ["cut", "method", "seed", "codec", "quality"]
    rows: list[tuple[Any, ...]] = [("none", "float", 0.1, None), ("a", "fine", 0.1, 3.0), ("a", "rough", 0.2, 0.5)]
    points = pd.DataFrame(
        [
            ("c", name, 0, codec, q, mse, rate if method.sends == "features" else None)
            for name, method in EXPERIMENT.methods.items()
            for codec, q, mse, rate in rows
        ],
        columns=[*keys, "mse", "rate_bpe"],
    )
    images = pd.concat(
        [points.assign(n_reconstruction=10, sse_reconstruction=10 * points["mse"] + i) for i in (0, 0.5)]
    )
    write_csv(tmp_path / "points.csv", points.drop(columns="mse"))
    write_csv(tmp_path / "per_image.csv", images.drop(columns=["mse", "rate_bpe"]))
    np.save(tmp_path / "val.npy", np.random.default_rng(0).standard_normal((50, 2, 4, 4)).astype(np.float32))
    state = {
        "mean": np.zeros(2, np.float32),
        "forward": np.eye(2, dtype=np.float32),
        "inverse": np.eye(2, dtype=np.float32),
    }
    own = {f"sensitivity_{name}": np.eye(2, dtype=np.float32) for name in ("segmentation", "reconstruction")}
    write_arrays(tmp_path / "transform.npz", {**state, **own})
    paths = {
        "table": {name: tmp_path / name for name in ("points.csv", "per_image.csv")},
        "features": {"c/base/seed0": tmp_path / "val.npy"},
        "transforms": {"c/turned/seed0": tmp_path / "transform.npz"},
    }
    return Inputs(EXPERIMENT, paths)


def test_references_are_of_what_rose_and_of_every_method_of_the_network(inputs: Inputs) -> None:
    found = make_gaussian_reference(inputs)
    assert isinstance(found, pd.DataFrame)
    assert found[["method", "codec", "quality", "task"]].to_numpy().tolist() == [
        [name, "a", "rough", "reconstruction"] for name in ("plain", "turned")
    ]
    # White features of two channels and a rise of 0.1 of all 2: half of log2(20) bits per element.
    assert found["mse_rise"].tolist() == pytest.approx([0.1] * 2)
    assert found["reference_bpe"].tolist() == pytest.approx([np.log2(20) / 2] * 2, rel=0.03)
    assert found["excess_bpe"].tolist() == pytest.approx((0.5 - found["reference_bpe"]).tolist())


def test_no_sensitivity_no_reference(inputs: Inputs) -> None:
    bare = Inputs(EXPERIMENT, {**inputs.paths, "transforms": {}})
    for table in (make_gaussian_reference(bare), make_transforms(bare)):
        assert isinstance(table, pd.DataFrame) and len(table) == 0 and len(table.columns) > 4


def test_a_run_without_float_features_is_named(inputs: Inputs) -> None:
    path = inputs.file("table", "per_image.csv")
    table = pd.read_csv(path)
    write_csv(path, table[table["codec"] != "none"])
    with pytest.raises(DataError, match="c/plain/seed0 has no point none/float; rerun the stage evaluate"):
        make_gaussian_reference(inputs)


def test_a_transform_weighs_what_both_sides_need(inputs: Inputs) -> None:
    table = make_transforms(inputs)
    assert isinstance(table, pd.DataFrame)
    assert table.to_numpy().tolist() == [["c", "turned", 0, "task_klt", 4 * (2 + 4 + 4)]]
