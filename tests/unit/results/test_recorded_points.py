"""Points of a recorded run of further codecs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from compfeat.io import write_csv, write_json


def test_points_of_the_records_ladders_are_shown(run: Any, tmp_path: Path) -> None:
    run.gather("points", "recorded_points")
    assert len(run.read("recorded_points.csv")) == 0, "no record"
    points = run.read("points.csv")
    coded = points[points["codec"] != "none"]
    further = coded[coded["codec"] == coded["codec"].iloc[0]].assign(codec="better", miou=0.5)
    others = [
        further.assign(cut="c128"),
        further.assign(method="third"),
        further.assign(seed=99),
        further.assign(codec="unused"),
    ]
    write_csv(tmp_path / "points.csv", pd.concat([points, further, *others]))
    write_json(tmp_path / "experiment.json", {"ladders": {"better": {"codecs": ["better"], "label": "Better"}}})
    run.inputs["codecs_record"] = {"points": tmp_path / "points.csv", "experiment": tmp_path / "experiment.json"}
    run.gather("recorded_points")
    found = run.read("recorded_points.csv")
    assert set(found["ladder"]) == {"Better"}
    pd.testing.assert_frame_equal(found[list(further)], further.reset_index(drop=True)[list(further)])
