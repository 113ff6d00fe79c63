from __future__ import annotations

from compfeat.analysis.showcase import MOST_QUALITIES, shown
from compfeat.grid import Point, Run


def _points(seeds: tuple[int, ...], qualities: list[tuple[str, str]]) -> list[Point]:
    return [Point(Run("c512", "baseline", seed), *key) for seed in seeds for key in qualities]


def test_shows_the_first_seeds_lossy_and_quantised_points() -> None:
    keys = [
        ("none", "float"),
        ("none", "u8"),
        ("png", "lossless"),
        ("jpeg", "q80"),
        ("hevc", "lossless"),
        ("hevc", "qp4"),
    ]
    chosen = shown(_points((10, 2), keys))
    assert [point.id.removeprefix("c512/baseline/") for point in chosen] == [
        "seed2/hevc/qp4",
        "seed2/jpeg/q80",
        "seed2/none/u8",
    ]


def test_long_ladders_are_thinned_evenly_with_both_ends() -> None:
    keys = [("hevc", f"qp{qp}") for qp in range(52)]
    chosen = sorted(int(point.quality[2:]) for point in shown(_points((0,), keys)))
    assert len(chosen) == MOST_QUALITIES and chosen == [0, 10, 20, 31, 41, 51]


def test_order_of_points_does_not_matter() -> None:
    points = _points((0, 1), [("hevc", f"qp{qp}") for qp in range(0, 52, 4)])
    assert shown(points) == shown(points[::-1])
