"""What the paper says of the system that ran: data and networks; ``training.py`` and ``coding.py`` have the rest.

All of it follows from the config. A sentence that applies to some configs only is chosen by rule; the template has none of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd

from compfeat.experiment.config import Experiment
from compfeat.reports.paper.settings import Settings
from compfeat.reports.paper.tables import Facts
from compfeat.reports.paper.training import used_trainings
from compfeat.reports.words import count, counted, listed


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
    if all(e.trainings[name].start is not None for name in used_trainings(e)):
        return ["The encoder starts from what the trainings start from."]
    files: dict[str | None, list[str]] = {}
    for cut, entry in e.cuts.items():
        files.setdefault(entry.encoder_weights, []).append(cut)
    everywhere = len(files) == 1
    sentences = []
    for path, cuts in files.items():
        where = "" if everywhere else f" of cut {listed(sorted(cuts))}"
        what = "random weights" if path is None else f"the pretrained weights in {PurePath(path).name}"
        sentences.append(f"The encoder{where} starts from {what}.")
    return sentences
