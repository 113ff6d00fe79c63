"""What an overlay takes away."""

from __future__ import annotations

from typing import Any

import pytest

from compfeat.errors import ConfigError
from compfeat.experiment.checks import checked
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config, merged
from helpers import PROJECT

BASE = load_config([PROJECT / "config/config.yaml"])


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
        claims={"codec": None, "remote": None, "paper": None, "transform": {"float_loss": {"rmse": None}}},
        records={"length": None},
        figures=[],
    )
    assert list(e.cuts) == ["c256"]
    assert e.trainings["compressible"].loss.options["strength"] == {"c256": 0.15}
    assert list(e.methods["task_klt"].qualities) == ["hevc"] and e.methods["task_klt"].transform is not None
    assert e.methods["task_klt"].transform.options["weights"] == {}
    assert "laplace" not in e.codecs and "laplace" not in e.ladders
    assert e.claims is not None and list(e.claims["transform"].float_loss) == ["miou", "psnr_db"]
    assert e.records is not None and list(e.records) == ["seeds"]


def test_a_strength_that_is_taken_away_is_missed_where_its_cut_is_there() -> None:
    with pytest.raises(ConfigError, match="strength has no value for cut 'c512'"):
        made(**of_strength({"c512": None}))


def test_null_stays_a_value_where_it_is_one() -> None:
    e = made(records=None, claims=None, trainings={"baseline": {"start": None}}, tools={"ffmpeg": None})
    assert e.records is None and e.trainings["baseline"].start is None and e.cuts["c256"].encoder_weights is None
