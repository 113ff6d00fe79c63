"""Whether the names in an experiment refer to entries that exist, and its keys agree with one another; needs no plug-in."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import (
    MIN_IMAGES_FOR_INTERVALS,
    MIN_RESAMPLES_FOR_INTERVALS,
    ClaimsConfig,
    ComparisonConfig,
    not_drawn,
)
from compfeat.settings.runs import TRANSFORM, UNCODED, Split

RESERVED_CODECS = {
    UNCODED: "stands for the points that need no codec",
    TRANSFORM: "stands for a method's transform in the names of logs",
}
"""Names that no entry of ``codecs`` may have, each with its use."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what is wrong with names and numbers that are each valid alone; needs no plug-in."""
    for look in (_trainings, _keep, _methods, _codecs, _ladders, _comparisons, _claims, _showcase, _repeats, _labels):
        yield from look(experiment)


def _trainings(e: Experiment) -> Iterator[str]:
    for name, training in e.trainings.items():
        start = training.start
        if start in e.trainings:
            yield from _endless(e, name)
        elif start is not None and not start.endswith(".safetensors"):
            yield _unknown(f"trainings.{name}.start", "training", start, e.trainings, "or a .safetensors file")


def _endless(e: Experiment, name: str) -> Iterator[str]:
    """Yield whether a training starts, by way of others, from itself."""
    seen, start = [name], e.trainings[name].start
    while start is not None and start in e.trainings:
        if start in seen:
            yield f"key 'trainings.{name}.start': {' -> '.join([*seen, start])} never begins; start one from null"
            return
        seen.append(start)
        start = e.trainings[start].start


def _keep(e: Experiment) -> Iterator[str]:
    if e.keep is None:
        return
    if e.keep.training not in e.trainings:
        yield _unknown("keep.training", "training", e.keep.training, e.trainings)
    if len(e.seeds) != 1:
        yield f"key 'keep': {len(e.seeds)} seeds; expected one seed, so that there is one network per cut"


def _methods(e: Experiment) -> Iterator[str]:
    for name, method in e.methods.items():
        if method.training not in e.trainings:
            yield _unknown(f"methods.{name}.training", "training", method.training, e.trainings)
        for key, qualities in (("codecs", method.codecs or {}), ("qualities", method.qualities)):
            yield from _unknown_ones(f"methods.{name}.{key}", "codec", qualities, e.codecs)
        if method.qualities and method.codecs is not None:
            yield f"key 'methods.{name}.qualities': 'codecs' gives this method's qualities, too; remove one of them"
        if method.sends == "image" and method.transform is not None:
            yield f"key 'methods.{name}.transform': a method that sends the image transforms nothing; remove it"


def _codecs(e: Experiment) -> Iterator[str]:
    for name, use in RESERVED_CODECS.items():
        if name in e.codecs:
            yield f"key 'codecs.{name}': {name!r} {use}; give the entry another name, and the codec's as `codec`"


def _ladders(e: Experiment) -> Iterator[str]:
    for name, ladder in e.ladders.items():
        yield from _unknown_ones(f"ladders.{name}.codecs", "codec", ladder.codecs, e.codecs)


def _comparisons(e: Experiment) -> Iterator[str]:
    for i, pair in enumerate(e.comparisons):
        where = f"comparisons.{i}"
        yield from _sides(e, where, pair)
        if pair.method == pair.against and (pair.against_ladder or pair.ladder) == pair.ladder:
            yield f"key '{where}': {pair.method!r} is compared with itself; name another method or ladder"
        if pair.against_ladder is not None and pair.ladder is None:
            yield f"key '{where}.against_ladder': needs `ladder`, too; give the ladder of {pair.method!r}"


def _claims(e: Experiment) -> Iterator[str]:
    claims = e.claims or {}
    for name, claim in claims.items():
        yield from _sides(e, f"claims.{name}", claim)
    if sum(claim.published for claim in claims.values()) > 1:
        yield "key 'claims': several are `published`; expected one at most, the one of the paper's loss"


def _sides(e: Experiment, where: str, pair: ComparisonConfig | ClaimsConfig) -> Iterator[str]:
    """Yield which methods and ladders of a comparison, or of a claim about some, are not there."""
    for side, method in (("method", pair.method), ("against", pair.against)):
        yield from _unknown_ones(f"{where}.{side}", "method", [method], e.methods)
    given = [ladder for ladder in (pair.ladder, pair.against_ladder) if ladder is not None]
    yield from _unknown_ones(where, "ladder", [*given, *(pair.ladders or ())], e.ladders)


def _showcase(e: Experiment) -> Iterator[str]:
    yield from _late_showcase(e, e.dataset.images.of(e.dataset.evaluated_split))


def _repeats(e: Experiment) -> Iterator[str]:
    lists: dict[str, Sequence[object]] = {
        "tasks": e.tasks,
        "seeds": e.seeds,
        "figures": e.figures,
        "showcase.images": e.showcase.images,
    }
    lists |= {f"ladders.{name}.codecs": ladder.codecs for name, ladder in e.ladders.items()}
    lists |= {f"comparisons.{i}.ladders": pair.ladders or () for i, pair in enumerate(e.comparisons)}
    lists |= {f"claims.{name}.ladders": claim.ladders or () for name, claim in (e.claims or {}).items()}
    lists |= {f"codecs.{name}.qualities": codec.qualities for name, codec in e.codecs.items()}
    for name, method in e.methods.items():
        lists |= {f"methods.{name}.codecs.{codec}": given for codec, given in (method.codecs or {}).items()}
        lists |= {f"methods.{name}.qualities.{codec}": given for codec, given in method.qualities.items()}
    for key, items in lists.items():
        for item in items:
            if items.count(item) > 1:
                yield f"key {key!r}: {item!r} is named {items.count(item)} times; expected each once"


def _labels(e: Experiment) -> Iterator[str]:
    for section, entries in (("methods", e.methods), ("ladders", e.ladders)):
        called: dict[str, str] = {}
        for name, entry in entries.items():
            label = " ".join(unicodedata.normalize("NFC", entry.label or name).split())
            if label in called:
                yield f"key '{section}.{name}.label': {called[label]} is called {label!r}, too; give one of them a label of its own"
            called[label] = name


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
        elif split == e.dataset.evaluated_split:
            yield from _late_showcase(e, count if wanted is None else wanted)


def without_intervals(experiment: Experiment, found: Mapping[Split, int]) -> Iterator[str]:
    """Yield in one line why there will be no intervals; nothing where there will be.

    Args:
        found: as in ``too_few``.
    """
    e = experiment
    split = e.dataset.evaluated_split
    given = e.dataset.images.of(split)
    images = found.get(split) if given is None else given
    few = [
        f"{count} {what} (expected {least} at least)"
        for count, what, least in (
            (images, f"{split} images", MIN_IMAGES_FOR_INTERVALS),
            (e.statistics.resamples, "resamples", MIN_RESAMPLES_FOR_INTERVALS),
        )
        if count is not None and count < least
    ]
    if few and e.keep is None:
        yield f"no intervals, and claims stay undecided: found {' and '.join(few)}"


def not_counted(experiment: Experiment, cuts: Collection[str]) -> Iterator[str]:
    """Yield which values by cut do not count because there is no such cut, and which do.

    Args:
        cuts: the names in the configuration's ``cuts``, with those of cuts that an overlay removed, whose values stay behind.
    """
    e = experiment
    options = {f"trainings.{name}.loss": training.loss.options for name, training in e.trainings.items()}
    options |= {f"trainings.{name}.variant": training.variant.options for name, training in e.trainings.items()}
    options |= {f"methods.{k}.transform": m.transform.options for k, m in e.methods.items() if m.transform is not None}
    options |= {f"codecs.{name}": codec.options for name, codec in e.codecs.items()}
    for where, values in options.items():
        for key, value in values.items():
            counted = [name for name in value if name in e.cuts] if isinstance(value, Mapping) else []
            unknown = [name for name in value if name not in cuts] if counted else []
            if unknown:
                names = f"{', '.join(map(repr, unknown))}; only {', '.join(map(repr, counted))} counts"
                yield f"key '{where}.{key}': there is no cut {names}"


def names_not_drawn(experiment: Experiment, names: Sequence[str]) -> Iterator[str]:
    """Yield which images of the showcase have names that figures and paper would draw with boxes.

    Args:
        names: of the evaluated images, as far as they are known.
    """
    for i in experiment.showcase.images:
        lacking = not_drawn(names[i]) if i < len(names) else []
        if lacking:
            letters = f"{', '.join(lacking)}, which the fonts of figures and paper lack"
            yield f"key 'showcase.images': the name of image {i} has {letters}; rename it, or show another"


def _late_showcase(e: Experiment, n: int | None) -> Iterator[str]:
    late = [i for i in e.showcase.images if n is not None and i >= n]
    if late and n is not None:
        split = e.dataset.evaluated_split
        beyond = f"the {n} {split} images; expected 0 to {n - 1}" if n > 1 else f"the only {split} image; expected 0"
        yield f"key 'showcase.images': image {late[0]} is beyond {beyond}"


def _unknown_ones(key: str, noun: str, names: Iterable[str], known: Mapping[str, Any]) -> Iterator[str]:
    return (_unknown(key, noun, name, known) for name in names if name not in known)


def _unknown(key: str, noun: str, found: str, known: Sequence[str] | Mapping[str, Any], more: str = "") -> str:
    return f"key {key!r}: {noun} {found!r} is not there; expected one of {', '.join(known)}{' ' + more if more else ''}"
