"""Points of a recorded run of further codecs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from compfeat.io import write_csv, write_json


def test_points_of_codecs_that_this_run_lacks_are_shown(run: Any, tmp_path: Path) -> None:
    run.gather("points", "recorded_points")
    assert len(run.read("recorded_points.csv")) == 0, "no record"
    points = run.read("points.csv")
    coded = points[points["codec"] != "none"]
    own = coded["codec"].iloc[0]
    further = coded[coded["codec"] == own].assign(codec="better", miou=0.5)
    others = [further.assign(cut="c128"), further.assign(method="third"), further.assign(codec="unused")]
    write_csv(tmp_path / "points.csv", pd.concat([points, further, *others]))
    ladders = {"first": {"codecs": [own]}, "better": {"codecs": ["better"], "label": "Better"}}
    write_json(tmp_path / "experiment.json", {"ladders": ladders})
    run.inputs["codecs_record"] = {"points": tmp_path / "points.csv", "experiment": tmp_path / "experiment.json"}
    run.gather("recorded_points")
    found = run.read("recorded_points.csv")
    assert set(found["ladder"]) == {"Better"} and set(found["codec"]) == {"better"}
    pd.testing.assert_frame_equal(found[list(further)], further.reset_index(drop=True)[list(further)])
