from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compfeat.__main__ import call
from compfeat.arrays import Arrays, read_arrays, write_arrays
from compfeat.errors import DataError
from compfeat.results.tables.base import TABLES
from tiny_results import NEW, OLD, PAIRS, REMOTE, TinyRun, tiny_experiment


@pytest.fixture
def run(tmp_path: Path) -> TinyRun:
    made = TinyRun(tmp_path, tiny_experiment([OLD, NEW, REMOTE], PAIRS), {OLD: 1.0, NEW: 0.8, REMOTE: 1.0})
    made.write()
    return made


def test_every_coded_point_of_features_has_a_row(run: TinyRun) -> None:
    run.gather("points", "rate_distortion")
    rows, points = run.read("rate_distortion.csv"), run.read("points.csv")
    coded = points[points["rate_bpe"].notna()]
    assert len(rows) == len(coded) and set(rows["method"]) == {"old", "new"}
    assert rows["rate_bpe"].tolist() == coded["rate_bpe"].tolist()
    expected = np.maximum(0, -np.log2(rows["distortion"]) / 2)
    np.testing.assert_allclose(rows["bound_bpe"], expected)
    np.testing.assert_allclose(rows["distance_bpe"], rows["rate_bpe"] - expected)


def test_every_file_is_read_once(run: TinyRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run.gather("points")
    read: list[Path] = []

    def counted(path: Path) -> Arrays:
        read.append(path)
        return read_arrays(path)

    monkeypatch.setattr("compfeat.results.inputs.read_arrays", counted)
    call("gather", run.argv(TABLES.get("rate_distortion")))
    assert len(read) == len(set(read)) == 2 * 3, "of each method that sends features: both codecs and what is not coded"


def test_a_transform_with_fewer_components_spends_its_bits_on_all_elements(run: TinyRun) -> None:
    path = run.inputs["distortions"]["c512/new/seed0/none"]
    write_arrays(path, read_arrays(path) | {"variance": np.ones((1, 2, 8))})
    run.gather("points", "rate_distortion")
    rows = run.read("rate_distortion.csv").set_index(["method", "codec", "quality"])["bound_bpe"]
    assert rows["new", "a", "lossless"] == pytest.approx(rows["old", "a", "lossless"] / 4)


def test_a_point_that_was_not_measured_is_named(run: TinyRun) -> None:
    path = run.inputs["distortions"]["c512/new/seed0/b"]
    write_arrays(path, {name: array for name, array in read_arrays(path).items() if name != "qp20/mse"})
    run.gather("points")
    with pytest.raises(DataError, match=r"distortions.npz: lacks qp20/mse; rerun the stage evaluate"):
        run.gather("rate_distortion")


def test_the_sizes_of_fitted_codecs(run: TinyRun) -> None:
    run.gather("codec_states")
    assert len(run.read("codec_states.csv")) == 0
    for method in ("new", "old"):
        write_arrays(run.path("states", f"c512/{method}/seed0/a", "state.npz"), {"scale": np.zeros(1000, np.int8)})
    run.gather("codec_states")
    rows = run.read("codec_states.csv")
    assert rows["method"].tolist() == ["new", "old"] and rows["array_bytes"].tolist() == [1000, 1000]
    assert rows["file_bytes"].tolist() == [path.stat().st_size for path in run.inputs["states"].values()]
