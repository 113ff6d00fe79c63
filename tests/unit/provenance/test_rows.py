"""What a row of each table was made from: its own runs and codecs, no more and never less."""

from __future__ import annotations

import pytest

from compfeat.experiment.config import Experiment
from compfeat.experiment.layout import Layout
from compfeat.provenance.rows import made_from, place
from compfeat.settings.runs import TRANSFORM, Run, Trained
from recorded_run import CONFIG

EXPERIMENT = Experiment.of(CONFIG)
CELL = {"cut": "c512", "method": "tight", "seed": "0"}
POINT = {**CELL, "codec": "hevc", "quality": "qp22"}
PAIR = {**CELL, "against": "plain"}
BD = {**PAIR, "ladder": "published", "against_ladder": "published", "metric": "miou"}
CROSSED = {**PAIR, "method": "rotated", "ladder": "learned", "against_ladder": "hevc", "fit": "pchip"}
FILES = {
    "tight": "results/train/c512/tight/seed0/weights.safetensors",
    "plain": "results/train/c512/plain/seed0/network.json",
    "features": "results/features/c512/plain/seed0/val.npy",
    "transform": "results/fit/c512/rotated/seed0/transform.npz",
    "other cut": "results/evaluate/c256/tight/seed0/jpeg/scores.npz",
    "other seed": "results/evaluate/c512/tight/seed1/jpeg/scores.npz",
    "hevc": "results/evaluate/c512/tight/seed0/hevc/scores.npz",
    "jpeg": "results/evaluate/c512/tight/seed0/jpeg/scores.npz",
    "floats": "results/evaluate/c512/tight/seed0/none/scores.npz",
    "hevc of plain": "results/encode/c512/plain/seed0/hevc/ledger.csv",
    "jpeg of plain": "results/encode/c512/plain/seed0/jpeg/ledger.csv",
    "laplace": "results/encode/c512/rotated/seed0/laplace/ledger.csv",
    "bitstreams": "results/encode/c512/tight/seed0/hevc/bitstreams.zip",
}
NETWORKS = {"tight", "plain", "features"}
COVERED: dict[str, tuple[dict[str, str], set[str]]] = {
    "a point": (POINT, {"tight", "hevc", "bitstreams"}),
    "an image of a point": ({**POINT, "image_id": "000007"}, {"tight", "hevc", "bitstreams"}),
    "a statistic of features": ({**CELL, "statistic": "share"}, {"tight", "hevc", "jpeg", "floats", "bitstreams"}),
    "a BD-rate": ({**BD, "fit": "pchip", "rate": "total"}, {*NETWORKS, "jpeg", "jpeg of plain"}),
    "a BD-rate of two ladders": (CROSSED, {"plain", "features", "transform", "hevc of plain", "laplace"}),
    "a headline": ({**BD, "seed": ""}, {*NETWORKS, "jpeg", "jpeg of plain", "floats", "other seed"}),
    "all seeds": ({**BD, "seed": "all"}, {*NETWORKS, "jpeg", "jpeg of plain", "floats", "other seed"}),
    "a difference of floats": ({**PAIR, "metric": "miou"}, {*NETWORKS, "floats"}),
    "a crossover": (
        {"cut": "c512", "split": "rotated", "remote": "tight", "ladder": "learned", "remote_ladder": "hevc"},
        {*NETWORKS, "transform", "laplace", "hevc", "floats", "bitstreams"},
    ),
    "a claim": ({**PAIR, "source": "this run", "claim": "no_loss"}, {*NETWORKS, "floats"}),
    "a method that nothing declares": ({**POINT, "method": "new"}, {"tight", "plain", "features"}),
    "a table of a codec": (
        {"cut": "c512", "codec": "jpeg", "seed": "0"},
        {*NETWORKS, "transform", "jpeg", "jpeg of plain"},
    ),
}


@pytest.mark.parametrize("name", sorted(COVERED))
def test_what_a_row_was_made_from(name: str) -> None:
    row, expected = COVERED[name]
    parts = made_from(row, EXPERIMENT)
    assert {key for key, path in FILES.items() if any(part.has(place(path)) for part in parts)} == expected


LAYOUT = Layout("my results/a", "data/prepared")
RUN, TRAINED = Run("c1", "m", 3), Trained("c1", "t", 3)
OF_RUN, OF_TRAINED = {"cut": "c1", "method": "m", "seed": "3"}, {"cut": "c1", "training": "t", "seed": "3"}
PLACES: dict[str, dict[str, str]] = {
    LAYOUT.weights(TRAINED): {**OF_TRAINED, "kind": "train", "name": "weights.safetensors"},
    LAYOUT.epochs(TRAINED): {**OF_TRAINED, "kind": "train", "name": "epochs.csv"},
    LAYOUT.features(TRAINED, "val"): {**OF_TRAINED, "kind": "features", "name": "val"},
    LAYOUT.fitted(RUN, TRANSFORM): {**OF_RUN, "kind": "fit", "codec": TRANSFORM},
    LAYOUT.fitted(RUN, "hevc"): {**OF_RUN, "kind": "fit", "codec": "hevc"},
    LAYOUT.ledger(RUN, "hevc"): {**OF_RUN, "kind": "encode", "codec": "hevc", "name": "ledger.csv"},
    LAYOUT.distortions(RUN, "none"): {**OF_RUN, "kind": "evaluate", "codec": "none", "name": "distortions.npz"},
    LAYOUT.table("bd_rate.csv"): {"kind": "table", "name": "bd_rate.csv"},
    LAYOUT.figure("a_b", "pdf"): {"kind": "figure", "name": "a_b", "suffix": "pdf"},
    LAYOUT.document("tables/x.html"): {"kind": "document", "name": "tables/x.html"},
    **{path: {} for path in (LAYOUT.arrays("val"), "data/raw/a.png", "data/published/x.csv")},
}


@pytest.mark.parametrize("path", sorted(PLACES))
def test_a_file_of_the_layout_is_known_for_what_it_is_and_others_are_nothing_of_a_run(path: str) -> None:
    assert place(path) == (PLACES[path] and {**PLACES[path], "output": "my results/a"})
