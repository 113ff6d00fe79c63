"""What the paper tells of the system that ran: data, networks, trainings, methods, coding. All of it follows from the config.

A sentence that holds for some configs only is chosen here, by rule; the template has none of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd

from compfeat.experiment.config import Experiment, TrainingConfig
from compfeat.experiment.runs import UNCODED
from compfeat.experiment.training import Phase
from compfeat.reports.paper.settings import Settings
from compfeat.reports.paper.tables import Facts, Tables
from compfeat.reports.words import NOTHING, capital, count, counted, listed, number

STRENGTH = "strength"
"""The option of a loss that multiplies its whole term, where it has one (docs/method.md, "Strength")."""


def data_facts(settings: Settings, points: pd.DataFrame) -> Facts:
    """Return what the networks saw."""
    from compfeat.tasks import TASKS

    e = settings.experiment
    height, width = e.dataset.size
    n_train = e.dataset.images.train
    return {
        "name": e.dataset.name,
        "origin": "Its scenes are rendered by this project, so nothing is downloaded."
        if settings.rendered
        else "It is read from the user's own copy.",
        "size": f"{height} × {width}",
        "n_train": "all" if n_train is None else str(n_train),
        "n_val": str(int(points["n_images"].iloc[0])),
        "tasks": listed([TASKS.get(task).title.lower() for task in e.tasks]),
        "n_tasks": counted(len(e.tasks), "task"),
    }


def network_facts(settings: Settings, descriptions: Sequence[Mapping[str, Any]]) -> Facts:
    """Return the shapes at each cut, from the networks' own descriptions (``network.json``)."""
    from compfeat.tasks import TASKS

    e = settings.experiment
    by_cut = {d["cut"]: d for d in descriptions}
    cuts = []
    for cut in sorted(set(by_cut) & set(e.cuts)):
        d = by_cut[cut]
        channels, height, columns = (int(d[name]) for name in ("channels", "feature_height", "feature_width"))
        tiles = tile_grid(channels)
        cuts.append(
            {
                "cut": cut,
                "network": d["network"],
                "place": d["place"],
                "width": str(d["width"]),
                "features": f"{channels} × {height} × {columns}",
                "elements": str(channels * height * columns),
                "tiles": f"{tiles[0]} × {tiles[1]}",
                "image": f"{tiles[0] * height} × {tiles[1] * columns}",
                "grid": [*tiles, height, columns],
                "parameters": f"{int(d['parameters']):,}",
                "decoders": [
                    {
                        "task": TASKS.get(task).title,
                        "widths": "–".join(map(str, decoder_widths(d, TASKS.get(task).decoder_widening))),
                    }
                    for task in d["tasks"]
                ],
            }
        )
    convolutions = sorted({entry.decoder_convolutions for entry in e.cuts.values()})
    return {
        "input": "3 × {} × {}".format(*e.dataset.size),
        "cuts": cuts,
        "names": listed(sorted({c["network"] for c in cuts})),
        "widths": listed(sorted({c["width"] for c in cuts}, key=int)),
        "convolutions": f"{listed([count(n) for n in convolutions], 'or')} 3-by-3 "
        f"convolution{'' if convolutions == [1] else 's'}",
        "weights": " ".join(weights_sentences(e)),
    }


def tile_grid(channels: int) -> tuple[int, int]:
    """Return rows and columns of the tiles of so many channels (docs/method.md, "Network")."""
    bits = round(math.log2(channels))
    return 2 ** (bits // 2), 2 ** (bits - bits // 2)


def decoder_widths(description: Mapping[str, Any], widening: int) -> list[int]:
    """Return the channels of a decoder's input and of its stages, each of which doubles the resolution."""
    channels, stages = int(description["channels"]), round(math.log2(int(description["stride"])))
    return [channels, *(channels * widening // 2**k for k in range(1, stages + 1))]


def weights_sentences(e: Experiment) -> list[str]:
    """Return where the encoders' weights come from before anything is trained: a sentence for each case that there is."""
    files: dict[str | None, list[str]] = {}
    for cut, entry in e.cuts.items():
        files.setdefault(entry.encoder_weights, []).append(cut)
    everywhere = len(files) == 1
    told = []
    for path, cuts in files.items():
        where = "" if everywhere else f" of cut {listed(sorted(cuts))}"
        what = "random weights" if path is None else f"the pretrained weights in {PurePath(path).name}"
        told.append(f"The encoder{where} starts from {what}.")
    return told


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
        "sentences": [*start_sentences(e, names), *noise_sentences(trainings.values()), *strength_sentences(trainings)],
        "seeds": f"Seed{'' if len(e.seeds) == 1 else 's'}: {listed([str(seed) for seed in e.seeds])}.",
    }


def training_row(name: str, training: TrainingConfig) -> list[str]:
    """Return a training's name, variant, loss, the loss's options, what it starts from, and epochs."""
    options = "; ".join(f"{key} {plain(value)}" for key, value in training.loss.options.items()) or NOTHING
    start = NOTHING if training.start is None else PurePath(training.start).name
    return [name, training.variant.name, training.loss.name, options, start, str(epochs_of(training))]


def plain(value: Any) -> str:
    """Return an option's value as short text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(item)}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(
            f"({plain(v)})" if isinstance(v, Sequence) and not isinstance(v, str) else plain(v) for v in value
        )
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
        transform = NOTHING if method.transform is None else method.transform.name
        coded = tables.points[(tables.points["method"] == name) & (tables.points["codec"] != UNCODED)]
        codecs = [codec for codec in e.codecs if codec in set(coded["codec"])]
        rows.append([label, method.training, transform, method.sends, listed(codecs)])
    return rows


def start_sentences(e: Experiment, names: Sequence[str]) -> list[str]:
    """Return from what the trainings start, and whether those that start alike get the same phases."""
    starts: dict[str | None, list[str]] = {}
    for name in names:
        starts.setdefault(e.trainings[name].start, []).append(name)
    told = []
    for start, own in starts.items():
        one = len(own) == 1
        who = f"The training{'' if one else 's'} {listed(own)} {'starts' if one else 'start'}"
        if start is None:
            told.append(f"{who} from the encoder's first weights.")
        elif start in e.trainings:
            told.append(f"{who} from what {start} ends with, of the same cut and seed.")
        else:
            told.append(f"{who} from the weights in {PurePath(start).name}.")
        if not one and len({e.trainings[name].phases for name in own}) == 1:
            told.append("They get the same phases.")
    return told


def noise_sentences(trainings: Iterable[TrainingConfig]) -> list[str]:
    """Return how wide the noise is that stands for the quantiser in training."""
    widths = sorted({(t.noise_steps, t.quantiser_bits) for t in trainings})
    told = [f"{w:g} step{'' if w == 1 else 's'} of a quantiser of {bits} bits" for w, bits in widths if w]
    if not told:
        return ["No noise is added in training."]
    some = " in some trainings" if len(widths) > 1 else ""
    return [f"In training, uniform noise {listed(told, 'or')} wide stands for the quantiser{some}."]


def strength_sentences(trainings: Mapping[str, TrainingConfig]) -> list[str]:
    """Return what the strength of a loss is, where one has a strength."""
    own = [name for name, training in trainings.items() if STRENGTH in training.loss.options]
    if not own:
        return []
    return [
        f"The strength of the loss of {listed(own)} multiplies its whole term on the features, with its log-variance."
    ]


def coding_facts(settings: Settings, tables: Tables) -> Facts:
    """Return the codecs with their qualities and side information, the ladders, and what is coded how."""
    e = settings.experiment
    coded = tables.points[tables.points["codec"] != UNCODED]
    n_images = coded["n_images"].astype(float)
    coded = coded.assign(side=coded["side_info_bytes"] / n_images)
    senders = {sends: [n for n, m in e.methods.items() if m.sends == sends] for sends in ("features", "image")}
    features = coded[coded["method"].isin(senders["features"])]
    rows = []
    for name, entry in e.codecs.items():
        own = coded[coded["codec"] == name]
        if len(own):
            side = sorted({round(value, 1) for value in own["side"].dropna()})
            rows.append(
                [
                    name,
                    listed(list(entry.qualities)),
                    listed([f"{value:g}" for value in (side[:1] + side[1:][-1:])], "to"),
                ]
            )
    tiled = [name for name in e.codecs if name in settings.tiled and name in set(features["codec"])]
    others = [name for name in e.codecs if name in set(features["codec"]) and name not in tiled]
    bits = sorted({int(e.codecs[name].options.get("bits", 8)) for name in tiled})
    return {
        "rows": rows,
        "tiled": [name.upper() for name in tiled],
        "bits": listed([str(n) for n in bits], "or"),
        "sentences": coding_sentences(tables, tiled, others, senders["image"]),
        "ladders": f"{'They are' if len(tables.ladders) > 1 else 'It is'} "
        f"{listed([ladder.label for ladder in tables.ladders.values()])}."
        if tables.ladders
        else "There is none.",
        "rate": "bits per feature element" if not senders["image"] else "bytes an image",
        "fit": "on points that no other point beats in both" if e.bd_rate.frontier else "on all points",
    }


def coding_sentences(tables: Tables, tiled: Sequence[str], others: Sequence[str], image: Sequence[str]) -> list[str]:
    """Return how features and images are coded: a sentence for each case that this run has."""
    told = []
    if tiled:
        told.append(
            f"For {listed([name.upper() for name in tiled])}, each image's features are quantised uniformly between their least "
            "and greatest value, laid out channel by channel as one grey image, and coded."
        )
    if others:
        take = "takes" if len(others) == 1 else "take"
        told.append(f"{listed([name.upper() for name in others])} {take} the features as they are.")
    if image:
        labels = listed([tables.method(name) for name in image])
        told.append(
            f"{capital(labels)} {'sends' if len(image) == 1 else 'send'} the image: the whole network runs in the cloud."
        )
    return told


def side_info_text(points: pd.DataFrame) -> str:
    """Return how the side information is counted, with what it weighs."""
    coded = points[points["codec"] != UNCODED]
    each = (coded["side_info_bytes"] / coded["n_images"]).dropna()
    if not len(each):
        return "counted"
    ends = dict.fromkeys((number(float(each.min()), 0), number(float(each.max()), 0)))
    return f"counted, {listed(list(ends), 'to')} bytes an image"
