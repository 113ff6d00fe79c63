"""What is saved by the length of training: which comparisons count, and whose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from compfeat.experiment.entries import MethodConfig
from compfeat.io import write_csv, write_json
from compfeat.results.tables.plugins.training_length import CELL, MEASURED, with_lengths

METHODS = {
    name: MethodConfig.model_validate({"training": training, "transform": transform, "sends": sends})
    for name, training, transform, sends in (
        ("base", "b4", None, "features"),
        ("loss", "l4", None, "features"),
        ("long_base", "b12", None, "features"),
        ("long_loss", "l12", None, "features"),
        ("turned", "b12", "klt", "features"),
        ("picture", "b12", None, "image"),
    )
}
EPOCHS = pd.DataFrame(
    [("c256", t, e + 1) for t, n in {"b4": 4, "l4": 4, "b12": 12, "l12": 12}.items() for e in range(n)],
    columns=["cut", "training", "epoch"],
)


def intervals(*pairs: tuple[str, str]) -> pd.DataFrame:
    rows = [("c256", own, anchor, 0, "hevc", "hevc", "miou", -3.0, -4.0, -1.0, -2.0) for own, anchor in pairs]
    return pd.DataFrame(rows, columns=[*CELL, *MEASURED])


def test_methods_that_were_trained_equally_long_are_compared() -> None:
    counted = [("loss", "base"), ("long_loss", "long_base"), ("turned", "long_base")]
    others = [("long_loss", "base"), ("long_loss", "turned"), ("turned", "picture")]
    found = with_lengths(intervals(*others, *counted), EPOCHS, METHODS)
    assert list(zip(found["method"], found["against"], strict=True)) == counted
    assert found[["transform", "epochs"]].to_numpy().tolist() == [["", 4], ["", 12], ["klt", 12]]
    assert found[MEASURED].to_numpy().tolist() == [[-3.0, -4.0, -1.0, -2.0]] * 3


def test_a_record_takes_the_place_of_this_run(tiny_run: Callable[..., Any], tmp_path: Path) -> None:
    run = tiny_run()
    run.gather("training_length")
    own = run.read("training_length.csv")
    assert set(own["source"]) == {"this run"} and len(own) == len(run.read("intervals.csv")) > 0
    longer = run.read("epochs.csv")
    longer = pd.concat([longer, longer.assign(epoch=30)])
    older = run.read("intervals.csv").drop(columns="equal_loss_percent")  # which an older record lacks
    both = pd.concat([older, older.assign(cut="c128")])
    write_csv(tmp_path / "intervals.csv", both)
    write_csv(tmp_path / "epochs.csv", pd.concat([longer, longer.assign(cut="c128")]))
    entries = json.loads(run.experiment.model_dump_json(include={"methods"}))["methods"]
    entries["new"]["transform"] = {"name": "klt"}
    write_json(tmp_path / "experiment.json", {"methods": entries})
    files = {"intervals": "intervals.csv", "epochs": "epochs.csv", "experiment": "experiment.json"}
    run.inputs["length_record"] = {name: tmp_path / file for name, file in files.items()}
    run.gather("training_length")
    found = run.read("training_length.csv")
    assert set(found["source"]) == {"record"} and set(found["epochs"]) == {30} and set(found["cut"]) == set(own["cut"])
    assert set(found.loc[found["method"] == "new", "transform"]) == {"klt"}
