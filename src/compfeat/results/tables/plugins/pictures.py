"""The showcase (``pictures.npz``): a few images, with what was sent and what came out of it at chosen points.

Names in the file: ``{i}/image``, ``{i}/FIELD`` for every field of the packed scene, and ``{i}/image_id`` for image i of the
evaluated split; ``{i}/{point}/{task}`` and ``{i}/{point}/sent`` for each point that is shown; ``class_names`` once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compfeat.arrays import Arrays
from compfeat.datasets.packed import open_packed
from compfeat.errors import DataError
from compfeat.experiment.config import Experiment
from compfeat.io import read_csv, read_json
from compfeat.results.tables.base import Inputs, table
from compfeat.settings.runs import FLOAT, QUANTISED, UNCODED, parse_run

MOST_QUALITIES = 6
"""Qualities shown of one codec; of a longer ladder they are taken evenly, with both ends."""


@table("pictures.npz", needs=("pictures", "scenes"), uses=("methods", "codecs", "showcase"))
def make_pictures(inputs: Inputs) -> Arrays:
    """Return the arrays. Raises DataError if a file lacks one of the images."""
    e, chosen = inputs.experiment, inputs.experiment.showcase.images
    scenes = open_packed(inputs.file("scenes", "arrays"))
    ids = read_csv(inputs.file("scenes", "index"), ["image_id"])["image_id"].astype(str).tolist()
    late = [i for i in chosen if i >= len(scenes)]
    if late:
        raise DataError(
            f"the evaluated split has {len(scenes)} images; expected image {late[0]} of showcase.images, too; "
            "choose one that is there"
        )
    arrays: Arrays = {"class_names": np.array(read_json(inputs.file("scenes", "info"))["class_names"])}
    for i in chosen:
        arrays |= {f"{i}/{name}": np.array(scenes[i][name]) for name in scenes.dtype.names or ()}
        arrays[f"{i}/image_id"] = np.array(ids[i])
    runs = sorted({parse_run(name.rpartition("/")[0]) for name in inputs.of("pictures")}, reverse=True)
    lowest_seeds = {(run.cut, run.method): run for run in runs}
    for name in sorted(inputs.of("pictures")):
        run_id, _, codec = name.rpartition("/")
        run = parse_run(run_id)
        if run != lowest_seeds[run.cut, run.method]:
            continue
        pictures = inputs.arrays("pictures", name)
        qualities = {key.partition("/")[0] for key in pictures}
        for quality in shown_qualities(e, run.method, codec, qualities):
            for i in chosen:
                start = f"{quality}/{i}/"
                of_image = {key.removeprefix(start): array for key, array in pictures.items() if key.startswith(start)}
                if not of_image:
                    raise DataError(
                        f"{inputs.file('pictures', name)}: lacks image {i} at {quality}; rerun the stage evaluate"
                    )
                arrays |= {f"{i}/{run_id}/{codec}/{quality}/{key}": array for key, array in of_image.items()}
    return arrays


def shown_qualities(experiment: Experiment, method: str, codec: str, there: set[str]) -> list[str]:
    """Return the qualities of a codec that are shown: lossy ones, since lossless ones look like what they refer to."""
    if codec == UNCODED:
        return [QUANTISED if experiment.methods[method].sends == "features" else FLOAT]
    lossless, qualities = experiment.lossless(method), experiment.qualities_of(codec)
    return evenly([q for q in qualities if q in there and (codec, q) not in lossless], MOST_QUALITIES)


def evenly(items: Sequence[str], most: int) -> list[str]:
    """Return at most ``most`` of ``items``, evenly spread, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int)]
