"""What the workflow gives the tables: the plan of an experiment, and the records of other runs of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from compfeat.codecs import CODECS
from compfeat.errors import DataError
from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import ClaimsConfig, MethodConfig, RecordName
from compfeat.experiment.runs import Sends
from compfeat.experiment.section import options_of
from compfeat.results.plan import (
    BootstrapPlan,
    CodecPlan,
    ComparisonPlan,
    LadderPlan,
    Limits,
    MethodPlan,
    Plan,
)

RECORDED_EXPERIMENT = "experiment.json"
"""In the folder of a record: what its numbers depend on, as ``identity`` gives it."""
RECORD_FILES: Mapping[RecordName, tuple[str, ...]] = {
    "seeds": ("intervals.csv", "claims.csv"),
    "length": ("intervals.csv", "epochs.csv", RECORDED_EXPERIMENT),
}
"""Files of recorded runs that are shown beside this run's, by the names in the configuration."""


def plan_of(experiment: Experiment) -> Plan:
    """Return the parts of an experiment that tables depend on."""
    e = experiment
    methods = [
        MethodPlan(
            name=name,
            label=e.label(name),
            training=method.training,
            transform="" if method.transform is None else method.transform.name,
            sends=method.sends,
        )
        for name, method in e.methods.items()
    ]
    ladders = [LadderPlan(name=k, label=ladder.label or k, codecs=ladder.codecs) for k, ladder in e.ladders.items()]
    return Plan(
        dataset=e.dataset.name,
        tasks=e.tasks,
        cuts=tuple(e.cuts),
        methods=tuple(methods),
        codecs=tuple(codec_plan(e, name) for name in e.codecs),
        ladders=tuple(ladders),
        comparisons=tuple(ComparisonPlan(**vars(comparison)) for comparison in e.resolved_comparisons()),
        frontier=e.bd_rate.frontier,
        bootstrap=BootstrapPlan(**e.statistics.model_dump()),
        claims=tuple(limits_of(e, name, claim) for name, claim in (e.claims or {}).items()),
        showcase=e.showcase.images,
        experiment=identity(e),
    )


def limits_of(experiment: Experiment, name: str, claim: ClaimsConfig) -> Limits:
    """Return the rules of a claim, with the ladders that it is about."""
    about = tuple((c.ladder, c.against_ladder) for c in experiment.claimed(claim))
    return Limits(group=name, ladders=about, **claim.model_dump(exclude={"ladders", "ladder", "against_ladder"}))


def codec_plan(experiment: Experiment, name: str) -> CodecPlan:
    """Return a codec's qualities over all methods, finest first, with what its lossless ones must equal."""
    entry = experiment.codecs[name]
    codec = CODECS.get(entry.codec or name)
    options = options_of(codec, entry.options, f"codecs.{name}")
    qualities = experiment.qualities_of(name)

    def lossless(sends: Sends) -> dict[str, str]:
        return {q: found for q in qualities if (found := codec.reference(q, sends, options)) is not None}

    return CodecPlan(name=name, qualities=qualities, lossless=lossless("features"), lossless_images=lossless("image"))


def identity(experiment: Experiment) -> dict[str, Any]:
    """Return what the numbers of an experiment depend on, besides its seeds, as plain values.

    Where files lie, what things are called in print, the device and the number of threads are left out.
    """
    e = experiment
    trainings = {trained.training for trained in e.trained()}
    values: dict[str, Any] = {
        "dataset": e.dataset.model_dump(mode="json", exclude={"root", "prepared"}),
        "tasks": list(e.tasks),
        "bd_rate": e.bd_rate.model_dump(mode="json"),
        "cuts": {k: cut.model_dump(mode="json") for k, cut in e.cuts.items()},
        "trainings": {
            k: e.trainings[k].model_dump(mode="json", exclude={"device", "threads"}) for k in sorted(trainings)
        },
        "methods": {k: method_identity(method) for k, method in e.methods.items()},
        "codecs": {k: codec.model_dump(mode="json") for k, codec in e.codecs.items()},
        "ladders": {k: ladder.model_dump(mode="json", exclude={"label"}) for k, ladder in e.ladders.items()},
    }
    return values


def method_identity(method: MethodConfig) -> dict[str, Any]:
    """Return what a method's numbers depend on; qualities of its own only where it has some, since earlier records lack the key."""
    return method.model_dump(mode="json", exclude={"label"} if method.qualities else {"label", "qualities"})


def disagreements(own: Mapping[str, Any], recorded: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys in which a recorded experiment is another one than ``own`` (both as ``identity``).

    Cuts, trainings, methods, codecs and ladders that only one of them has do not matter: rows that only one has are not shown.
    """
    for section in ("dataset", "tasks", "bd_rate"):
        if own[section] != recorded.get(section):
            yield section
    for section in ("cuts", "trainings", "methods", "codecs", "ladders"):
        there = recorded.get(section, {})
        yield from (f"{section}.{k}" for k, value in own[section].items() if k in there and there[k] != value)


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
    differing = ", ".join(disagreements(json.loads(json.dumps(identity(experiment))), recorded))
    if differing:
        return {}, f"records.{name}: {folder} is of another experiment ({differing}); it is not used"
    return {Path(file).stem: f"{folder}/{file}" for file in RECORD_FILES[name]}, ""
