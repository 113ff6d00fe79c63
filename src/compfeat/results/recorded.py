"""Recorded runs that are shown beside a run: only those of the same experiment are used."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from compfeat.errors import DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import RecordName

RECORDED_EXPERIMENT = "experiment.json"
"""In the folder of a record: its experiment, or in older ones the ``identity`` of it."""
RECORD_FILES: Mapping[RecordName, tuple[str, ...]] = {
    "seeds": ("intervals.csv", "claims.csv", "seed_noise.csv"),
    "length": ("intervals.csv", "epochs.csv", RECORDED_EXPERIMENT),
    "codecs": ("points.csv", RECORDED_EXPERIMENT),
}
"""Files of recorded runs that are shown beside this run's, by the names in the configuration."""
LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "cuts": (),
    "trainings": ("device", "threads"),
    "methods": ("label",),
    "codecs": (),
    "ladders": ("label",),
}
"""Of the sections of entries by name: what no number depends on."""
POINTS_ALONE: Mapping[str, tuple[str, ...]] = {**LEFT_OUT, "methods": ("label", "codecs", "qualities")}
"""The same for single points, which do not depend on which others there are."""


def identity(values: Mapping[str, Any], left_out: Mapping[str, tuple[str, ...]] = LEFT_OUT) -> dict[str, Any]:
    """Return what the numbers of an experiment depend on, besides its seeds: not where files lie, nor what things are called.

    Args:
        values: an experiment as plain values: a whole one, or what this function returned of it, as older records have it.
        left_out: keys of entries that do not matter, by section.
    """
    kept: dict[str, Any] = {name: values.get(name) for name in ("tasks", "bd_rate")}
    kept["dataset"] = {k: v for k, v in values.get("dataset", {}).items() if k not in ("root", "prepared")}
    for section, without in left_out.items():
        kept[section] = {
            name: {key: value for key, value in entry.items() if key not in without}
            for name, entry in values.get(section, {}).items()
        }
    return kept


def disagreements(
    own: Mapping[str, Any], recorded: Mapping[str, Any], left_out: Mapping[str, tuple[str, ...]] = LEFT_OUT
) -> Iterator[str]:
    """Yield the keys in which a recorded experiment is another one than ``own`` (both as ``identity`` takes them).

    Cuts, trainings, methods, codecs and ladders that only one of them has do not matter: rows that only one has are not shown.
    """
    here, there = identity(own, left_out), identity(recorded, left_out)
    for section, value in here.items():
        if section not in LEFT_OUT:
            yield from [section] * (value != there[section])
        else:
            both = (name for name in value if name in there[section])
            yield from (f"{section}.{name}" for name in both if value[name] != there[section][name])


def record_of(experiment: Experiment, name: RecordName, project: Path = Path()) -> tuple[dict[str, str], str]:
    """Return the files of a recorded run that the config names, by their names without ends, and why they are not used.

    They are used only where the record is of the same experiment; the reason is empty where they are.

    Raises:
        DataError: the record's description is damaged.
    """
    folder = (experiment.records or {}).get(name)
    if folder is None:
        return {}, ""
    path = project / folder / RECORDED_EXPERIMENT
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, f"records.{name}: {path} is not there; the record is not used"
    except ValueError as error:
        raise DataError(f"{path}: not JSON ({error}); restore the record, or set records.{name} to null") from None
    values = experiment.model_dump(mode="json")
    used = {trained.training for trained in experiment.trained()}
    values["trainings"] = {training: recipe for training, recipe in values["trainings"].items() if training in used}
    differing = ", ".join(disagreements(values, recorded, POINTS_ALONE if name == "codecs" else LEFT_OUT))
    if differing:
        return {}, f"records.{name}: {folder} is of another experiment ({differing}); it is not used"
    return {Path(file).stem: f"{folder}/{file}" for file in RECORD_FILES[name]}, ""
