"""What the paper's template reads besides the summary's tables and ``experiment.json``: numbers and labels that follow from it.

There is no sentence among them: all text is typed in the template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compfeat.codecs.tiling import grid_shape, tiled_shape
from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import CUT
from compfeat.experiment.start import TrainedOn
from compfeat.reports.labels import codec_label
from compfeat.reports.paper.recorded import recorded_facts
from compfeat.reports.settings import PaperSettings
from compfeat.reports.summary import Tables
from compfeat.tasks.base import TASKS, metrics_of

Facts = dict[str, Any]
"""What the template reads, nested, as JSON."""
TABLES = tuple(
    f"{name}.csv"
    for name in (
        *("points", "epochs", "headline", "intervals", "float_intervals", "bd_details", "claims", "crossovers"),
        *("transforms", "codec_states", "break_even", "operating_points", "seed_noise"),
        *("seeds_intervals", "training_length"),
        *("published_points", "published_bd_rate", "published_intervals", "published_paired"),
    )
)
"""Files of the summary that the template reads."""
PUBLISHED_TASKS = ("segmentation", "disparity", "reconstruction")
"""The tasks of the original paper, whose metrics have labels whether or not a run has these tasks."""


def paper_facts(
    experiment: Experiment,
    settings: PaperSettings,
    descriptions: Sequence[Mapping[str, Any]],
    starts: Mapping[str, TrainedOn],
    records: Mapping[str, Tables] | None = None,
) -> Facts:
    """Return everything that the template reads besides the tables and the experiment.

    Args:
        experiment: its trainings, methods, cuts and tasks are read.
        descriptions: the networks' ``network.json``, of each cut one at least.
        starts: what weights from outside the run were trained on, by their file, where that is known.
        records: recorded runs by their names.
    """
    e = experiment
    return {
        "records": {name: recorded_facts(record) for name, record in (records or {}).items()},
        "rendered": settings.rendered,
        "tasks": {task: TASKS.get(task).title for task in e.tasks},
        # Each by its name and, where curves are drawn over it, by that of the curve.
        "published_metrics": {
            name: {"label": label, "digits": metric.digits}
            for _, metric in metrics_of(PUBLISHED_TASKS)
            for name, label in ((metric.name, metric.label), (metric.curve_name, metric.curve_label))
        },
        "cuts": cut_facts(e, descriptions),
        "trainings": list(dict.fromkeys(trained.training for trained in e.trained())),
        "starts": start_facts(e, starts),
        "codecs": {
            name: entry.model_dump() | {"label": codec_label(name, e.ladders)}
            for name, entry in settings.codecs.items()
        },
        "figures": [figure.model_dump() for figure in settings.figures],
        "tools": settings.tools,
    }


def cut_facts(experiment: Experiment, descriptions: Sequence[Mapping[str, Any]]) -> list[Facts]:
    """Return the networks' shapes, in the order of the cuts: features (C, H, W), the grid of tiles (rows, columns), the tiled image
    (H, W), and the output channels of each decoder's stages, by task.
    """
    # torch is slow to import, and nothing else of the paper needs it.
    from compfeat.networks.split import stage_channels

    by_cut = {d["cut"]: d for d in descriptions}
    cuts = []
    for cut in experiment.cuts:
        d = by_cut[cut]
        channels, height, width = (int(d[name]) for name in ("channels", "feature_height", "feature_width"))
        cuts.append(
            {
                "cut": cut,
                **{name: d[name] for name in ("network", "place", "width", "parameters")},
                "features": [channels, height, width],
                "tiles": grid_shape(channels),
                "image": tiled_shape(channels, (height, width)),
                "decoders": {
                    TASKS.get(task).title: stage_channels(channels, TASKS.get(task).decoder_widening, int(d["stride"]))
                    for task in d["tasks"]
                },
            }
        )
    return cuts


def start_facts(experiment: Experiment, known: Mapping[str, TrainedOn]) -> list[Facts]:
    """Return the weights from outside the run that trainings start from: cut, part of the network, file as the configuration has
    it, and what it was trained on; None if that is not known.
    """
    e = experiment
    rows: dict[tuple[str, str], Facts] = {}
    for trained in e.trained():
        cut, start = trained.cut, e.trainings[trained.training].start
        if (path := e.start_file(cut, trained.training)) is not None:
            part, file = "network", str(start).replace(CUT, cut)
        elif (path := e.encoder_file(cut, trained.training)) is not None:
            part, file = "encoder", str(e.cuts[cut].encoder_weights)
        else:
            continue
        rows[cut, file] = {"cut": cut, "part": part, "file": file, "trained_on": trained_on_facts(known.get(path))}
    return list(rows.values())


def trained_on_facts(known: TrainedOn | None) -> Facts | None:
    """Return what weights were trained on: dataset, seed of rendered scenes, images, epochs and loss."""
    if known is None:
        return None
    return {
        "dataset": known.dataset,
        "render_seed": known.render_seed if known.rendered else None,
        "images": known.images,
        "epochs": known.epochs,
        "loss": known.recipe.loss.name,
    }
