"""The settings of a training: what they refuse, and phases that do not fit the images."""

from __future__ import annotations

from typing import Any

import pytest

from compfeat.errors import ConfigError
from compfeat.settings.section import from_json
from compfeat.training.settings import TrainSettings, check_phases
from tiny import phase, settings_json, train_settings


def test_settings_survive_json_and_leave_out_files_that_the_configuration_names() -> None:
    s = train_settings(loss={"name": "compressible", "strength": {"c256": 0.1}})
    assert from_json(TrainSettings, s.model_dump_json()) == s
    assert s.recipe.loss.options == {"strength": {"c256": 0.1}} and s.recipe.variant.name == "standard"
    network, recipe = s.network.model_dump(), s.recipe.model_dump()
    with_files = network | {"encoder_weights": "w"}, recipe | {"start": "warm_start"}
    assert TrainSettings.of(s.cut, s.training, s.seed, s.tasks, *with_files) == s


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"phases": []}, "key '--settings.recipe.phases': no epochs"),
        ({"noise": 1}, "key '--settings.recipe.noise' is unknown; did you mean"),
        ({"warmup_epochs": -1}, "key '--settings.recipe.warmup_epochs': found -1"),
        ({"loss": {}}, "key '--settings.recipe.loss.name' is missing"),
        ({"precision": "float16"}, "key '--settings.recipe.precision': found 'float16'"),
    ],
)
def test_settings_that_cannot_be(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_json(TrainSettings, settings_json(**change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"crop_width_px": 96}, "phase 0: crop_width_px 96 found; the images are 64 px wide"),
        ({"crop_width_px": 24}, "phase 0: images of width 24 px.* multiple of 16"),
        ({"downscale": 4}, "phase 0: images of height 32 px, 4 times smaller.* multiple of 64 px"),
    ],
)
def test_phases_that_do_not_fit(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_phases([phase(**change)], "c", 16, 32, 64)
    check_phases([phase(downscale=2, crop_width_px=32)], "c", 16, 32, 64)
