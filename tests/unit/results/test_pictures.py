from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from compfeat.arrays import read_arrays, write_arrays
from compfeat.errors import DataError
from compfeat.results.tables.plugins.pictures import MOST_QUALITIES, evenly, shown_qualities
from tiny_results import OLD, PAIRS, REMOTE, tiny_experiment


def test_lossy_qualities_and_the_uncoded_one_that_a_codec_sees() -> None:
    e = tiny_experiment([OLD, REMOTE], [])
    assert shown_qualities(e, OLD, "a", {"lossless", "qp10", "qp40"}) == ["qp10", "qp40"]
    assert [shown_qualities(e, method, "none", set()) for method in (OLD, REMOTE)] == [["u8"], ["float"]]


def test_long_ladders_are_thinned_evenly_with_both_ends() -> None:
    chosen = [int(quality) for quality in evenly([str(qp) for qp in range(52)], MOST_QUALITIES)]
    assert len(chosen) == MOST_QUALITIES and chosen == [0, 10, 20, 31, 41, 51]


def test_the_first_seed_alone_is_shown(tiny_run: Callable[..., Any]) -> None:
    run = tiny_run([OLD, REMOTE], [("remote", "old", *PAIRS[0][2:])], seeds=(10, 2))
    arrays = read_arrays(run.gather("pictures")["pictures.npz"])
    assert {name.split("/")[3] for name in arrays if name.count("/") > 4} == {"seed2"}
    assert arrays["2/image_id"] == "009" and arrays["2/image"].shape == (16, 32, 3) and "2/labels" in arrays
    assert arrays["class_names"].tolist() == ["road", "sky"]
    assert {"0/c512/old/seed2/none/u8/disparity", "2/c512/remote/seed2/none/float/segmentation"} <= set(arrays)


def test_missing_pictures_are_reported(run: Any) -> None:
    path = run.inputs["pictures"]["c512/old/seed0/a"]
    write_arrays(path, {name: array for name, array in read_arrays(path).items() if "qp10/2/" not in name})
    with pytest.raises(DataError, match=r"pictures.npz: lacks image 2 at qp10; rerun the stage evaluate"):
        run.gather("pictures")


def test_images_beyond_the_split_are_reported(tiny_run: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match=r"the evaluated split has 3 images; expected image 5 of showcase.images"):
        tiny_run(showcase={"images": [5]}).gather("pictures")
