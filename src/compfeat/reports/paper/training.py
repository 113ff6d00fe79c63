"""What the paper says of trainings, their phases, and the methods that use them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import TrainingConfig
from compfeat.experiment.runs import UNCODED
from compfeat.experiment.training import Phase, PluginConfig
from compfeat.reports.paper.settings import Settings
from compfeat.reports.paper.tables import Facts, Tables
from compfeat.reports.words import NOTHING, listed

STRENGTH = "strength"
"""The option of a loss that multiplies its whole term, where it has one (docs/method.md, "Strength")."""


def used_trainings(e: Experiment) -> list[str]:
    """Return the trainings that the methods use and those that these start from, each after what it starts from."""
    found: list[str] = []

    def add(name: str) -> None:
        start = e.trainings[name].start
        if start in e.trainings:
            add(str(start))
        if name not in found:
            found.append(name)

    for method in e.methods.values():
        add(method.training)
    return found


def training_facts(settings: Settings, tables: Tables) -> Facts:
    """Return trainings, phases and methods as rows, and the sentences about what they have in common."""
    e = settings.experiment
    names = used_trainings(e)
    trainings = {name: e.trainings[name] for name in names}
    return {
        "rows": [training_row(name, entry) for name, entry in trainings.items()],
        "phases": phase_rows(trainings),
        "methods": method_rows(e, tables),
        "sentences": [
            *start_sentences(settings, names),
            *noise_sentences(trainings.values()),
            *strength_sentences(trainings),
        ],
        "seeds": f"Seed{'' if len(e.seeds) == 1 else 's'}: {listed([str(seed) for seed in e.seeds])}.",
    }


def training_row(name: str, training: TrainingConfig) -> list[str]:
    """Return a training's name, variant, loss, the loss's options, what it starts from, and epochs."""
    options = options_text(training.loss.options) or NOTHING
    start = NOTHING if training.start is None else PurePath(training.start).name
    return [name, training.variant.name, training.loss.name, options, start, str(epochs_of(training))]


def with_options(plugin: PluginConfig) -> str:
    """Return a plug-in's name, with its options behind it where it is given some."""
    return f"{plugin.name} ({options_text(plugin.options)})" if plugin.options else plugin.name


def options_text(options: Mapping[str, Any]) -> str:
    """Return options as short text; empty where there are none."""
    return "; ".join(f"{key} {plain(value)}" for key, value in options.items())


def plain(value: Any) -> str:
    """Return an option's value as short text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(item)}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(
            f"({plain(v)})" if isinstance(v, Sequence) and not isinstance(v, str) else plain(v) for v in value
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def epochs_of(training: TrainingConfig) -> int:
    """Return the epochs of a training's own phases."""
    return sum(phase.epochs for phase in training.phases)


def phase_rows(trainings: Mapping[str, TrainingConfig]) -> list[list[str]]:
    """Return a row a phase: whose it is, epochs, what it sees, batch, peak rate. Trainings with the same phases share rows."""
    shared: dict[tuple[Phase, ...], list[str]] = {}
    for name, training in trainings.items():
        shared.setdefault(training.phases, []).append(name)
    return [
        [", ".join(names), str(p.epochs), view(p), str(p.batch_size), f"{p.learning_rate:g}"]
        for phases, names in shared.items()
        for p in phases
        if p.epochs
    ]


def view(phase: Phase) -> str:
    """Return what a phase of training sees of an image, in words."""
    width = f"strips {phase.crop_width_px} px wide" if phase.crop_width_px else "whole images"
    return width + (f", {phase.downscale} times smaller" if phase.downscale > 1 else "")


def method_rows(e: Experiment, tables: Tables) -> list[list[str]]:
    """Return each method's label, training, transform, what it sends, and its codecs."""
    rows = []
    for name, label in tables.methods.items():
        method = e.methods[name]
        transform = NOTHING if method.transform is None else with_options(method.transform)
        coded = tables.points[(tables.points["method"] == name) & (tables.points["codec"] != UNCODED)]
        codecs = [codec for codec in e.codecs if codec in set(coded["codec"])]
        rows.append([label, method.training, transform, method.sends, listed(codecs)])
    return rows


def start_sentences(settings: Settings, names: Sequence[str]) -> list[str]:
    """Return from what the trainings start, and whether those that start alike get the same phases."""
    e = settings.experiment
    starts: dict[str | None, list[str]] = {}
    for name in names:
        starts.setdefault(e.trainings[name].start, []).append(name)
    sentences = []
    for start, own in starts.items():
        one = len(own) == 1
        who = f"The training{'' if one else 's'} {listed(own)} {'starts' if one else 'start'}"
        if start is None:
            sentences.append(f"{who} from the encoder's first weights.")
        elif start in e.trainings:
            sentences.append(f"{who} from what {start} ends with, of the same cut and seed.")
        else:
            sentences.append(f"{who} from the weights in {start}{trained_on_text(settings, start)}.")
        if not one and len({e.trainings[name].phases for name in own}) == 1:
            sentences.append("They get the same phases.")
    return sentences


def trained_on_text(settings: Settings, start: str) -> str:
    """Return what the weights of ``start`` were trained on, as a clause; nothing where it is not known."""
    if start not in settings.starts:
        return ""
    given = settings.starts[start]
    count = "all" if given.images is None else str(given.images)
    kind = f"rendered scenes of seed {given.render_seed}" if given.rendered else f"images of {given.dataset}"
    return (
        f", trained for {given.epochs} epochs on {count} {kind} with the loss {given.recipe.loss.name}; "
        "the published networks started from ImageNet's weights"
    )


def noise_sentences(trainings: Iterable[TrainingConfig]) -> list[str]:
    """Return how wide the noise is that stands for the quantiser in training."""
    widths = sorted({(t.noise_steps, t.quantiser_bits) for t in trainings})
    widths_text = [f"{w:g} step{'' if w == 1 else 's'} of a quantiser of {bits} bits" for w, bits in widths if w]
    if not widths_text:
        return ["No noise is added in training."]
    some = " in some trainings" if len(widths) > 1 else ""
    return [f"In training, uniform noise {listed(widths_text, 'or')} wide stands for the quantiser{some}."]


def strength_sentences(trainings: Mapping[str, TrainingConfig]) -> list[str]:
    """Return what the strength of a loss is, where one has a strength."""
    own = [name for name, training in trainings.items() if STRENGTH in training.loss.options]
    if not own:
        return []
    return [
        f"The strength of the loss of {listed(own)} multiplies its whole term on the features, with its log-variance."
    ]
