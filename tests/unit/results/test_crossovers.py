"""Where curves of features and of images cross."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compfeat.results.curves import Curve
from compfeat.results.tables.plugins.crossovers import crossings
from tiny_results import OLD, REMOTE, TinyRun

RATES = np.array([100.0, 200.0, 400.0, 800.0, 1600.0])


def line(slope: float, at: float, rates: np.ndarray = RATES) -> Curve:
    """Return a curve that is a line over the log rate and has the value 1 at the rate ``at``."""
    return Curve.of(rates, 1 + slope * np.log(rates / at))


@settings(deadline=None)
@given(st.floats(120, 1500), st.floats(0.1, 1), st.floats(1.1, 3))
def test_two_lines_cross_where_they_meet(at: float, slope: float, factor: float) -> None:
    (found,) = crossings(line(slope, at), line(slope * factor, at), "split", "remote")
    assert found["crossing"] == 1 and found["crossing_bytes"] == pytest.approx(at, rel=1e-3)
    assert found["crossing_value"] == pytest.approx(1, abs=2e-3)
    assert (found["better_below"], found["better_above"], found["verdict"]) == ("split", "remote", "ok")
    (other,) = crossings(line(slope * factor, at), line(slope, at), "split", "remote")
    assert (other["better_below"], other["better_above"]) == ("remote", "split")
    assert other["crossing_bytes"] == pytest.approx(found["crossing_bytes"])


def test_one_that_is_better_everywhere_is_named_with_the_shared_rates() -> None:
    (found,) = crossings(line(0.3, 100), line(0.3, 150, RATES * 2), "split", "remote")
    assert (found["crossing"], found["crossing_bytes"]) == (0, None)
    assert (found["better_below"], found["better_above"]) == ("split", "split")
    assert (found["from_bytes"], found["to_bytes"]) == (200, 1600)
    assert found["verdict"] == "no crossing: split is better at all shared rates"


def test_every_crossing_has_a_row() -> None:
    wavy = Curve.of(RATES, 1 + np.log(RATES / 400) + np.array([0.2, -0.2, 0.2, -0.2, 0.2]))
    found = crossings(wavy, line(1, 400), "split", "remote")
    assert [c["crossing"] for c in found] == [1, 2, 3, 4]
    assert [c["better_below"] for c in found] == ["split", "remote"] * 2
    assert all(a < c["crossing_bytes"] < b for a, c, b in zip(RATES, found, RATES[1:], strict=False))


@pytest.mark.parametrize(
    ("features", "images", "verdict"),
    [
        (line(1, 400), line(1, 400), "no crossing: the curves are the same at all shared rates"),
        (line(1, 400), line(1, 400, RATES * 100), "refused: no shared rates: all of split lie below those of remote"),
        (line(1, 400, RATES * 100), line(1, 400), "refused: no shared rates: all of remote lie below those of split"),
        (line(1, 400), line(0, 400), "refused: remote has fewer than 2 efficient points"),
        (Curve.of([], []), line(1, 400), "refused: split has no points on this ladder, or lacks this metric at some"),
    ],
)
def test_what_has_no_crossing(features: Curve, images: Curve, verdict: str) -> None:
    (found,) = crossings(features, images, "split", "remote")
    assert (found["verdict"], found["crossing"], found["better_below"], found["better_above"]) == (verdict, 0, "", "")


def test_a_run_of_both_has_rows(tiny_run: Callable[..., TinyRun]) -> None:
    run = tiny_run(
        methods=[OLD, REMOTE], comparisons=[("remote", "old", "on_a", "on_a"), ("old", "remote", "on_b", "on_a")]
    )
    run.gather("points", "crossovers")
    table = run.read("crossovers.csv").set_index(["ladder", "remote_ladder", "metric", "remote_metric"])
    assert set(table["split"]) == {"old"} and set(table["remote"]) == {"remote"}
    kinds = [("miou", "miou"), ("inv_rmse", "inv_rmse"), ("psnr_db", "psnr_db"), ("psnr_db", "image_psnr_db")]
    assert list(table.index) == [(ladder, "on_a", *kind) for ladder in ("on_a", "on_b") for kind in kinds]
    # The images take twice the bytes and do as well; what was decoded itself is better than any output.
    assert list(table["better_above"]) == ["old", "old", "old", "remote"] * 2
    assert (table["better_below"] == table["better_above"]).all() and (table["crossing"] == 0).all()
    features_alone = tiny_run()
    features_alone.gather("points", "crossovers")
    assert len(features_alone.read("crossovers.csv")) == 0
