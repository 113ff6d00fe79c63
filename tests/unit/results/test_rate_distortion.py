from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from compfeat.arrays import read_arrays, write_arrays
from compfeat.errors import DataError
from compfeat.results.rate_distortion import gaussian_rate
from tiny_results import NEW, OLD, PAIRS, REMOTE, TinyRun, tiny_plan


def test_the_rate_of_equal_components_is_half_the_log_of_the_ratio() -> None:
    assert gaussian_rate(np.full((3, 4), 8.0), 0.5) == pytest.approx(2)
    assert gaussian_rate(np.full(5, 2.0), 2.0) == gaussian_rate(np.full(5, 2.0), 7.0) == 0


def test_a_component_below_the_water_level_gets_no_bits() -> None:
    # Level 1: distortions 1, 1 and 0.5; log2(16) / 2 + log2(4) / 2 bits over three components.
    assert gaussian_rate(np.array([4, 0.5, 16]), 2.5 / 3) == pytest.approx(3 / 3)


def test_no_distortion_has_no_finite_rate_unless_nothing_varies() -> None:
    assert gaussian_rate(np.array([1.0, 0.0]), 0.0) is None
    assert gaussian_rate(np.zeros(4), 0.0) == 0


@example(np.array([0.5, 1.0, 1.0]), 1.0, 0.9999999999999999)
@given(
    hnp.arrays(np.float64, st.integers(1, 20), elements=st.floats(1e-6, 1e6)), st.floats(1e-9, 1), st.floats(0.01, 1)
)
def test_the_rate_falls_with_the_distortion_and_knows_no_unit(variances: np.ndarray, share: float, less: float) -> None:
    distortion = share * float(variances.mean())
    rate, finer = gaussian_rate(variances, distortion), gaussian_rate(variances, less * distortion)
    assert rate is not None and finer is not None and 0 <= rate <= finer + 1e-12
    assert gaussian_rate(variances * 64, distortion * 64) == pytest.approx(rate, rel=1e-9, abs=1e-12)
    # All components alike would need the most bits.
    assert rate <= max(0, np.log2(variances.mean() / distortion) / 2) + 1e-9


@pytest.fixture
def run(tmp_path: Path) -> TinyRun:
    made = TinyRun(tmp_path, tiny_plan([OLD, NEW, REMOTE], PAIRS), {"old": 1.0, "new": 0.8, "remote": 1.0})
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


def test_a_transform_with_fewer_components_spends_its_bits_on_all_elements(run: TinyRun) -> None:
    path = run.inputs["distortions"]["c512/new/seed0/none"]
    write_arrays(path, read_arrays(path) | {"variance": np.ones((1, 2, 8))})
    run.gather("points", "rate_distortion")
    rows = run.read("rate_distortion.csv").set_index(["method", "codec", "quality"])["bound_bpe"]
    assert rows["new", "a", "fine"] == pytest.approx(rows["old", "a", "fine"] / 4)


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
