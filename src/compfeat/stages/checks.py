"""Checks of an experiment against the plug-ins that it names: their options, qualities, sizes and ground truth."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from compfeat.datasets.base import DATASETS
from compfeat.errors import CompfeatError, ConfigError
from compfeat.experiment.config import Experiment
from compfeat.experiment.consistency import problems
from compfeat.io import own_path
from compfeat.losses.base import LOSSES
from compfeat.networks.base import NETWORKS
from compfeat.reports.figures.base import FIGURES
from compfeat.settings.recipe import INSTALLED
from compfeat.settings.runs import Comparison
from compfeat.settings.section import options_of
from compfeat.tasks.base import TASKS
from compfeat.training.settings import check_phases
from compfeat.training.variants.base import VARIANTS
from compfeat.transforms.base import TRANSFORMS

ELSEWHERE = "://"
"""Part of the address of a file in an object store, such as s3://bucket/file, which is fetched when it is needed."""


KEPT = "data/start"
"""The folder of trained networks that other configurations start from."""
PROJECT_FOLDERS = (
    *(".git", ".github", ".snakemake", ".venv", ".dvc", ".ci", "benchmarks", "config", "data/published"),
    *("data/reference", KEPT, "docs", "examples", "profiles", "src", "tests", "workflow"),
)
"""Folders that hold the project's own files, so that no run may write there."""


def checked(config: Mapping[str, Any]) -> Experiment:
    """Return the experiment that a merged configuration describes, when all that it names is there and goes together.

    Raises:
        ConfigError: the first key that is unknown, missing, of the wrong type or range, or at odds with another.
    """
    experiment = Experiment.of(config)
    plugins = (_datasets, _networks, _trainings, _starts, _transforms, _codecs, _ladders, _figures)
    for look in (problems, _folders, *plugins):
        for problem in look(experiment):
            raise ConfigError(problem)
    return experiment


def _found(key: str, get: Callable[..., Any], *args: Any) -> Any:
    """Return what ``get(*args)`` returns; an error names the config key."""
    try:
        return get(*args)
    except CompfeatError as error:
        raise ConfigError(f"key {key!r}: {error}") from None


def _folders(e: Experiment) -> Iterator[str]:
    """Yield which folders of a run lie in one another, or among the files of the project itself."""
    root = os.path.relpath(_found("dataset.root", own_path, e.dataset.root))
    dataset = _found("dataset.name", DATASETS.get, e.dataset.name)
    folders = {"output": e.output, "dataset.prepared": e.dataset.prepared}
    folders |= {} if e.keep is None else {"keep.folder": e.keep.folder}
    rendered = getattr(dataset, "rendered", False)
    # A reader takes its own folders of the root alone, so that the project may lie in it.
    folders |= {"dataset.root": root} if rendered or root != "." else {}
    for key, folder in folders.items():
        for reserved in PROJECT_FOLDERS if rendered or key != "dataset.root" else ():
            if (lies_in(folder, reserved) or lies_in(reserved, folder)) and (key, reserved) != ("keep.folder", KEPT):
                yield f"key {key!r}: found {folder}; expected a folder apart from the project's own {reserved}, such as results-mine"
        for part in (folder, *map(str, Path(folder).parents)):
            if Path(part).is_file():
                yield f"key {key!r}: {part} is a file; expected a folder, such as results-mine"
        for other, outer in folders.items():
            if key != other and lies_in(folder, outer):
                yield f"key {key!r}: {folder} lies in {outer}, the folder of {other!r}; expected one beside it"


def lies_in(folder: str, outer: str) -> bool:
    """Return whether a folder is another one or lies in it, also where a disk takes upper and lower case for the same."""
    return outer == "." or f"{folder}/".casefold().startswith(f"{outer}/".casefold())


def _datasets(e: Experiment) -> Iterator[str]:
    dataset = _found("dataset.name", DATASETS.get, e.dataset.name)
    for name in e.tasks:
        task = _found("tasks", TASKS.get, name)
        lacks = [truth.source for truth in task.truths if truth.source not in dataset.fields]
        if lacks:
            yield f"key 'tasks': {name} needs {lacks[0]!r}, which dataset {e.dataset.name} does not have; remove the task"
    for split in e.dataset.splits:
        if e.dataset.images.of(split) is None and getattr(dataset, "rendered", False):
            yield f"key 'dataset.images.{split}': found null; expected how many scenes to render"


def _networks(e: Experiment) -> Iterator[str]:
    height, width = e.dataset.size
    for cut, entry in e.cuts.items():
        network = _found(f"cuts.{cut}.name", NETWORKS.get, entry.name)
        if entry.place not in network.cuts:
            yield f"key 'cuts.{cut}.place': {entry.place!r} is unknown; expected one of {', '.join(network.cuts)}"
            continue
        stride = network.cuts[entry.place].stride
        if height % stride or width % stride:
            yield f"key 'dataset.size': {height}x{width} does not fit cut {cut}; expected multiples of {stride} px"
        if entry.encoder_weights and entry.width != network.base_width:
            yield (
                f"key 'cuts.{cut}.encoder_weights': the pretrained {entry.name} has width {network.base_width}; "
                "set the width to that or the file to null"
            )


def _trainings(e: Experiment) -> Iterator[str]:
    for name, training in e.trainings.items():
        loss = _found(f"trainings.{name}.loss.name", LOSSES.get, training.loss.name)
        options = options_of(loss, training.loss.options, f"trainings.{name}.loss")
        for cut in e.cuts:
            problem = loss.problem(options, cut)
            if problem:
                yield f"key 'trainings.{name}.loss': {problem}"
        variant = _found(f"trainings.{name}.variant", VARIANTS.get, training.variant.name)
        variant_options = options_of(variant, training.variant.options, f"trainings.{name}.variant")
        problem = variant.problem(variant_options)
        if problem:
            yield f"key 'trainings.{name}.variant': {problem}"
        for cut, entry in e.cuts.items():
            stride = NETWORKS.get(entry.name).cuts[entry.place].stride
            size = (*e.dataset.size, e.dataset.images.train)
            _found(f"trainings.{name}.phases", check_phases, training.phases, cut, stride, *size)


def _starts(e: Experiment) -> Iterator[str]:
    """Yield which weights that a training starts from are not there."""
    for cut in e.cuts:
        for name in dict.fromkeys(trained.training for trained in e.trained()):
            starts = (
                (f"trainings.{name}.start", e.trainings[name].start, e.start_file),
                (f"cuts.{cut}.encoder_weights", e.cuts[cut].encoder_weights, e.encoder_file),
            )
            for key, given, of in starts:
                path = None if ELSEWHERE in (given or "") else _found(key, of, cut, name)
                if path == INSTALLED and key.startswith("cuts."):
                    _found(key, NETWORKS.get(e.cuts[cut].name).installed_weights)
                elif path is not None and not Path(path).is_file():
                    remedy = "expected a safetensors file of weights; put it there, or set the key to null"
                    yield f"key {key!r}: {path}: not found; {remedy}"


def _transforms(e: Experiment) -> Iterator[str]:
    for name, method in e.methods.items():
        if method.transform is not None:
            transform = _found(f"methods.{name}.transform.name", TRANSFORMS.get, method.transform.name)
            options = options_of(transform, method.transform.options, f"methods.{name}.transform")
            problem = transform.problem(options, e.tasks)
            if problem:
                yield f"key 'methods.{name}.transform': {problem}"


def _codecs(e: Experiment) -> Iterator[str]:
    for key, entry in e.codecs.items():
        codec = _found(f"codecs.{key}", e.codec_class, key)
        options = e.codec_options(key)
        problem = codec.problem(options, e.tasks)
        if problem:
            yield f"key 'codecs.{key}': {problem}"
        _found("tools.ffmpeg", codec.check_tool, e.tools.ffmpeg_path, options)
        for quality in entry.qualities:
            _found(f"codecs.{key}.qualities", codec.check_quality, quality)
    for name, method in e.methods.items():
        by_key = {f"methods.{name}.codecs": method.codecs or {}, f"methods.{name}.qualities": method.qualities}
        for where, key, qualities in ((where, *entry) for where, given in by_key.items() for entry in given.items()):
            codec = e.codec_class(key)
            if method.sends not in codec.sends:
                yield f"key '{where}.{key}': the codec takes no {method.sends}; remove it"
            for quality in qualities:
                _found(f"{where}.{key}", codec.check_quality, quality)
        if not e.qualities(name):
            yield f"key 'methods.{name}': no codec takes what it sends ({method.sends}); add one to 'codecs'"


def _ladders(e: Experiment) -> Iterator[str]:
    for i, pair in enumerate(e.comparisons):
        sides = [(pair.method, pair.ladder), (pair.against, pair.against_ladder or pair.ladder)]
        sides += [(m, ladder) for ladder in pair.ladders or () for m in (pair.method, pair.against)]
        for method, ladder in sides:
            if ladder is not None and not e.on_ladder(method, ladder):
                yield f"key 'comparisons.{i}': method {method!r} has no points on ladder {ladder!r}; give it one of its codecs"
    compared = {(pair.method, pair.against) for pair in e.resolved_comparisons()}
    for i, pair in enumerate(e.comparisons):
        if (pair.method, pair.against) not in compared:
            yield f"key 'comparisons.{i}': {pair.method!r} and {pair.against!r} share no ladder; name one for each"
    first: dict[Comparison, int] = {}
    for i, pair in enumerate(e.comparisons):
        for c in e.on_ladders(pair):
            if first.setdefault(c, i) != i:
                on = c.ladder if c.ladder == c.against_ladder else f"{c.ladder} against {c.against_ladder}"
                yield f"key 'comparisons.{i}': {c.method} against {c.against} on {on} is 'comparisons.{first[c]}' already; remove one"
    for name, claim in (e.claims or {}).items():
        if not e.claimed(claim):
            yield (
                f"key 'claims.{name}': {claim.method!r} against {claim.against!r} is not among the comparisons on its ladders; "
                "add it there"
            )


def _figures(e: Experiment) -> Iterator[str]:
    for name in e.figures:
        ladder = _found("figures", FIGURES.get, name).ladder
        if ladder is not None and ladder not in e.ladders:
            yield f"key 'figures': {name}: ladder {ladder!r} is not there; expected one of {', '.join(e.ladders)}"
