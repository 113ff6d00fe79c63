"""What a row of each table stands on: no more than its own runs and points, and never less."""

from __future__ import annotations

from typing import Any

import pytest

from compfeat.provenance.selection import selection_of

LADDERS = {"hevc": frozenset({"hevc"}), "published": frozenset({"png", "jpeg"})}
CELL = {"cut": "c512", "loss": "compressible", "seed": "0"}
POINT = {**CELL, "codec": "hevc", "quality": "qp22"}
BD = {**CELL, "ladder": "published", "metric": "miou"}
RUN, ANCHOR = "results/train/c512/compressible/seed0/x", "results/train/c512/baseline/seed0/x"
WARM = "results/train/c512/warm_start/seed0/x"
OTHER_CUT, OTHER_SEED = "results/train/c256/baseline/seed0/x", "results/train/c512/compressible/seed1/x"
HEVC, JPEG, FLOAT, U8 = (
    f"results/evaluate/c512/compressible/seed0/{point}/x"
    for point in ("hevc/qp22", "jpeg/q90", "none/float", "none/u8")
)
ALL = {RUN, ANCHOR, WARM, HEVC, JPEG, FLOAT, U8}
COVERED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "points.csv": (POINT, {RUN, WARM, HEVC}),
    "per_image.csv": (POINT, {RUN, WARM, HEVC}),
    "point_intervals.csv": ({**POINT, "metric": "miou"}, {RUN, WARM, HEVC}),
    "epochs.csv": (CELL, {RUN, WARM}),
    "feature_statistics.csv": (CELL, {RUN, WARM, HEVC, JPEG, FLOAT, U8}),
    "bd_rate.csv": (BD, {RUN, ANCHOR, WARM, JPEG}),
    "intervals.csv": (BD, {RUN, ANCHOR, WARM, JPEG}),
    "headline.csv": ({**BD, "seed": ""}, {RUN, ANCHOR, WARM, JPEG, FLOAT, U8, OTHER_SEED}),
    "bd_details.csv": (BD, {RUN, ANCHOR, WARM, JPEG, FLOAT, U8}),
    "float_intervals.csv": (CELL, {RUN, ANCHOR, WARM, FLOAT}),
    "claims.csv": ({**CELL, "source": "this run"}, {RUN, ANCHOR, WARM, FLOAT}),
    "a_table_to_come.csv": (CELL, ALL),
    "ladders.csv": ({"ladder": "hevc"}, set()),
}


@pytest.mark.parametrize("table", sorted(COVERED))
def test_what_a_row_stands_on(table: str) -> None:
    row, expected = COVERED[table]
    selection = selection_of(table, row, LADDERS)
    assert selection.own
    assert {path for path in {*ALL, OTHER_CUT, OTHER_SEED} if selection.covers(path)} == expected


@pytest.mark.parametrize(
    ("table", "row"),
    [("published_points.csv", CELL), ("seeds_intervals.csv", BD), ("claims.csv", {**BD, "source": "published"})],
)
def test_numbers_of_others_are_not_of_this_run(table: str, row: dict[str, str]) -> None:
    assert not selection_of(table, row, LADDERS).own


def test_a_seed_that_was_read_as_a_number_is_the_same_seed() -> None:
    assert selection_of("points.csv", {**POINT, "seed": "0.0"}, {}) == selection_of("points.csv", POINT, {})
