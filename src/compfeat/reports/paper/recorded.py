"""Recorded runs that the paper shows beside the shipped experiment: BD-rates and bytes at a small loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from compfeat.reports.summary import RUN, Tables, float_points
from compfeat.results.delta_rate import HEADLINE_FIT
from compfeat.results.pairs import on, overall, uncoded
from compfeat.results.resolved import EXPERIMENT
from compfeat.results.tables.plugins.operating_points import rates_at_losses
from compfeat.tasks.base import Metric

Side = tuple[str, str]
"""A method and a ladder."""
RECORDS = ("learned", "photographs", "photographs_learned", "release")
"""Folders of data/reference that are shown."""
FILES = ("points.csv", "intervals.csv", EXPERIMENT)
"""Files of a record that are read."""
OWN: Side = ("baseline", "hevc")
PICTURE: Side = ("remote", "hevc")
SENT: dict[str, Side] = {
    "baseline + HEVC": OWN,
    "paper's loss + HEVC": ("compressible", "hevc"),
    "picture + HEVC": PICTURE,
    "picture + HEVC, network trained on coded pictures": ("remote_trained", "hevc"),
    "PCA + HEVC": ("klt", "hevc"),
    "task KLT + HEVC": ("task_klt", "hevc"),
    "task KLT + Laplace": ("task_klt", "laplace"),
    "task KLT + Learned": ("task_klt", "learned"),
    "task KLT + Learned (decoders)": ("task_klt", "learned_tasks"),
}
LOSS, METRIC = 0.01, "miou"
"""The operating point that bytes are given at: this loss of this metric through coding."""


def recorded_facts(record: Tables) -> dict[str, Any]:
    """Return what the paper says of a recorded run.

    ``rows`` has by what is sent a list with a dictionary per cut: ``own`` and ``picture``, the BD-rates (%) against the network's own
    features and against the picture, by metric; ``bytes`` per image at a loss of LOSS of METRIC, the mean over the seeds. What the
    record lacks, or a curve does not reach, is None. The rows that have no number are left out. ``uncoded`` has the metrics without
    coding by method, the mean over the seeds, a dictionary per cut.

    Raises:
        DataError: a file is missing, damaged, or lacks a column.
    """
    e, points = record.resolved.experiment, record.csv("points.csv", *RUN, "n_images", "codec", "bytes_per_image")
    compared = [metric for _, metric in record.resolved.metrics if metric.compared]
    curves = {metric.curve_name: metric.name for metric in compared}
    (metric,) = (metric for metric in compared if metric.name == METRIC)
    names = ("method", "ladder", "against", "against_ladder")
    rates = record.csv("intervals.csv", "cut", *names, "seed", "metric", "fit", "rate", "bd_rate_percent")
    rates = overall(
        rates[(rates["fit"] == HEADLINE_FIT) & (rates["rate"] == "total") & rates["metric"].isin(list(curves))]
    )
    found = {
        (r["cut"], (r["method"], r["ladder"]), (r["against"], r["against_ladder"]), curves[r["metric"]]): r[
            "bd_rate_percent"
        ]
        for r in rates.to_dict("records")
    }

    def cell(cut: str, side: Side) -> dict[str, Any]:
        against = {
            name: {m.name: number_or_none(found.get((cut, side, anchor, m.name))) for m in compared}
            for name, anchor in (("own", OWN), ("picture", PICTURE))
        }
        method, ladder = side
        own = points[(points["cut"] == cut) & (points["method"] == method)]
        size = bytes_at_loss(own, list(e.ladders[ladder].codecs), metric) if ladder in e.ladders else None
        return {**against, "bytes": size}

    rows = {label: [cell(cut, side) for cut in sorted(e.cuts)] for label, side in SENT.items()}
    means = float_points(points).groupby(["method", "cut"])[[m.name for m in compared]].mean().to_dict("index")
    return {
        "dataset": e.dataset.name,
        "split": e.dataset.evaluated_split,
        "images": int(points["n_images"].max()),
        "seeds": len(e.seeds),
        "cuts": sorted(e.cuts),
        "metrics": [{"name": m.name, "label": m.curve_label} for m in compared],
        "uncoded": {method: [means[method, cut] for cut in sorted(e.cuts)] for method in e.methods},
        "rows": {
            label: cells
            for label, cells in rows.items()
            if any(
                number is not None
                for cell in cells
                for number in (*cell["own"].values(), *cell["picture"].values(), cell["bytes"])
            )
        },
    }


def bytes_at_loss(points: pd.DataFrame, codecs: list[str], metric: Metric) -> float | None:
    """Return the bytes per image at a loss of LOSS of ``metric``: the mean over the seeds, None if one does not get there."""
    sizes = [
        float(str(size))
        for _, own in points.groupby("seed")
        if len(coded := on(codecs, own))
        for loss, _, size, *_ in rates_at_losses(coded, metric, uncoded(own, metric))
        if loss == LOSS
    ]
    return number_or_none(np.mean(sizes)) if sizes else None


def number_or_none(value: Any) -> float | None:
    """Return a number; None for one that is missing."""
    return None if value is None or pd.isna(value) else float(value)
