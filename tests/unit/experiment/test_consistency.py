"""What an overlay takes away, and what a configuration says in vain."""

from __future__ import annotations

from typing import Any

import pytest

from compfeat.errors import ConfigError
from compfeat.experiment.config import Experiment
from compfeat.experiment.consistency import names_not_drawn, not_counted, too_few, without_intervals
from compfeat.experiment.entries import MIN_IMAGES_FOR_INTERVALS, MIN_RESAMPLES_FOR_INTERVALS
from compfeat.experiment.files import load_config, merged
from compfeat.stages.checks import checked
from helpers import PROJECT

BASE = load_config([PROJECT / "config/config.yaml"])
CAMVID = {"dataset": {"name": "camvid"}, "tasks": ["segmentation", "reconstruction"]}
KEPT = {"keep": {"training": "baseline", "folder": "data/start"}}


def made(**overlay: Any) -> Experiment:
    return checked(merged(BASE, overlay))


def of_strength(strength: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"trainings": {"compressible": {"loss": {"strength": strength}}}, **more}


def test_null_removes_an_entry_of_every_mapping_by_name() -> None:
    e = made(
        cuts={"c512": None},
        trainings={"compressible": {"loss": {"strength": {"c512": None}}}},
        methods={"task_klt": {"qualities": {"jpeg": None}, "transform": {"weights": {"segmentation": None}}}},
        codecs={"laplace": None},
        ladders={"laplace": None},
        comparisons=[{"method": "task_klt", "against": "baseline"}],
        claims={
            "codec": None,
            "codec_at_loss": None,
            "transform_at_loss": None,
            "remote": None,
            "paper": None,
            "transform": {"float_loss": {"rmse": None}},
        },
        records={"length": None},
        figures=[],
    )
    assert list(e.cuts) == ["c256"]
    assert e.trainings["compressible"].loss.options["strength"] == {"c256": 0.15}
    assert list(e.methods["task_klt"].qualities) == ["hevc"] and e.methods["task_klt"].transform is not None
    assert e.methods["task_klt"].transform.options["weights"] == {}
    assert "laplace" not in e.codecs and "laplace" not in e.ladders
    assert e.claims is not None and list(e.claims["transform"].float_loss) == ["miou", "psnr_db"]
    assert e.records is not None and list(e.records) == ["seeds", "codecs"]


def test_a_strength_that_is_taken_away_is_missed_where_its_cut_is_there() -> None:
    with pytest.raises(ConfigError, match="strength has no value for cut 'c512'"):
        made(**of_strength({"c512": None}))


def test_null_stays_a_value_where_it_is_one() -> None:
    e = made(records=None, claims=None, trainings={"baseline": {"start": None}}, tools={"ffmpeg": None})
    assert e.records is None and e.trainings["baseline"].start is None and e.cuts["c256"].encoder_weights is None


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        ({}, []),
        (of_strength({"c512": None}, cuts={"c512": None}), []),
        ({"cuts": {"c512": None}}, []),
        (of_strength({"c521": 0.3}), ["'c521'; only 'c512', 'c256' counts"]),
        (of_strength({"a": 1, "b": 1}, cuts={"c512": None}), ["'a', 'b'; only 'c256' counts"]),
    ],
)
def test_values_for_cuts_that_are_not_there_are_told(overlay: dict[str, Any], expected: list[str]) -> None:
    config = merged(BASE, overlay)
    told = list(not_counted(checked(config), config["cuts"]))
    assert told == [f"key 'trainings.compressible.loss.strength': there is no cut {text}" for text in expected]


def by_camvid(images: dict[str, int | None], shown: list[int], resamples: int = 1000) -> dict[str, Any]:
    own = {"statistics": {"resamples": resamples}, "showcase": {"images": shown}, "dataset": {"images": images}}
    return merged(merged(BASE, CAMVID), own)


@pytest.mark.parametrize(
    ("images", "resamples", "found", "expected"),
    [
        (MIN_IMAGES_FOR_INTERVALS, MIN_RESAMPLES_FOR_INTERVALS, {}, ""),
        (9, 1000, {}, "9 test images (expected 10 at least)"),
        (10, 19, {}, "19 resamples (expected 20 at least)"),
        (1, 1, {}, "1 test images (expected 10 at least) and 1 resamples (expected 20 at least)"),
        (None, 1000, {"test": 9}, "9 test images (expected 10 at least)"),
        (None, 1000, {"train": 3, "test": 10}, ""),
        (3, 1000, {"test": 50}, "3 test images (expected 10 at least)"),
    ],
)
def test_too_few_for_intervals_is_told(
    images: int | None, resamples: int, found: dict[Any, int], expected: str
) -> None:
    config = by_camvid({"test": images}, [0], resamples)
    told = [f"no intervals, and claims stay undecided: found {expected}"] if expected else []
    assert list(without_intervals(Experiment.of(config), found)) == told
    assert list(without_intervals(Experiment.of(merged(config, KEPT)), found)) == []


@pytest.mark.parametrize(
    ("images", "shown", "found", "expected"),
    [
        ({}, [0, 2], {"train": 1, "test": 3}, ""),
        ({}, [7], {}, ""),
        ({}, [0, 2], {"test": 2}, "key 'showcase.images': image 2 is beyond the 2 test images"),
        ({}, [2], {"test": 1}, "key 'showcase.images': image 2 is beyond the only test image"),
        ({"test": 2}, [2], {"test": 9}, "key 'showcase.images': image 2 is beyond the 2 test images"),
        ({"train": 9}, [0], {"train": 3, "test": 3}, "key 'dataset.images.train': found 9; expected at most 3"),
        ({"test": 9}, [5], {"train": 3, "test": 3}, "key 'dataset.images.test': found 9; expected at most 3"),
    ],
)
def test_fewer_images_than_are_named_are_told(
    images: dict[str, int | None], shown: list[int], found: dict[Any, int], expected: str
) -> None:
    e = Experiment.of(by_camvid({"train": None, "test": None, **images}, shown))
    told = list(too_few(e, found))
    assert len(told) == bool(expected) and all(line.startswith(expected) for line in told)


def test_names_that_the_fonts_lack_letters_of_are_told() -> None:
    e = made(showcase={"images": [1, 2]})
    (told,) = names_not_drawn(e, ["街", "straße", "街a"])
    assert told.startswith("key 'showcase.images': the name of image 2 has 街 (U+8857), which the fonts of figures")
    assert list(names_not_drawn(e, [])) == []
