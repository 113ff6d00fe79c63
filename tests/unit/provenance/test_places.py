"""What a path is: every file of the layout is known for what it is."""

from __future__ import annotations

import pytest

from compfeat.experiment.layout import Layout
from compfeat.experiment.runs import TRANSFORM, Run, Trained
from compfeat.provenance.places import place

LAYOUT = Layout("my results/a", "data/prepared")
RUN = Run("c1", "m", 3)
OF_METHOD = {"output": "my results/a", "cut": "c1", "method": "m", "seed": "3"}
OF_TRAINING = {"output": "my results/a", "cut": "c1", "training": "t", "seed": "3"}
PLACES = {
    LAYOUT.weights(Trained("c1", "t", 3)): ("weights", OF_TRAINING),
    LAYOUT.epochs(Trained("c1", "t", 3)): ("epochs", OF_TRAINING),
    LAYOUT.features(Trained("c1", "t", 3), "val"): ("features", {**OF_TRAINING, "split": "val"}),
    LAYOUT.fitted(RUN, TRANSFORM): ("transform", OF_METHOD),
    LAYOUT.fitted(RUN, "hevc"): ("codec_state", {**OF_METHOD, "codec": "hevc"}),
    LAYOUT.bitstreams(RUN, "hevc"): ("bitstreams", {**OF_METHOD, "codec": "hevc"}),
    LAYOUT.scores(RUN, "none"): ("scores", {**OF_METHOD, "codec": "none"}),
    LAYOUT.table("bd_rate.csv"): ("table", {"output": "my results/a", "name": "bd_rate.csv"}),
    LAYOUT.figure("a_b", "pdf"): ("figure", {"output": "my results/a", "name": "a_b", "suffix": "pdf"}),
    LAYOUT.document("tables/x.html"): ("document", {"output": "my results/a", "name": "tables/x.html"}),
}


@pytest.mark.parametrize("path", sorted(PLACES))
def test_a_file_of_the_layout(path: str) -> None:
    found = place(path)
    assert found is not None and (found.kind, dict(found.cells)) == PLACES[path]


@pytest.mark.parametrize("path", [LAYOUT.arrays("val"), "data/raw/a.png", "data/published/x.csv"])
def test_a_file_of_no_output(path: str) -> None:
    assert place(path) is None
