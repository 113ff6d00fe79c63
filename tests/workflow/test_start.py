"""The networks that the default starts from: those of their record, small, and trained on scenes that no other run sees."""

from __future__ import annotations

import pytest

from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.experiment.layout import Layout
from compfeat.experiment.start import Start
from compfeat.networks.tensors import read_tensors
from compfeat.provenance.files import fingerprint
from compfeat.provenance.records import read_record
from helpers import PROJECT

DEFAULT = Experiment.of(load_config([PROJECT / "config/config.yaml"]))
FOLDER = "data/start"
LARGEST_MB = 15


def kept(cut: str) -> str:
    return Layout.kept(FOLDER, cut)


def test_they_are_what_their_record_lists() -> None:
    record = read_record(PROJECT / "data/reference/start")
    for path in (file for cut in DEFAULT.cuts for file in (kept(cut), Layout.start(kept(cut)))):
        assert record.artifacts[path] == fingerprint(PROJECT / path)
        assert record.graph(PROJECT).maker[path].rule == "keep"


def test_they_are_small() -> None:
    sizes = [path.stat().st_size for path in (PROJECT / FOLDER).iterdir()]
    assert sum(sizes) <= LARGEST_MB * 1e6


@pytest.mark.parametrize("cut", DEFAULT.cuts)
def test_every_training_of_the_default_starts_there(cut: str) -> None:
    assert {str(t.start).replace("{cut}", cut) for t in DEFAULT.trainings.values()} == {kept(cut)}
    start = Start.model_validate_json((PROJECT / Layout.start(kept(cut))).read_text(encoding="utf-8"))
    entry = DEFAULT.cuts[cut]
    assert (start.network["width"], start.network["place"]) == (entry.width, entry.place)
    assert start.trained_on.rendered and start.trained_on.recipe.loss.name == "baseline"
    assert start.trained_on.images is not None and start.trained_on.images >= 3000
    assert start.trained_on.render_seed != DEFAULT.dataset.render_seed
    assert read_tensors(PROJECT / kept(cut))
