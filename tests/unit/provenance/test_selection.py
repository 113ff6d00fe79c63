"""What a row of each table stands on: no more than its own runs and points, and never less."""

from __future__ import annotations

import pytest

from compfeat.provenance.selection import Declared, selection_of

DECLARED = Declared(
    trainings={"tight": "tight", "plain": "plain", "rotated": "plain"},
    ladders={"hevc": frozenset({"hevc"}), "published": frozenset({"png", "jpeg"}), "learned": frozenset({"laplace"})},
)
CELL = {"cut": "c512", "method": "tight", "seed": "0"}
POINT = {**CELL, "codec": "hevc", "quality": "qp22"}
PAIR = {**CELL, "against": "plain"}
BD = {**PAIR, "ladder": "published", "against_ladder": "published", "metric": "miou"}
CROSSED = {**PAIR, "method": "rotated", "ladder": "learned", "against_ladder": "hevc", "fit": "pchip"}
FILES = {
    "tight": "results/train/c512/tight/seed0/weights.safetensors",
    "plain": "results/train/c512/plain/seed0/network.json",
    "epochs": "results/train/c512/tight/seed0/epochs.csv",
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
    "an epoch": ({"cut": "c512", "training": "tight", "seed": "0", "epoch": "1"}, {"tight", "epochs"}),
    "a statistic of features": ({**CELL, "statistic": "share"}, {"tight", "hevc", "jpeg", "floats", "bitstreams"}),
    "a BD-rate": ({**BD, "fit": "pchip", "rate": "total"}, {*NETWORKS, "jpeg", "jpeg of plain"}),
    "a BD-rate of two ladders": (CROSSED, {"plain", "features", "transform", "hevc of plain", "laplace"}),
    "a headline": ({**BD, "seed": ""}, {*NETWORKS, "jpeg", "jpeg of plain", "floats", "other seed"}),
    "all seeds": ({**BD, "seed": "all"}, {*NETWORKS, "jpeg", "jpeg of plain", "floats", "other seed"}),
    "a difference of floats": ({**PAIR, "metric": "miou"}, {*NETWORKS, "floats"}),
    "a claim": ({**PAIR, "source": "this run", "claim": "no_loss"}, {*NETWORKS, "floats"}),
    "a method that nothing declares": ({**POINT, "method": "new"}, {"tight", "plain", "features"}),
    "a table of a codec": (
        {"cut": "c512", "codec": "jpeg", "seed": "0"},
        {*NETWORKS, "transform", "jpeg", "jpeg of plain"},
    ),
}


@pytest.mark.parametrize("name", sorted(COVERED))
def test_what_a_row_stands_on(name: str) -> None:
    row, expected = COVERED[name]
    selection = selection_of(row, DECLARED)
    assert selection.own
    assert {key for key, path in FILES.items() if selection.covers(path, gathers=True)} == expected


def test_a_job_of_one_run_reads_the_network_that_its_own_starts_from() -> None:
    selection = selection_of(POINT, DECLARED)
    assert not selection.covers(FILES["plain"], gathers=True)
    assert selection.covers(FILES["plain"], gathers=False)
    assert not selection.covers("results/encode/c512/tight/seed0/jpeg/bitstreams.zip", gathers=False)


@pytest.mark.parametrize("source", ["published", "recorded seeds"])
def test_numbers_of_others_are_not_of_this_run(source: str) -> None:
    assert not selection_of({**BD, "source": source}, DECLARED).own
    assert not selection_of(BD, DECLARED, own=False).own
