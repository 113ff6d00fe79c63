"""Gather what the tables cannot hold, pictures and feature statistics: ``python -m compfeat collect --help``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from compfeat.analysis.feature_statistics import feature_statistics
from compfeat.analysis.showcase import outputs, shown, truth
from compfeat.datasets.packed import open_packed
from compfeat.errors import DataError
from compfeat.features.archive import Arrays, read_arrays, write_arrays
from compfeat.features.store import open_features
from compfeat.features.transport import image_ids
from compfeat.grid import Layout, Point, Run, parse_point
from compfeat.io import read_json, write_csv


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    p = argparse.ArgumentParser(prog="python -m compfeat collect", description=__doc__)
    p.add_argument("--output", required=True, metavar="DIR", help="the results folder: all is read and written there")
    p.add_argument("--prepared", required=True, metavar="DIR", help="folder of packed data")
    p.add_argument("--points", nargs="+", required=True, metavar="ID", help="CUT/LOSS/seedN/CODEC/QUALITY, uncoded too")
    p.add_argument("--showcase-images", type=int, nargs="+", required=True, metavar="I", help="positions in val")
    return p


def main(argv: Sequence[str]) -> None:
    """Write ``showcase.npz`` and ``feature_statistics.csv`` into the folder ``summarise``."""
    args = parser().parse_args(argv)
    layout = Layout(args.output, args.prepared)
    points = sorted({parse_point(text) for text in args.points})
    pictures = showcase(layout, shown(points), args.showcase_images)
    write_arrays(Path(layout.summary("showcase.npz")), pictures)
    statistics = statistics_table(layout, sorted({point.run for point in points}))
    write_csv(Path(layout.summary("feature_statistics.csv")), statistics)
    print(f"collect: {len(pictures)} arrays, {len(statistics)} statistics -> {layout.summary('')}")


def showcase(layout: Layout, points: Sequence[Point], positions: Sequence[int]) -> Arrays:
    """Return the arrays of ``analysis.showcase``.

    Raises:
        DataError: a file is missing or damaged, or lacks one of the images; the message names it.
    """
    scenes, ids = open_packed(Path(layout.arrays("val"))), image_ids(Path(layout.index("val")))
    late = [i for i in positions if i >= len(scenes)]
    if late:
        raise DataError(
            f"{layout.arrays('val')}: has {len(scenes)} images; expected image {late[0]}, too; rerun prepare"
        )
    arrays = {"class_names": np.array(read_json(Path(layout.info("val")))["class_names"])}
    for position in positions:
        arrays |= truth(position, ids[position], scenes[position])
    for point in points:
        path = layout.showcase(point)
        arrays |= outputs(path, point, read_arrays(Path(path)), positions)
    return arrays


def statistics_table(layout: Layout, runs: Sequence[Run]) -> pd.DataFrame:
    """Return the statistics of all runs' features below each other, with cut, loss and seed as the first columns."""
    tables = []
    for run in runs:
        channels = int(read_json(Path(layout.description(run)))["channels"])
        table = feature_statistics(open_features(Path(layout.features(run))), channels)
        tables.append(table.assign(cut=run.cut, loss=run.loss, seed=run.seed)[["cut", "loss", "seed", *table.columns]])
    return pd.concat(tables, ignore_index=True)
