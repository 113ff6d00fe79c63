"""Whether the names in an experiment refer to entries that exist, and its keys agree with one another; needs no plug-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import CUT, TrainingConfig
from compfeat.experiment.runs import Split


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
        if training.start is None or training.start in e.trainings:
            continue
        braces = set(training.start.replace(CUT, "")) & {"{", "}"}
        if braces:
            yield f"key 'trainings.{name}.start': found {training.start!r}; expected no braces but those of {CUT}; remove the others"
        if not training.start.endswith(".safetensors"):
            yield _unknown(f"trainings.{name}.start", "training", training.start, e.trainings, "or a .safetensors file")
    if e.keep is not None:
        if e.keep.training not in e.trainings:
            yield _unknown("keep.training", "training", e.keep.training, e.trainings)
        if len(e.seeds) != 1:
            yield f"key 'keep': {len(e.seeds)} seeds; expected one seed, so that there is one network a cut"
        if f"{e.keep.folder}/".startswith(f"{e.output}/"):
            yield f"key 'keep.folder': {e.keep.folder} lies in the output {e.output}; expected a folder beside it, such as data/start"
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
    for name, claim in (e.claims or {}).items():
        where = f"claims.{name}"
        for side, claimed in (("method", claim.method), ("against", claim.against)):
            if claimed not in e.methods:
                yield _unknown(f"{where}.{side}", "method", claimed, e.methods)
        for given in (claim.ladder, claim.against_ladder, *(claim.ladders or ())):
            if given is not None and given not in e.ladders:
                yield _unknown(where, "ladder", given, e.ladders)
    if sum(claim.published for claim in (e.claims or {}).values()) > 1:
        yield "key 'claims': several are `published`; expected one at most, the one of the paper's loss"
    yield from _late_showcase(e, e.dataset.images.val)
    for key, items in (
        ("tasks", e.tasks),
        ("seeds", e.seeds),
        ("figures", e.figures),
        ("showcase.images", e.showcase.images),
        *((f"codecs.{name}.qualities", codec.qualities) for name, codec in e.codecs.items()),
        *(
            (f"methods.{name}.codecs.{codec}", qualities)
            for name, method in e.methods.items()
            for codec, qualities in (method.codecs or {}).items()
        ),
    ):
        if len(set(items)) != len(items):
            yield f"key {key!r}: something is named twice; expected each once"


def too_few(experiment: Experiment, found: Mapping[Split, int]) -> Iterator[str]:
    """Yield where the images that are there do not suffice.

    Args:
        found: how many images there are of each split, of those that could be listed.
    """
    e = experiment
    for split, count in found.items():
        wanted = e.dataset.images.of(split)
        if wanted is not None and wanted > count:
            yield (
                f"key 'dataset.images.{split}': found {wanted}; expected at most {count}, which {e.dataset.root} has; "
                "lower it, or take all by null"
            )
        elif split == "val":
            yield from _late_showcase(e, count if wanted is None else wanted)


def _late_showcase(e: Experiment, val: int | None) -> Iterator[str]:
    late = [i for i in e.showcase.images if val is not None and i >= val]
    if late and val is not None:
        beyond = f"the {val} val images; expected 0 to {val - 1}" if val > 1 else "the only val image; expected 0"
        yield f"key 'showcase.images': image {late[0]} is beyond {beyond}"


def _unknown(key: str, noun: str, found: str, known: Sequence[str] | Mapping[str, Any], more: str = "") -> str:
    return f"key {key!r}: {noun} {found!r} is not there; expected one of {', '.join(known)}{' ' + more if more else ''}"
