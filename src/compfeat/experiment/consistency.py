"""Whether the names in an experiment refer to entries that exist, and its keys agree with one another; needs no plug-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from compfeat.experiment.config import Experiment, TrainingConfig


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what is wrong with names and numbers that are each valid alone; needs no plug-in."""
    e = experiment
    for name, training in e.trainings.items():
        seen: list[str] = [name]
        current: TrainingConfig = training
        while current.start is not None and current.start in e.trainings:
            if current.start in seen:
                yield f"key 'trainings.{name}.start': {' -> '.join([*seen, str(current.start)])} never begins; start one from null"
                break
            seen.append(current.start)
            current = e.trainings[current.start]
        if training.start and training.start not in e.trainings and not training.start.endswith(".safetensors"):
            yield _unknown(f"trainings.{name}.start", "training", training.start, e.trainings, "or a .safetensors file")
    for name, method in e.methods.items():
        if method.training not in e.trainings:
            yield _unknown(f"methods.{name}.training", "training", method.training, e.trainings)
        for codec in method.codecs or {}:
            if codec not in e.codecs:
                yield _unknown(f"methods.{name}.codecs", "codec", codec, e.codecs)
        for codec in method.qualities:
            if codec not in e.codecs:
                yield _unknown(f"methods.{name}.qualities", "codec", codec, e.codecs)
        if method.qualities and method.codecs is not None:
            yield f"key 'methods.{name}.qualities': 'codecs' gives this method's qualities, too; remove one of them"
        if method.sends == "image" and method.transform is not None:
            yield f"key 'methods.{name}.transform': a method that sends the image transforms nothing; remove it"
    for ladder, entry in e.ladders.items():
        for codec in entry.codecs:
            if codec not in e.codecs:
                yield _unknown(f"ladders.{ladder}.codecs", "codec", codec, e.codecs)
    for i, pair in enumerate(e.comparisons):
        where = f"comparisons.{i}"
        for side, named in (("method", pair.method), ("against", pair.against)):
            if named not in e.methods:
                yield _unknown(f"{where}.{side}", "method", named, e.methods)
        for given in (pair.ladder, pair.against_ladder, *(pair.ladders or ())):
            if given is not None and given not in e.ladders:
                yield _unknown(where, "ladder", given, e.ladders)
        if pair.method == pair.against and (pair.against_ladder or pair.ladder) == pair.ladder:
            yield f"key '{where}': {pair.method!r} is compared with itself; name another method or ladder"
        if pair.against_ladder is not None and pair.ladder is None:
            yield f"key '{where}.against_ladder': needs `ladder`, too; give the ladder of {pair.method!r}"
    if e.claims is not None:
        for side, claimed in (("method", e.claims.method), ("against", e.claims.against)):
            if claimed not in e.methods:
                yield _unknown(f"claims.{side}", "method", claimed, e.methods)
        if not any((p.method, p.against) == (e.claims.method, e.claims.against) for p in e.comparisons):
            yield f"key 'claims': {e.claims.method!r} against {e.claims.against!r} is not among the comparisons; add it there"
    val = e.dataset.images.val
    late = [i for i in e.showcase.images if val is not None and i >= val]
    if late and val is not None:
        yield f"key 'showcase.images': image {late[0]} is beyond the {val} val images; expected 0 to {val - 1}"
    for key, items in (
        ("tasks", e.tasks),
        ("seeds", e.seeds),
        ("figures", e.figures),
        ("showcase.images", e.showcase.images),
    ):
        if len(set(items)) != len(items):
            yield f"key {key!r}: something is named twice; expected each once"


def _unknown(key: str, noun: str, found: str, known: Sequence[str] | Mapping[str, Any], more: str = "") -> str:
    return f"key {key!r}: {noun} {found!r} is not there; expected one of {', '.join(known)}{' ' + more if more else ''}"
